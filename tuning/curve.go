package tuning

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"
)

// Curve is a tuning curve: the responses Y of a cell to the values X of a parameter. X ascends.
type Curve struct{ X, Y []float64 }

// Curves returns a tuning curve for each cell: its responses to the values of one column, called by. The argument over
// says what becomes of the other columns. Best finds the image to which the cell responds most (the first, if there are
// several), and keeps the images with the same values in all other columns. If several of these have the same value in
// by, the curve has their mean response. Largest and Mean use all images: the curve has the largest or the mean
// response to each value of by.
//
// Curves returns an error if a value of by is not finite, if a column does not have one value for each image, or if
// over is Modulation.
func Curves(r *Responses, by param.Column, others []param.Column, over Reduction) ([]Curve, error) {
	if err := r.check(append([]param.Column{by}, others...)...); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(by.Numbers, notFinite); i >= 0 {
		return nil, fault.New("tuning", "parameter", by.Name, "value %v of image %d: want finite numbers",
			by.Numbers[i], i)
	}
	if over != Best && over != Largest && over != Mean {
		return nil, fault.New("tuning", fmt.Sprintf("curves over %s by %v", by.Name, over), "", "want %v, %v or %v",
			Best, Largest, Mean)
	}
	number, _ := groups(r.Images, others)
	curves := make([]Curve, r.Cells)
	for cell := range curves {
		var c Curve
		best := number[r.best(cell)]
		for i, x := range by.Numbers {
			if over != Best || number[i] == best {
				c.X, c.Y = append(c.X, x), append(c.Y, r.At(i, cell))
			}
		}
		if over == Largest {
			curves[cell] = c.mergedBy(slices.Max[[]float64])
		} else {
			curves[cell] = c.merged()
		}
	}
	return curves, nil
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// best returns the image to which a cell responds most. It ignores responses that are not finite.
func (r *Responses) best(cell int) int {
	best := 0
	for i := range r.Images {
		if y := r.At(i, cell); !notFinite(y) && y > r.At(best, cell) || notFinite(r.At(best, cell)) {
			best = i
		}
	}
	return best
}

// merged returns c with X ascending, and one point for each value of X: the mean of the points with that value.
func (c Curve) merged() Curve { return c.mergedBy(mean) }

func (c Curve) mergedBy(one func([]float64) float64) Curve {
	order := make([]int, len(c.X))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case c.X[a] < c.X[b]:
			return -1
		case c.X[a] > c.X[b]:
			return 1
		}
		return 0
	})
	var out Curve
	for lo := 0; lo < len(order); {
		x, same := c.X[order[lo]], []float64{}
		for ; lo < len(order) && c.X[order[lo]] == x; lo++ {
			same = append(same, c.Y[order[lo]])
		}
		out.X, out.Y = append(out.X, x), append(out.Y, one(same))
	}
	return out
}

// check refuses a curve that is empty, whose X and Y differ in length, or whose X does not ascend.
func (c Curve) check() error {
	if len(c.X) == 0 || len(c.X) != len(c.Y) {
		return fault.New("tuning", fmt.Sprintf("curve of %d values and %d responses", len(c.X), len(c.Y)), "",
			"want equally many, and at least 1")
	}
	for i, x := range c.X {
		if notFinite(x) || i > 0 && x <= c.X[i-1] {
			return fault.New("tuning", fmt.Sprintf("curve at value %d, %v", i, x), "", "want finite values that ascend")
		}
	}
	return nil
}

// peak returns the index of the largest response, the first of several. It ignores responses that are not finite.
func (c Curve) peak() int {
	best := 0
	for i, y := range c.Y {
		if !notFinite(y) && y > c.Y[best] || notFinite(c.Y[best]) {
			best = i
		}
	}
	return best
}

// peakAt returns the value of X with the largest response, or NaN if the curve is flat. size is as in flat.
func (c Curve) peakAt(size float64) float64 {
	if c.flat(size) {
		return math.NaN()
	}
	return c.X[c.peak()]
}

// largest returns the largest absolute value of the responses that are finite.
func (c Curve) largest() (size float64) {
	for _, y := range c.Y {
		if !notFinite(y) {
			size = max(size, math.Abs(y))
		}
	}
	return size
}

// flat reports whether the finite responses differ only by rounding. size is the largest absolute response before any
// responses were averaged.
func (c Curve) flat(size float64) bool {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, y := range c.Y {
		if !notFinite(y) {
			lo, hi = min(lo, y), max(hi, y)
		}
	}
	return !(hi-lo > flatness*size)
}

// notFinite returns how many responses are NaN or infinite.
func (c Curve) notFinite() (count int) {
	for _, y := range c.Y {
		if notFinite(y) {
			count++
		}
	}
	return count
}

// negative reports whether a response is below 0.
func (c Curve) negative() bool {
	return slices.ContainsFunc(c.Y, func(y float64) bool { return y < 0 })
}

// angleSlack is how far apart, in degrees, two angles may be and still count as one. Steps such as 7.2° are rounded, so
// that angles of a sweep may miss each other slightly after a period.
const angleSlack = 1e-6

// fold takes angles modulo a period, into [0, period). If several angles become one, their responses are averaged.
func (c Curve) fold(period float64) Curve {
	var out Curve
	for i, x := range c.X {
		x = math.Mod(x, period)
		if x < 0 {
			x += period
		}
		x = snapped(x, period, angleSlack)
		at := slices.IndexFunc(out.X, func(other float64) bool { return math.Abs(other-x) < angleSlack })
		if at >= 0 {
			x = out.X[at]
		}
		out.X, out.Y = append(out.X, x), append(out.Y, c.Y[i])
	}
	return out.merged()
}

// even returns an error if a folded curve has fewer than fewest angles, or if they are not evenly spaced over the
// period.
func (c Curve) even(what string, period float64, fewest int) error {
	n := len(c.X)
	if n < fewest {
		return fault.New("tuning", fmt.Sprintf("%d %ss", n, what), "", "want at least %d that differ within %v°",
			fewest, period)
	}
	for i := range n {
		next := c.X[0] + period
		if i+1 < n {
			next = c.X[i+1]
		}
		if step := period / float64(n); math.Abs(next-c.X[i]-step) > 1e-4*step {
			return fault.New("tuning", fmt.Sprintf("%d %ss from %v° to %v°", n, what, c.X[0], c.X[n-1]), "",
				"want them evenly spaced over %v°, %v° apart", period, step)
		}
	}
	return nil
}

// around returns the response of a folded curve at angle x, by linear interpolation around the circle.
func (c Curve) around(x, period float64) float64 {
	x = math.Mod(math.Mod(x, period)+period, period)
	n := len(c.X)
	right := slices.IndexFunc(c.X, func(v float64) bool { return v >= x-angleSlack })
	left, span, ahead := 0, 0.0, 0.0
	switch {
	case right >= 0 && math.Abs(c.X[right]-x) <= angleSlack:
		return c.Y[right]
	case right <= 0: // before the first, or after the last
		right, left = 0, n-1
		span = c.X[0] + period - c.X[n-1]
		ahead = math.Mod(x-c.X[n-1]+period, period)
	default:
		left = right - 1
		span, ahead = c.X[right]-c.X[left], x-c.X[left]
	}
	t := ahead / span
	return (1-t)*c.Y[left] + t*c.Y[right]
}
