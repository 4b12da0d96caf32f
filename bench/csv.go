package bench

import (
	"encoding/json"
	"io"
	"math"

	"gpuconv/param"
)

// sheet is a table for CSV that is filled column by column, with a value for each of rows.
type sheet[T any] struct {
	param.Table
	rows []T
}

// words adds a column of words, numbers one of numbers: NaN is an empty cell.
func (s *sheet[T]) words(name string, of func(T) string) {
	c := param.Column{Name: name, Words: []string{}}
	for _, x := range s.rows {
		c.Words = append(c.Words, of(x))
	}
	s.Columns = append(s.Columns, c)
}

func (s *sheet[T]) numbers(name string, of func(T) float64) {
	c := param.Column{Name: name, Numbers: []float64{}}
	for _, x := range s.rows {
		c.Numbers = append(c.Numbers, of(x))
	}
	s.Columns = append(s.Columns, c)
}

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
	known := func(of func(Result) *float64) func(Result) float64 {
		return func(x Result) float64 {
			if v := of(x); v != nil && x.Samples > 0 {
				return *v
			}
			return math.NaN()
		}
	}
	t := sheet[Result]{rows: rows}
	t.words("suite", func(x Result) string { return x.Suite })
	t.words("case", func(x Result) string { return x.Case })
	t.words("backend", func(x Result) string { return x.Backend })
	t.numbers("threads", func(x Result) float64 { return float64(x.Threads) })
	t.words("device", func(x Result) string { return x.Device })
	t.words("algorithm", func(x Result) string { return x.Algorithm })
	t.words("phase", func(x Result) string { return x.Phase })
	t.words("cache", func(x Result) string { return x.Cache })
	t.numbers("samples", func(x Result) float64 { return float64(x.Samples) })
	t.numbers("median_s", known(func(x Result) *float64 { return &x.Median }))
	t.numbers("ci_low_s", known(func(x Result) *float64 { return &x.CILow }))
	t.numbers("ci_high_s", known(func(x Result) *float64 { return &x.CIHigh }))
	t.numbers("images_per_s", known(func(x Result) *float64 { return x.ImagesPerS }))
	t.numbers("gflops", known(func(x Result) *float64 { return x.GFLOPS }))
	t.numbers("gbps", known(func(x Result) *float64 { return x.GBPS }))
	t.numbers("percent_of_roofline", known(func(x Result) *float64 { return x.PercentOfRoofline }))
	t.words("why", func(x Result) string { return x.Why })
	return &t.Table
}

// Table returns the changes as a table for CSV, a row for each. The case geomean is all cases of a backend together. A
// number that is not known is an empty cell.
func (c Comparison) Table() *param.Table {
	finite := func(of func(Change) float64) func(Change) float64 {
		return func(x Change) float64 {
			v := of(x)
			if math.IsInf(v, 0) || x.N[0] == 0 || x.N[1] == 0 {
				return math.NaN()
			}
			return v
		}
	}
	t := sheet[Change]{rows: c.Changes}
	t.words("case", func(x Change) string {
		if x.Case == "" {
			return "geomean"
		}
		return x.Case
	})
	t.words("backend", func(x Change) string { return x.Backend })
	t.numbers("threads", func(x Change) float64 { return float64(x.Threads) })
	t.words("phase", func(x Change) string { return x.Phase })
	t.numbers("cases", func(x Change) float64 { return float64(x.Cases) })
	t.numbers("ratio", finite(func(x Change) float64 { return x.Ratio }))
	t.numbers("ratio_low", finite(func(x Change) float64 { return x.Low }))
	t.numbers("ratio_high", finite(func(x Change) float64 { return x.High }))
	t.numbers("calibrated", finite(func(x Change) float64 { return x.Calibrated }))
	t.numbers("p", finite(func(x Change) float64 { return x.P }))
	t.numbers("n_old", func(x Change) float64 { return float64(x.N[0]) })
	t.numbers("n_new", func(x Change) float64 { return float64(x.N[1]) })
	t.words("verdict", func(x Change) string { return string(x.Verdict) })
	t.words("why", func(x Change) string { return x.Why })
	return &t.Table
}

// WriteJSON writes the comparison as JSON: the threshold, the notes, and the changes with the columns of Table, where
// null is a number that is not known.
func (c Comparison) WriteJSON(w io.Writer) error {
	changes, table := []map[string]any{}, c.Table()
	for i := range c.Changes {
		row := map[string]any{}
		for _, column := range table.Columns {
			switch {
			case column.Words != nil:
				row[column.Name] = column.Words[i]
			case math.IsNaN(column.Numbers[i]):
				row[column.Name] = nil
			default:
				row[column.Name] = column.Numbers[i]
			}
		}
		changes = append(changes, row)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(map[string]any{"threshold": c.Threshold, "notes": append([]string{}, c.Notes...),
		"changes": changes})
}
