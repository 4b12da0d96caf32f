package filters

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"gpuconv/fault"
	"gpuconv/param"
)

// Population is a set of random Gabors. Their parameters are distributed as in neurons of macaque V1, with the numbers
// that the code of VOneNet uses (Dapello, Marques et al., NeurIPS 2020):
//
//   - orientation: De Valois, Yund and Hepler, Vision Res. 22:531, 1982;
//   - spatial frequency, 0.5 … 11.2 cycles/degree: De Valois, Albrecht and Thorell, Vision Res. 22:545, 1982;
//   - widths in cycles, SigmaX·SF and SigmaY·SF, jointly: Ringach, J. Neurophysiol. 88:455, 2002;
//   - phase: uniform;
//   - the rank correlation of SigmaX·SF and SF: Schiller, Finlay and Volman, J. Neurophysiol. 39, 1976, as a Gaussian
//     copula with the correlation SFCorrelation.
//
// The distribution is VOneNet's, but a seed does not give the numbers that VOneNet draws. VOneNet samples the Gabors on
// 25×25 pixels, at 28 pixels per degree.
type Population struct {
	Count           int        // how many Gabors, 1 … 2²⁰
	Seed            param.Seed // at most 2⁵³
	PixelsPerDegree float64    // default 28, as in VOneNet: 224 pixels for 8 degrees
	SFMin, SFMax    float64    // cycles per degree; only bins between them are used; SFMax: default 5.6
	SFCorrelation   float64    // −1 … 1; VOneNet's is 0.75
}

// mostDrawn bounds Population.Count.
const mostDrawn = 1 << 20

// histogram is a distribution over bins. Within a bin it is uniform on the scale of the edges.
type histogram struct{ edges, counts []float64 }

// at returns the quantile of share p: the value below which this share of the distribution lies.
func (h histogram) at(p float64) float64 {
	left := p * sum(h.counts)
	for i, n := range h.counts {
		if left <= n && n > 0 {
			return h.edges[i] + (h.edges[i+1]-h.edges[i])*max(0, left)/n
		}
		left -= n
	}
	return h.edges[len(h.counts)]
}

// orientations returns VOneNet's histogram of angles, in degrees anticlockwise from horizontal stripes. Our orientation
// is 90° minus that angle.
func orientations() histogram {
	return histogram{[]float64{-22.5, 22.5, 67.5, 112.5, 157.5}, []float64{66, 49, 77, 54}}
}

// frequencies returns the histogram of log2 of cycles per degree, with the bins between lo and hi.
func frequencies(lo, hi float64) histogram {
	var h histogram
	edges := []float64{0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11.2}
	for i, n := range []float64{4, 4, 8, 25, 32, 26, 28, 12, 8} {
		if edges[i] < lo || edges[i+1] > hi {
			continue
		}
		if len(h.edges) == 0 {
			h.edges = []float64{math.Log2(edges[i])}
		}
		h.edges, h.counts = append(h.edges, math.Log2(edges[i+1])), append(h.counts, n)
	}
	return h
}

// joint returns the numbers of cells by SigmaX·SF (rows) and SigmaY·SF (columns), in cycles. The five bins divide
// 10^−1 … 10^0.2 evenly on a logarithmic scale.
func joint() [5][5]float64 {
	return [5][5]float64{{2, 0, 1, 0, 0}, {8, 9, 4, 1, 0}, {1, 2, 19, 17, 3}, {0, 0, 1, 7, 4}, {0, 0, 0, 0, 0}}
}

// widthEdges returns the edges of the bins of joint, as log10 of cycles.
func widthEdges() []float64 { return []float64{-1, -0.76, -0.52, -0.28, -0.04, 0.2} }

// Parameters are the numbers that can be swept, like those of a [Filter].
func (p *Population) Parameters() []param.Parameter {
	return []param.Parameter{
		param.NewWhole("count", "count", "for v1: how many filters are drawn, from 1 to 2²⁰", &p.Count, 1, mostDrawn),
		p.Seed.Parameter(),
		param.New("ppd", "ppd", "for v1: pixels per degree, 0 for 28", &p.PixelsPerDegree),
		param.New("sf-min", "sf_min", "for v1: least spatial frequency, cycles/degree", &p.SFMin),
		param.New("sf-max", "sf_max", "for v1: greatest spatial frequency, cycles/degree, 0 for 5.6", &p.SFMax),
		param.New("sf-correlation", "sf_correlation",
			"for v1: correlation of sigma-x·sf, the width in cycles, with sf, −1 … 1", &p.SFCorrelation),
	}
}

func (p *Population) check() error {
	switch {
	case p.Count < 1 || p.Count > mostDrawn:
		return fault.New("filters", "population of", p.Count, "want a whole number from 1 to 2²⁰")
	case p.Seed.Check() != nil:
		return &fault.Error{Package: "filters", Err: p.Seed.Check()}
	case !(p.SFCorrelation >= -1 && p.SFCorrelation <= 1):
		return fault.New("filters", "correlation", p.SFCorrelation, "want −1 to 1")
	case len(frequencies(p.SFMin, p.SFMax).counts) == 0:
		return fault.New("filters", fmt.Sprintf("spatial frequencies %v … %v cycles/degree", p.SFMin, p.SFMax), "",
			"want at least two of 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11.2 between them")
	case !(p.PixelsPerDegree > 0) || math.Exp2(last(frequencies(p.SFMin, p.SFMax).edges))/p.PixelsPerDegree > 0.5:
		return fault.New("filters", fmt.Sprintf("%v pixels per degree", p.PixelsPerDegree), "",
			"want at least twice the greatest spatial frequency, %.3g cycles/degree",
			math.Exp2(last(frequencies(p.SFMin, p.SFMax).edges)))
	}
	return nil
}

func last(values []float64) float64 { return values[len(values)-1] }

// Filters draws the Gabors. It replaces zeros that mean a default, and refuses values that the fields do not allow.
func (p *Population) Filters() ([]Filter, error) {
	fill(&p.PixelsPerDegree, 28)
	fill(&p.SFMax, 5.6)
	if err := p.check(); err != nil {
		return nil, err
	}
	random := p.Seed.Rand()
	all := make([]Filter, p.Count)
	for i := range all {
		all[i] = p.draw(random)
	}
	return all, nil
}

// draw draws one Gabor.
func (p *Population) draw(random *rand.Rand) *Gabor {
	counts := joint()
	var rows [5]float64
	for i, row := range counts {
		rows[i] = sum(row[:])
	}
	z := random.NormFloat64()
	other := p.SFCorrelation*z + math.Sqrt(1-p.SFCorrelation*p.SFCorrelation)*random.NormFloat64()
	nx := histogram{widthEdges(), rows[:]}.at(normalShare(z))
	bin := sort.SearchFloat64s(widthEdges()[1:5], nx)
	ny := histogram{widthEdges(), counts[bin][:]}.at(random.Float64())
	sf := math.Exp2(frequencies(p.SFMin, p.SFMax).at(normalShare(other))) / p.PixelsPerDegree
	degrees := 90 - orientations().at(random.Float64())
	return &Gabor{
		Orientation: math.Mod(degrees+180, 180), SF: sf, Phase: 360 * random.Float64(),
		SigmaX: math.Pow(10, nx) / sf, SigmaY: math.Pow(10, ny) / sf,
	}
}

// normalShare is the cumulative distribution function of the standard normal distribution.
func normalShare(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
