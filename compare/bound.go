package compare

import (
	"math"

	"gpuconv/conv"
)

// bound turns the magnitude of a sum into the error that it may have.
type bound struct {
	terms     float64 // n
	gamma     float64 // γₙ
	underflow float64 // what each product may lose below the normal range
	multiple  float64 // of γₙ that the algorithm states, see conv.Description.Bound
	transform float64 // what an algorithm of transforms may be off by everywhere
	zero      bool    // where the magnitude is 0 there is no error
}

const unit = 0x1p-24 // u of float32, round to nearest

func newBound(c Case) bound {
	n := float64(c.Problem.Weight[1] * c.Problem.Weight[2] * c.Problem.Weight[3])
	if c.Problem.Bias {
		n++
	}
	if c.Problem.Pool.Kind == conv.AvgPool { // the mean adds its own sum and a division
		n += float64(c.Problem.Pool.Size[0]*c.Problem.Pool.Size[1] + 1)
	}
	if c.Problem.Activation == conv.Energy {
		n += energyTerms
	}
	gamma := math.Inf(1) // beyond 2²⁴ terms the bound says nothing
	if n*unit < 1 {
		gamma = n * unit / (1 - n*unit)
	}
	scale := max(1, largest(c.Src.Data), largest(c.Weight.Data))
	return bound{terms: n, gamma: gamma, multiple: 1, underflow: 2 * n * 0x1p-126 * scale}
}

// energyTerms bounds what √(a²+b²) itself rounds, in units of u, on devices whose divisions and square roots are as
// inexact as GLSL 4.30 §4.7.1 allows. They compute m·√(1+r²) with r = min/m: a division of 2.5 ulp, a square and an
// addition of half an ulp each, a square root of 2 ulp after a division of 2.5, and a product of half an ulp. One ulp
// is at most 2u of the value, and the error of r counts at most half.
const energyTerms = 16

// of widens b by what an algorithm states: by its multiple of γₙ, and by an RMS error in parts of a scale, see
// transformScale. Without the latter, an output whose magnitude is 0 has no error. If errors are spread normally, one
// in 10¹⁵ is more than eight times their RMS.
func (b bound) of(d conv.Description, scale float64) bound {
	b.multiple, b.zero = max(1, d.Bound), d.Tolerance == 0
	b.transform = 8 * d.Tolerance * scale
	return b
}

// transformScale is what the errors of transforms are in proportion to. Transforms mix all of the filter with pixels
// that an output does not use. The scale is therefore the largest output only if that is of the usual size. If all
// outputs lie where the filter is almost 0, beside a single pixel, the scale is what a filter makes of pixels like the
// brightest: the brightest pixel times the norm of the filter's weights, the largest norm of all filters.
func transformScale(c Case, largestOutput float64) float64 {
	norm := 0.0
	filters := c.Problem.Weight[0]
	for k := range filters {
		squares := 0.0
		for _, w := range c.Weight.Data[k*len(c.Weight.Data)/filters : (k+1)*len(c.Weight.Data)/filters] {
			squares += float64(w) * float64(w)
		}
		if squares > norm && !math.IsInf(squares, 0) { // NaN is not larger
			norm = squares
		}
	}
	return max(largestOutput, largest(c.Src.Data)*math.Sqrt(norm))
}

// local is what an output may be off by whose errors come from its own pixels alone: what the algorithm states, but not
// more than most times γₙ.
func (b bound) local(d conv.Description, most float64) bound {
	b.multiple, b.zero = min(max(1, d.Bound), most), true
	return b
}

func (b bound) limit(magnitude float64) float64 {
	if b.zero && magnitude == 0 {
		return 0
	}
	return b.multiple*b.gamma*magnitude + b.underflow + b.transform
}

func (b bound) probable(magnitude float64) float64 {
	return b.multiple*4*math.Sqrt(b.terms)*unit*magnitude + b.underflow + b.transform
}

// largest returns the largest finite |v|.
func largest(values []float32) float64 {
	most := 0.0
	for _, v := range values {
		if a := math.Abs(float64(v)); a > most && !math.IsInf(a, 0) { // NaN is not larger
			most = a
		}
	}
	return most
}
