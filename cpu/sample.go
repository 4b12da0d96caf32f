package cpu

import (
	"math"
	"strconv"

	"gpuconv/conv"
)

// serialMACs is how many multiplications of a sample are worth a goroutine, about 3 ms. Where all cores are busy, as
// while a job convolves, a goroutine waits up to 10 ms for its turn.
const serialMACs = 2 << 20

// SampleFloat64 implements [conv.Sampler]. Each core computes whole outputs.
func (r *referencePlan) SampleFloat64(value, magnitude []float64, src *conv.Tensor, outputs []int) error {
	if r.closed.Load() {
		return errClosed("reference plan")
	}
	shape, err := r.checkSource(src)
	if err != nil {
		return err
	}
	if err := checkSample(value, magnitude, shape, outputs); err != nil {
		return err
	}
	r.announce(src)
	one := r.problem
	one.Src = one.Src.Image()
	each := 4 * one.MACs() / shape.Image().Bytes()
	forEachOn(int(each*float64(len(outputs))/serialMACs), len(outputs), func(i int) {
		at := outputs[i]
		row, column := at/shape.W()%shape.H(), at%shape.W()
		plane := at / (shape.H() * shape.W())
		value[i], magnitude[i] = r.output(src, plane/shape.C(), plane%shape.C(), row, column)
	})
	return nil
}

// checkSample refuses arguments of SampleFloat64 that do not fit. shape is that of the outputs for src's batch.
func checkSample(value, magnitude []float64, shape conv.Shape, outputs []int) error {
	if len(value) != len(outputs) || len(magnitude) != len(outputs) {
		return &conv.ShapeError{Arg: "outputs", Value: strconv.Itoa(len(outputs)),
			Rule: "value and magnitude must hold that many elements"}
	}
	all, err := shape.Len()
	if err != nil {
		return err
	}
	for _, at := range outputs {
		if at < 0 || at >= all {
			return &conv.ShapeError{Arg: "outputs", Value: strconv.Itoa(at),
				Rule: "want an index into " + shape.String()}
		}
	}
	return nil
}

// output computes one output: row i and column j of channel c of image n. It equals what plane stores there.
func (r *referencePlan) output(src *conv.Tensor, n, c, i, j int) (value, magnitude float64) {
	pool := r.problem.Pool
	if pool.Kind == conv.NoPool {
		return r.activated(src, n, c, i, j)
	}
	values, magnitudes := make([]float64, pool.Size[0]*pool.Size[1]), make([]float64, pool.Size[0]*pool.Size[1])
	for at := range values {
		values[at], magnitudes[at] = r.activated(src, n, c, i*pool.Stride[0]+at/pool.Size[1],
			j*pool.Stride[1]+at%pool.Size[1])
	}
	return pooled(pool, values, pool.Size[1]), pooled(pool, magnitudes, pool.Size[1])
}

// activated computes what a pool takes: the sum of filter c with ReLU if the problem has it, or the energy of two sums.
func (r *referencePlan) activated(src *conv.Tensor, n, c, i, j int) (value, magnitude float64) {
	switch r.problem.Activation {
	case conv.Energy:
		a, first := r.sum(src, n, 2*c, i, j)
		b, second := r.sum(src, n, 2*c+1, i, j)
		return math.Sqrt(a*a + b*b), math.Sqrt(first*first + second*second)
	case conv.ReLU:
		value, magnitude = r.sum(src, n, c, i, j)
		if value < 0 {
			value = 0
		}
		return value, magnitude
	}
	return r.sum(src, n, c, i, j)
}
