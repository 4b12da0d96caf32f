package compare

import (
	"math"

	"gpuconv/conv"
)

// bound computes, from the magnitude A of an output's sum, the error that the output may have.
type bound struct {
	terms     float64 // n, the number of terms, with those that a mean pool and energy add
	gamma     float64 // γₙ
	underflow float64 // what all products together may lose below the normal range of float32
	multiple  float64 // the multiple of γₙ that the algorithm states, see conv.Description.Bound
	transform float64 // the error that an algorithm of transforms may have in any output, in addition
	zero      bool    // whether an output with A = 0 must have no error
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

// energyTerms bounds the rounding error of √(a²+b²), in units of u, on devices whose divisions and square roots are as
// inexact as GLSL 4.30 §4.7.1 allows. They compute m·√(1+r²), where m is the larger of |a| and |b|, and r the smaller
// divided by m. The errors are 2.5 ulp for the division, half an ulp each for the square, the addition and the product,
// and 4.5 ulp for the square root, which is 1 divided by an inverse square root (2 + 2.5 ulp). One ulp is at most 2u of
// the value. At most half of the error of r² counts in 1+r², since r ≤ 1, and half of that in the root. In all that is
// less than 14u.
const energyTerms = 16

// of returns b with the errors that d states: d.Bound as the multiple of γₙ, and in addition 8 times d.Tolerance times
// scale (see transformScale). Without a tolerance, an output whose magnitude is 0 must have no error. If errors have a
// normal distribution, only one in 10¹⁵ is more than eight times their RMS.
func (b bound) of(d conv.Description, scale float64) bound {
	b.multiple, b.zero = max(1, d.Bound), d.Tolerance == 0
	b.transform = 8 * d.Tolerance * scale
	return b
}

// transformScale returns the scale to which the errors of transforms are proportional. Usually that is the largest
// output. But transforms mix the whole filter with pixels that an output does not use. So if all outputs are small, for
// instance because a single bright pixel meets only weights near 0, the scale is what the filter gives for pixels as
// bright as the brightest: that pixel times the largest norm of a filter's weights.
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

// local returns the bound of an output whose errors come from its own pixels alone: the multiple of γₙ that the
// algorithm states, but at most the multiple that is given.
func (b bound) local(d conv.Description, multiple float64) bound {
	b.multiple, b.zero = min(max(1, d.Bound), multiple), true
	return b
}

// limit returns the error that an output with this A may have.
func (b bound) limit(magnitude float64) float64 {
	if b.zero && magnitude == 0 {
		return 0
	}
	return b.multiple*b.gamma*magnitude + b.underflow + b.transform
}

// probable returns the error that an output with this A probably does not exceed: with 4·√n·u in place of γₙ.
func (b bound) probable(magnitude float64) float64 {
	return b.multiple*4*math.Sqrt(b.terms)*unit*magnitude + b.underflow + b.transform
}

// largest returns the largest finite |v|.
func largest(values []float32) float64 {
	_, most := whereLargest(values)
	return most
}

// whereLargest returns the index of the largest finite |v|, and that |v|. It returns 0, 0 if there is none. It compares
// bits, since without their signs numbers are in the order of their bits, with infinity and then NaN above all others.
// It skips parts in which no number is larger than those before. In one loop over float64 it took 2.5 times as long,
// more than a tenth of the CPU time of a run with transforms.
func whereLargest(values []float32) (at int, most float64) {
	const part = 1 << 10
	bits := uint32(0)
	for first := 0; first < len(values); first += part {
		some := values[first:min(first+part, len(values))]
		if largestBits(some) <= bits {
			continue
		}
		for i, v := range some {
			if b := math.Float32bits(v) &^ signBit; b > bits && b < infiniteBits {
				at, bits = first+i, b
			}
		}
	}
	return at, float64(math.Float32frombits(bits))
}

const (
	signBit      = 1 << 31
	infiniteBits = 0x7f800000
)

// largestBits returns the largest of the numbers' bits without their signs.
func largestBits(values []float32) uint32 {
	var a, b, c, d uint32
	for ; len(values) >= 4; values = values[4:] {
		a = max(a, math.Float32bits(values[0])&^signBit)
		b = max(b, math.Float32bits(values[1])&^signBit)
		c = max(c, math.Float32bits(values[2])&^signBit)
		d = max(d, math.Float32bits(values[3])&^signBit)
	}
	for _, v := range values {
		a = max(a, math.Float32bits(v)&^signBit)
	}
	return max(a, b, c, d)
}
