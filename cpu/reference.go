package cpu

import (
	"math"
	"sync/atomic"

	"gpuconv/conv"
)

// Reference is a [conv.Backend] that computes in float64. Each of its plans is a [conv.Oracle]. Each sum is added up in
// the order of package conv's formula: bias, then channels, kernel rows, kernel columns. Energy and pools are computed
// from these sums. Each core computes whole planes of outputs; no sum is split.
type Reference struct{}

// Plan validates the arguments and copies weight and bias. The plan is also a [conv.Oracle] and a [conv.Describer].
// Every error is a [*conv.ShapeError].
func (Reference) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	p.Spec = p.WithDefaults()
	sums, err := p.Sums()
	if err != nil {
		return nil, err
	}
	return &referencePlan{problem: p, sums: sums, weight: append([]float32(nil), weight.Data...),
		bias: append([]float32(nil), bias...)}, nil
}

type referencePlan struct {
	problem conv.Problem // with defaults filled in
	sums    conv.Shape
	weight  []float32
	bias    []float32
	closed  atomic.Bool
}

// Close makes later runs report [conv.ErrClosed].
func (r *referencePlan) Close() error {
	r.closed.Store(true)
	return nil
}

// Describe names the reference as the algorithm.
func (r *referencePlan) Describe() conv.Description {
	w := r.problem.Weight
	return conv.Description{Algorithm: "reference", Chunk: r.problem.Src.N(), Memory: 4 * w[0] * (w[1]*w[2]*w[3] + 1)}
}

// Explain implements [conv.Explainer].
func (Reference) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	return (&referencePlan{problem: p}).Describe(), nil
}

// Run computes dst in float64 and rounds each value once to float32.
func (r *referencePlan) Run(dst, src *conv.Tensor) error {
	if err := r.problem.CheckRun(dst, src); err != nil {
		return err
	}
	value := make([]float64, len(dst.Data))
	if err := r.RunFloat64(value, make([]float64, len(dst.Data)), src); err != nil {
		return err
	}
	for i, v := range value {
		dst.Data[i] = float32(v)
	}
	return nil
}

// RunFloat64 implements [conv.Oracle]. value and magnitude have as many elements as the problem's Dst for src's batch.
func (r *referencePlan) RunFloat64(value, magnitude []float64, src *conv.Tensor) error {
	if r.closed.Load() {
		return errClosed("reference plan")
	}
	shape, err := r.checkOracle(value, magnitude, src)
	if err != nil {
		return err
	}
	r.announce(src)
	size := shape.H() * shape.W()
	forEach(shape.N()*shape.C(), func(plane int) {
		at := plane * size
		r.plane(value[at:at+size], magnitude[at:at+size], src, plane/shape.C(), plane%shape.C())
	})
	return nil
}

// announce tells the race detector what sum reads.
func (r *referencePlan) announce(src *conv.Tensor) {
	announce(src.Data)
	announce(r.weight)
	announce(r.bias)
}

// checkOracle returns the shape of the outputs for src's batch, or an error if an argument of RunFloat64 does not fit.
func (r *referencePlan) checkOracle(value, magnitude []float64, src *conv.Tensor) (conv.Shape, error) {
	shape, err := r.checkSource(src)
	if err != nil {
		return conv.Shape{}, err
	}
	want, err := shape.Len()
	if err != nil {
		return conv.Shape{}, err
	}
	if len(value) != want || len(magnitude) != want {
		return conv.Shape{}, &conv.ShapeError{Arg: "dst", Value: shape.String(),
			Rule: "value and magnitude must hold that many elements"}
	}
	return shape, nil
}

// checkSource returns the shape of the outputs for src's batch, or an error if src does not fit the problem.
func (r *referencePlan) checkSource(src *conv.Tensor) (conv.Shape, error) {
	shape, err := r.problem.Dst()
	if err != nil {
		return conv.Shape{}, err
	}
	if err := src.Check("src"); err != nil {
		return conv.Shape{}, err
	}
	if src.Shape.Image() != r.problem.Src.Image() || src.Shape.N() > r.problem.Src.N() {
		return conv.Shape{}, &conv.ShapeError{Arg: "src", Value: src.Shape.String(), Rule: "want " +
			r.problem.Src.String() + " or a smaller batch"}
	}
	return shape.WithN(src.Shape.N()), nil
}

// plane computes the outputs of channel c of image n, and their magnitudes. A pool's magnitude is the largest magnitude
// in its window with MaxPool, and the mean of all in it with AvgPool.
func (r *referencePlan) plane(value, magnitude []float64, src *conv.Tensor, n, c int) {
	if r.problem.Pool.Kind == conv.NoPool {
		r.activatedPlane(value, magnitude, src, n, c)
		return
	}
	activated := make([]float64, r.sums.H()*r.sums.W())
	magnitudes := make([]float64, len(activated))
	r.activatedPlane(activated, magnitudes, src, n, c)
	r.poolPlane(value, activated)
	r.poolPlane(magnitude, magnitudes)
}

