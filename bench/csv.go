package bench

import (
	"math"

	"gpuconv/param"
)

// Table returns the results as a table for CSV: a row for each case, backend and phase, and one for each entry of
// Missing, without numbers and with its reason. The columns have the names of the report's fields.
func (r Report) Table() *param.Table {
	rows := r.Results
	for _, m := range r.Missing {
		suite := r.Run.Suite
		for _, c := range r.Cases {
			if c.Case == m.Case {
				suite = c.Suite
			}
		}
		rows = append(rows[:len(rows):len(rows)], Result{Suite: suite, Case: m.Case, Backend: m.Backend,
			Threads: m.Threads, Phase: m.Phase, Why: m.Why, Correct: true})
	}
	t, missing := &param.Table{}, math.NaN()
	words := func(name string, of func(Result) string) {
		c := param.Column{Name: name, Words: []string{}}
		for _, x := range rows {
			c.Words = append(c.Words, of(x))
		}
		t.Columns = append(t.Columns, c)
	}
	numbers := func(name string, of func(Result) *float64) {
		c := param.Column{Name: name, Numbers: []float64{}}
		for _, x := range rows {
			v := of(x)
			if v == nil {
				v = &missing
			}
			c.Numbers = append(c.Numbers, *v)
		}
		t.Columns = append(t.Columns, c)
	}
	words("suite", func(x Result) string { return x.Suite })
	words("case", func(x Result) string { return x.Case })
	words("backend", func(x Result) string { return x.Backend })
	numbers("threads", func(x Result) *float64 { v := float64(x.Threads); return &v })
	words("device", func(x Result) string { return x.Device })
	words("algorithm", func(x Result) string { return x.Algorithm })
	words("phase", func(x Result) string { return x.Phase })
	words("cache", func(x Result) string { return x.Cache })
	numbers("samples", func(x Result) *float64 { v := float64(x.Samples); return &v })
	numbers("median_s", func(x Result) *float64 { return timed(x, x.Median) })
	numbers("ci_low_s", func(x Result) *float64 { return timed(x, x.CILow) })
	numbers("ci_high_s", func(x Result) *float64 { return timed(x, x.CIHigh) })
	numbers("images_per_s", func(x Result) *float64 { return x.ImagesPerS })
	numbers("gflops", func(x Result) *float64 { return x.GFLOPS })
	numbers("gbps", func(x Result) *float64 { return x.GBPS })
	numbers("percent_of_roofline", func(x Result) *float64 { return x.PercentOfRoofline })
	words("why", func(x Result) string { return x.Why })
	return t
}

// timed returns v, a time of x, or nil if x has no samples.
func timed(x Result, v float64) *float64 {
	if x.Samples == 0 {
		return nil
	}
	return &v
}
