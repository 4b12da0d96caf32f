package tuning

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"

	"gonum.org/v1/gonum/stat"
)

// Halves holds the responses of a population of neurons to gratings, separately for two halves of the trials. A choice
// made in one half, such as the preferred orientation of a neuron, shares no noise with a measurement in the other
// half. So noise alone does not look like tuning (Kriegeskorte, Simmons, Bellgowan and Baker, Nat. Neurosci. 12:535,
// 2009).
type Halves struct {
	// Orientation of each stimulus, in degrees and any order.
	Orientation []float64
	// Period is 180, or 360 for directions, if the orientations divide it evenly and each appears once. Otherwise it is
	// 0, and nothing is aligned.
	Period float64

	Neurons     int
	Train, Test []float32 // responses [len(Orientation), Neurons], of any unit and sign
}

// Of returns the responses of a neuron in the two halves, to the stimuli in their order.
func (h Halves) Of(neuron int) (train, test []float64) {
	for at := neuron; at < len(h.Train); at += h.Neurons {
		train, test = append(train, float64(h.Train[at])), append(test, float64(h.Test[at]))
	}
	return train, test
}

// Population is the result of [Halves.Analyse].
type Population struct {
	// Train and Test have the orientation curve of each neuron and its figures, each for one half. Responses below 0
	// count as 0 there, because the indices are defined for responses that are not negative.
	Train, Test *Analysis
	// Reliability of each neuron is Pearson's r, −1 … 1, of its responses in the two halves. Mean responses over all
	// trials would be more reliable than that, because a half has only half of the trials. Reliability is NaN if a half
	// is constant or holds NaN.
	Reliability []float64
	// Aligned is the mean response over neurons in Test, in the unit of Test. X is in degrees from the orientation at
	// which a neuron responds most in Train. For n stimuli X starts at −⌊n/2⌋·Period/n and ascends in steps of
	// Period/n. A neuron with equal responses in Train counts as if it preferred the lowest orientation. NaN in Train
	// is ignored; NaN in Test makes the mean NaN. If Period is 0, Aligned is empty.
	Aligned Curve
	// Dissimilarity is the matrix of [Correlation] between the responses in Test to the stimuli, in their order. It is
	// nil for a single neuron, which has no correlation.
	Dissimilarity [][]float64
}

// Analyse computes how each neuron is tuned in either half, and how well the halves agree. It also computes how the
// population is tuned around the preferred orientations of its neurons, and how different its responses to two stimuli
// are.
//
// Errors: no stimuli or no neurons; halves that are not [stimuli, neurons]; a Period other than 0, 180 and 360;
// orientations that are not finite, or not evenly spaced over Period; the error of ctx once it is done. Figures that
// the orientations do not allow are missing, as in [Analyse].
func (h Halves) Analyse(ctx context.Context) (*Population, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	var p Population
	var err error
	if p.Train, err = h.rates(ctx, h.Train); err != nil {
		return nil, err
	}
	if p.Test, err = h.rates(ctx, h.Test); err != nil {
		return nil, err
	}
	for neuron := range h.Neurons {
		train, test := h.Of(neuron)
		p.Reliability = append(p.Reliability, stat.Correlation(train, test, nil))
	}
	p.Aligned = h.aligned()
	if h.Neurons > 1 {
		p.Dissimilarity, err = Dissimilarity(h.patterns(), Correlation)
	}
	return &p, err
}

// check refuses halves that Analyse refuses.
func (h Halves) check() error {
	n := len(h.Orientation)
	if n < 1 || h.Neurons < 1 || len(h.Train) != n*h.Neurons || len(h.Test) != n*h.Neurons {
		return fault.New("tuning", fmt.Sprintf("halves of %d neurons and %d stimuli", h.Neurons, n), "",
			"want at least 1 of each and %d numbers in both, got %d and %d", n*h.Neurons, len(h.Train), len(h.Test))
	}
	if at := slices.IndexFunc(h.Orientation, notFinite); at >= 0 {
		return fault.New("tuning", fmt.Sprintf("orientation %d is %v", at, h.Orientation[at]), "",
			"want finite numbers")
	}
	if h.Period == 0 {
		return nil
	}
	if h.Period != 180 && h.Period != 360 {
		return fault.New("tuning", fmt.Sprintf("period of %v°", h.Period), "",
			"want 180 or 360, or 0 for orientations that are not evenly spaced")
	}
	return Curve{X: slices.Sorted(slices.Values(h.Orientation))}.even("orientation", h.Period, 2)
}

// rates analyses one half of the trials. It takes responses below 0 as 0.
func (h Halves) rates(ctx context.Context, half []float32) (*Analysis, error) {
	r := &Responses{Images: len(h.Orientation), Cells: h.Neurons, Data: make([]float64, len(half))}
	for i, v := range half {
		r.Data[i] = max(0, float64(v)) // the builtin keeps NaN
	}
	table := &param.Table{Columns: []param.Column{{Name: "orientation_deg", Numbers: h.Orientation}}}
	return Analyse(ctx, r, table, Settings{By: []Axis{ByOrientation}, Phases: Largest})
}

// aligned averages the responses of all neurons in Test. The curve of each neuron is shifted so that the orientation
// that it prefers in Train is at 0.
func (h Halves) aligned() Curve {
	if h.Period == 0 {
		return Curve{}
	}
	order := h.ascending()
	n := len(order)
	c := Curve{X: make([]float64, n), Y: make([]float64, n)}
	for neuron := range h.Neurons {
		train, test := h.Of(neuron)
		peak := Curve{Y: permuted(train, order)}.peak()
		for i := range c.Y {
			c.Y[i] += test[order[(peak+i+n-n/2)%n]]
		}
	}
	for i := range c.X {
		c.X[i] = float64(i-n/2) * h.Period / float64(n)
		c.Y[i] /= float64(h.Neurons)
	}
	return c
}

// ascending returns the indices of the stimuli by ascending orientation.
func (h Halves) ascending() []int {
	order := make([]int, len(h.Orientation))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(h.Orientation[a], h.Orientation[b]) })
	return order
}

func permuted(values []float64, order []int) []float64 {
	out := make([]float64, len(order))
	for i, at := range order {
		out[i] = values[at]
	}
	return out
}

// patterns returns the responses of all neurons in Test to each stimulus.
func (h Halves) patterns() [][]float64 {
	patterns := make([][]float64, len(h.Orientation))
	for i := range patterns {
		for _, v := range h.Test[i*h.Neurons : (i+1)*h.Neurons] {
			patterns[i] = append(patterns[i], float64(v))
		}
	}
	return patterns
}

// MostReliable lists the neurons by Reliability, the largest first. Neurons with equal Reliability keep their order,
// and neurons whose Reliability is NaN are left out.
func (p *Population) MostReliable() []int {
	var order []int
	for neuron, r := range p.Reliability {
		if !math.IsNaN(r) {
			order = append(order, neuron)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Reliability[b], p.Reliability[a]) })
	return order
}