// activatedPlane computes what a pool takes: the activated sums of one filter, or the energy of two. The magnitude of
// an energy is √(A₁²+A₂²), because errors α of a and β of b change √(a²+b²) by at most √(α²+β²).
func (r *referencePlan) activatedPlane(value, magnitude []float64, src *conv.Tensor, n, c int) {
	if r.problem.Activation != conv.Energy {
		r.sumPlane(value, magnitude, src, n, c)
		return
	}
	other := make([]float64, len(value))
	otherMagnitude := make([]float64, len(value))
	r.sumPlane(value, magnitude, src, n, 2*c)
	r.sumPlane(other, otherMagnitude, src, n, 2*c+1)
	for i, a := range value {
		b := other[i]
		value[i] = math.Sqrt(a*a + b*b)
		magnitude[i] = math.Sqrt(magnitude[i]*magnitude[i] + otherMagnitude[i]*otherMagnitude[i])
	}
}

// sumPlane computes the sums of filter k of image n, with ReLU if the problem has it.
func (r *referencePlan) sumPlane(value, magnitude []float64, src *conv.Tensor, n, k int) {
	for i := range r.sums.H() {
		for j := range r.sums.W() {
			sum, abs := r.sum(src, n, k, i, j)
			if r.problem.Activation == conv.ReLU && sum < 0 {
				sum = 0
			}
			value[i*r.sums.W()+j] = sum
			magnitude[i*r.sums.W()+j] = abs
		}
	}
}

// sum computes Σ x·w + b and Σ |x||w| + |b| at row i, column j of filter k of image n. Its callers announce what it
// reads.
//
//go:norace
//go:nocheckptr
func (r *referencePlan) sum(src *conv.Tensor, n, k, i, j int) (sum, abs float64) {
	p, w := &r.problem, r.problem.Weight
	if p.Bias {
		sum = float64(r.bias[k])
		abs = math.Abs(sum)
	}
	group := k / (w[0] / p.Groups)
	tap := k * w[1] * w[2] * w[3]
	left := j*p.Stride[1] - p.Padding.Left
	inside := left >= 0 && left+(w[3]-1)*p.Dilation[1] < p.Src.W() // no column of the kernel is in the padding
	var few [32]int
	columns := few[:0] // otherwise the kernel's columns in the image, see conv.PaddingMode.Source
	for v := 0; v < w[3] && !inside; v++ {
		columns = append(columns, p.PaddingMode.Source(left+v*p.Dilation[1], p.Src.W()))
	}
	for c := range w[1] {
		plane := src.Plane(n, group*w[1]+c)
		for u := range w[2] {
			y := p.PaddingMode.Source(i*p.Stride[0]+u*p.Dilation[0]-p.Padding.Top, p.Src.H())
			if inside && y >= 0 {
				at := y*p.Src.W() + left
				for _, weight := range r.weight[tap : tap+w[3]] {
					product := float64(plane[at]) * float64(weight)
					sum += product
					abs += math.Abs(product)
					at += p.Dilation[1]
				}
				tap += w[3]
				continue
			}
			for v := range w[3] {
				x, pixel := left+v*p.Dilation[1], 0.0
				if !inside {
					x = columns[v]
				}
				if y >= 0 && x >= 0 {
					pixel = float64(plane[y*p.Src.W()+x])
				}
				product := pixel * float64(r.weight[tap])
				sum += product
				abs += math.Abs(product)
				tap++
			}
		}
	}
	return sum, abs
}

// poolPlane reduces one plane of sums to one plane of outputs.
func (r *referencePlan) poolPlane(dst, sums []float64) {
	pool, columns := r.problem.Pool, r.sums.W()
	width := (columns-pool.Size[1])/pool.Stride[1] + 1
	for at := range dst {
		top, left := at/width*pool.Stride[0], at%width*pool.Stride[1]
		dst[at] = pooled(pool, sums[top*columns+left:], columns)
	}
}

// pooled returns the output of a pool whose window begins at the first of the sums. columns is the length of a row of
// sums.
func pooled(pool conv.Pool, sums []float64, columns int) float64 {
	if pool.Kind == conv.MaxPool {
		return windowMax(pool, sums, columns)
	}
	return windowMean(pool, sums, columns)
}

// windowMax returns the largest value of a window, or NaN if the window has one.
func windowMax(pool conv.Pool, sums []float64, columns int) float64 {
	largest := math.Inf(-1)
	for i := range pool.Size[0] {
		for _, v := range sums[i*columns:][:pool.Size[1]] {
			if math.IsNaN(v) {
				return v
			}
			largest = max(largest, v)
		}
	}
	return largest
}

// windowMean returns the mean of a window.
func windowMean(pool conv.Pool, sums []float64, columns int) float64 {
	total := 0.0
	for i := range pool.Size[0] {
		for _, v := range sums[i*columns:][:pool.Size[1]] {
			total += v
		}
	}
	return total / float64(pool.Size[0]*pool.Size[1])
}
