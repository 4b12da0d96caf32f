package bench

import (
	"cmp"
	"slices"

	"gpuconv/figure"
	"gpuconv/internal/statistics"
)

// value is a rate or a ratio with its interval, and the number of samples that it is known from.
type value struct {
	statistics.Interval
	samples int
}

// rate returns an amount of work divided by the time of a case on a backend, if there is a time.
func (r Report) rate(c CaseInfo, b BackendInfo, work float64) (value, bool) {
	t, ok := r.total(c, b)
	return value{statistics.Interval{Median: work / t.Median, Low: work / t.CIHigh, High: work / t.CILow}, t.Samples},
		ok && work > 0
}

// over returns the ratio of two throughputs.
func over(ours, theirs Result) value {
	return value{theirs.interval().Over(ours.interval()), min(ours.Samples, theirs.Samples)}
}

// addCurve adds the curve of a backend, and tells whether it has a point. point returns the place of case i, and its
// value if there is one. A value of a single sample is hollow, without an error bar and without a line. A case without
// a value has a mark if the report says that it is missing.
func (p *Picture) addCurve(r Report, s figure.Series, b BackendInfo, cases []CaseInfo,
	point func(i int, c CaseInfo) (x float64, v value, ok bool)) bool {
	single := figure.Series{Name: s.Name + ", single samples", Color: s.Color, Style: figure.Points, Hollow: true}
	for i, c := range cases {
		x, v, ok := point(i, c)
		_, lost := r.lacks(c.Case, b, "")
		switch {
		case ok && v.samples < 2:
			single.X, single.Y = append(single.X, x), append(single.Y, v.Median)
		case ok:
			s.X, s.Y = append(s.X, x), append(s.Y, v.Median)
			s.Low, s.High = append(s.Low, v.Low), append(s.High, v.High)
		case lost:
			s.Missing = append(s.Missing, x)
		}
	}
	p.Series = append(p.Series, s, single)
	return len(s.X)+len(single.X) > 0
}

// addLine adds a grey line to compare with.
func (p *Picture) addLine(name string, x, y [2]float64, dashed bool) {
	p.Series = append(p.Series, figure.Series{Name: name, X: x[:], Y: y[:], Color: -1, Style: figure.Solid,
		Dashed: dashed})
}

// overX puts ticks at the values X of cases, and returns the cases in ascending order of X, as a line joins them.
func (p *Picture) overX(cases []CaseInfo) []CaseInfo {
	for _, c := range cases {
		p.XTicks = append(p.XTicks, c.X)
	}
	slices.Sort(p.XTicks)
	p.XTicks = slices.Compact(p.XTicks)
	return slices.SortedStableFunc(slices.Values(cases), func(a, b CaseInfo) int { return cmp.Compare(a.X, b.X) })
}

// addNames puts the names of cases on the axis X.
func (p *Picture) addNames(cases []CaseInfo) {
	for _, c := range cases {
		p.XNames = append(p.XNames, shortName(c))
	}
}

// beside returns how far to the right of a name the point of backend i of n is.
func beside(i, n int) float64 { return (float64(i) - float64(n-1)/2) * 0.6 / float64(n) }
