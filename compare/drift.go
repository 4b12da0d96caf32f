package compare

import (
	"math"
	"math/rand/v2"

	"gpuconv/conv"
)

// The RMS check expects rounding errors that partly cancel, so that a sum of n terms has an error of about √n·u. But
// the errors of a sum may all have one sign. That happens if few different products are added many times, as with
// images of two greys and weights that are activations of such images: while the sum stays between two powers of two,
// adding the same product to it rounds in the same way each time. Such a sum drifts, by up to γₙ·A, whatever computes
// it. So the check also allows mostDrift times the error of a plain loop in float32.

// mostDrift is how many times the RMS error of a plain loop is allowed. Other orders of summation round differently:
// TestDriftOfOrders measures them.
const mostDrift = 2

// driftProducts is how many products the plain loop adds at most. If all outputs together have more, it computes only
// some of the outputs.
const driftProducts = 1 << 25

// drift returns the RMS error of sums that a plain loop adds up in float32, in the order of package conv's formula, as
// a fraction of the largest output. It takes as many outputs as driftProducts allows, at least one: of each stretch of
// equal length a random one, the same in each call. Outputs at equal distances could all lie in one column, whose
// sums see more padding than most.
func (f *filling) drift() float64 {
	p := f.c.Problem
	p.Spec = p.WithDefaults()
	dst, squares, count := f.truth.shape, 0.0, 0
	each := p.Weight[1] * p.Weight[2] * p.Weight[3] * max(1, p.Pool.Size[0]*p.Pool.Size[1])
	if p.Activation == conv.Energy {
		each *= 2
	}
	step := max(1, int(float64(len(f.truth.want))*float64(each)/driftProducts))
	random := rand.New(rand.NewPCG(1, 1))
	for first := 0; first < len(f.truth.want); first += step {
		at := first + random.IntN(min(step, len(f.truth.want)-first))
		plane := at / (dst.H() * dst.W())
		got := plainOutput(p, f.c, plane/dst.C(), plane%dst.C(), at/dst.W()%dst.H(), at%dst.W())
		e := finiteMagnitude(got - f.truth.want[at])
		squares, count = squares+e*e, count+1
	}
	return math.Sqrt(squares/float64(count)) / f.truth.largest
}

// plainOutput returns an output whose sums are added up in float32. What follows them, such as a pool, is computed in
// float64.
func plainOutput(p conv.Problem, c Case, n, k, i, j int) float64 {
	switch p.Pool.Kind {
	case conv.NoPool:
		return plainActivated(p, c, n, k, i, j)
	case conv.MaxPool:
		return plainMax(p, c, n, k, i, j)
	}
	total := 0.0
	for u := range p.Pool.Size[0] {
		for v := range p.Pool.Size[1] {
			total += plainActivated(p, c, n, k, i*p.Pool.Stride[0]+u, j*p.Pool.Stride[1]+v)
		}
	}
	return total / float64(p.Pool.Size[0]*p.Pool.Size[1])
}

func plainMax(p conv.Problem, c Case, n, k, i, j int) float64 {
	most := math.Inf(-1)
	for u := range p.Pool.Size[0] {
		for v := range p.Pool.Size[1] {
			most = max(most, plainActivated(p, c, n, k, i*p.Pool.Stride[0]+u, j*p.Pool.Stride[1]+v))
		}
	}
	return most
}

// plainActivated returns what a pool takes: a sum, with ReLU if the problem has it, or the energy of two sums.
func plainActivated(p conv.Problem, c Case, n, k, i, j int) float64 {
	switch p.Activation {
	case conv.Energy:
		return math.Hypot(plainSum(p, c, n, 2*k, i, j), plainSum(p, c, n, 2*k+1, i, j))
	case conv.ReLU:
		return max(0, plainSum(p, c, n, k, i, j))
	}
	return plainSum(p, c, n, k, i, j)
}

func plainSum(p conv.Problem, c Case, n, k, i, j int) float64 {
	sum := float32(0)
	if p.Bias {
		sum = c.Bias[k]
	}
	eachTap(p, c, n, k, i, j, func(t tap) {
		product := t.X * t.W
		sum += product
	})
	return float64(sum)
}
