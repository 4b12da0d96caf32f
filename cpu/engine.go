package cpu

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"gpuconv/conv"
)

// Engine is a [conv.Backend] that computes in float32 on all cores. A plan pads
// each image into a worker's scratch and then slides the kernels over it without
// looking at borders: one padded image per core is all the memory it adds.
type Engine struct{}

// Plan validates the arguments, copies weight and bias and returns a plan that
// also is a [conv.Describer].
func (Engine) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, err
	}
	plan, err := newEnginePlan(p)
	if err != nil {
		return nil, err
	}
	plan.weight = append([]float32(nil), weight.Data...)
	plan.bias = make([]float32, p.Weight[0])
	copy(plan.bias, bias)
	plan.scratch.New = func() any { return plan.newScratch() }
	return plan, nil
}

// newEnginePlan returns the plan of a problem, without weights.
func newEnginePlan(p conv.Problem) (*enginePlan, error) {
	sums, err := p.Sums()
	if err != nil {
		return nil, err
	}
	p.Spec = p.WithDefaults()
	padded := conv.Shape{1, p.Src.C(), p.Src.H() + p.Padding.Top + p.Padding.Bottom, p.Src.W() + p.Padding.Left + p.Padding.Right}
	if _, err := padded.Len(); err != nil {
		return nil, &conv.ShapeError{Arg: "padding", Value: p.Padding.String(), Rule: "the padded image " + padded.String() + " must fit in memory"}
	}
	return &enginePlan{problem: p, sums: sums, padded: padded}, nil
}

type enginePlan struct {
	problem conv.Problem // with defaults filled in
	sums    conv.Shape
	padded  conv.Shape // of one image
	weight  []float32
	bias    []float32 // zeros where the problem has none
	scratch sync.Pool // of *scratch, one per worker at a time
	closed  atomic.Bool
}

// scratch is what one worker writes while it computes an image.
type scratch struct {
	image []float32 // padded
	sums  []float32 // one plane, where it is pooled afterwards
	pair  []float32 // one plane, of the second filter of an energy
}

func (e *enginePlan) newScratch() *scratch {
	s := &scratch{image: make([]float32, e.padded[1]*e.padded[2]*e.padded[3])}
	if e.problem.Pool.Kind != conv.NoPool {
		s.sums = make([]float32, e.sums.H()*e.sums.W())
	}
	if e.problem.Activation == conv.Energy {
		s.pair = make([]float32, e.sums.H()*e.sums.W())
	}
	return s
}

// Close makes later runs report [conv.ErrClosed].
func (e *enginePlan) Close() error {
	e.closed.Store(true)
	return nil
}

// Describe names the only algorithm there is.
func (e *enginePlan) Describe() conv.Description {
	floats := len(e.weight) + len(e.bias) + runtime.GOMAXPROCS(0)*e.padded[1]*e.padded[2]*e.padded[3]
	if e.problem.Pool.Kind != conv.NoPool {
		floats += runtime.GOMAXPROCS(0) * e.sums.H() * e.sums.W()
	}
	if e.problem.Activation == conv.Energy {
		floats += runtime.GOMAXPROCS(0) * e.sums.H() * e.sums.W()
	}
	return conv.Description{Algorithm: "generic", Chunk: e.problem.Src.N(), Memory: 4 * floats}
}

// Explain implements [conv.Explainer].
func (Engine) Explain(p conv.Problem) (conv.Description, error) {
	plan, err := newEnginePlan(p)
	if err != nil {
		return conv.Description{}, err
	}
	d := plan.Describe()
	d.Memory += 4 * p.Weight[0] * (p.Weight[1]*p.Weight[2]*p.Weight[3] + 1)
	return d, nil
}

// Run computes dst, sharing the images out over the cores.
func (e *enginePlan) Run(dst, src *conv.Tensor) error {
	if e.closed.Load() {
		return errClosed("plan")
	}
	if err := e.problem.CheckRun(dst, src); err != nil {
		return err
	}
	forEach(src.Shape.N(), func(n int) {
		s := e.scratch.Get().(*scratch)
		defer e.scratch.Put(s)
		e.pad(s.image, src, n)
		for c := range dst.Shape.C() {
			if e.problem.Pool.Kind == conv.NoPool {
				e.activatedPlane(dst.Plane(n, c), s, c)
				continue
			}
			e.activatedPlane(s.sums, s, c)
			e.poolPlane(dst.Plane(n, c), s.sums)
		}
	})
	return nil
}

func errClosed(what string) error { return fmt.Errorf("cpu: %s: %w", what, conv.ErrClosed) }

// pad writes image n of src with its padding.
func (e *enginePlan) pad(padded []float32, src *conv.Tensor, n int) {
	p := &e.problem
	height, width := e.padded.H(), e.padded.W()
	for c := range p.Src.C() {
		plane := src.Plane(n, c)
		for i := range height {
			row := padded[(c*height+i)*width:][:width]
			y := source(p.PaddingMode, i-p.Padding.Top, p.Src.H())
			if y < 0 {
				clear(row)
				continue
			}
			e.padRow(row, plane[y*p.Src.W():][:p.Src.W()])
		}
	}
}

func (e *enginePlan) padRow(row, pixels []float32) {
	left := e.problem.Padding.Left
	copy(row[left:], pixels)
	e.padEnds(row[:left], pixels, -left)
	e.padEnds(row[left+len(pixels):], pixels, len(pixels))
}

// padEnds fills part of a row, whose first element stands at position first of
// the image's row.
func (e *enginePlan) padEnds(part, pixels []float32, first int) {
	for j := range part {
		part[j] = 0
		if x := source(e.problem.PaddingMode, first+j, len(pixels)); x >= 0 {
			part[j] = pixels[x]
		}
	}
}

// activatedPlane computes what is pooled: the activated sums of one filter, or the
// energy of two.
func (e *enginePlan) activatedPlane(dst []float32, s *scratch, c int) {
	if e.problem.Activation != conv.Energy {
		e.sumPlane(dst, s.image, c)
		return
	}
	e.sumPlane(dst, s.image, 2*c)
	e.sumPlane(s.pair, s.image, 2*c+1)
	for i, a := range dst {
		dst[i] = energy(a, s.pair[i])
	}
}

// energy returns √(a²+b²), in float64 so that squares stay in range.
func energy(a, b float32) float32 {
	x, y := float64(a), float64(b)
	return float32(math.Sqrt(x*x + y*y))
}

// sumPlane computes the sums of filter k on a padded image, rectified if they are
// to be.
func (e *enginePlan) sumPlane(dst, image []float32, k int) {
	p := &e.problem
	group := k / (p.Weight[0] / p.Groups)
	size := p.Weight[1] * p.Weight[2] * p.Weight[3]
	filter := e.weight[k*size:][:size]
	channels := image[group*p.Weight[1]*e.padded.H()*e.padded.W():]
	for i := range e.sums.H() {
		row := dst[i*e.sums.W():][:e.sums.W()]
		j := 0
		for ; j+blockWidth <= len(row); j += blockWidth {
			e.block(row[j:][:blockWidth], channels, filter, e.bias[k], i, j)
		}
		for ; j < len(row); j++ {
			row[j] = e.sum(channels, filter, e.bias[k], i, j)
		}
		if p.Activation == conv.ReLU {
			relu(row)
		}
	}
}

// blockWidth is how many neighbouring sums block keeps in registers: each weight
// is loaded once for all of them. 8 spills on amd64's 16 registers.
const blockWidth = 4

// block equals blockWidth calls of sum from column j on.
func (e *enginePlan) block(dst, channels, filter []float32, bias float32, i, j int) {
	p := &e.problem
	stride, dilation := p.Stride[1], p.Dilation[1]
	s0, s1, s2, s3 := bias, bias, bias, bias
	span := (p.Weight[3]-1)*dilation + 3*stride + 1
	for c := range p.Weight[1] {
		for u := range p.Weight[2] {
			at := (c*e.padded.H()+i*p.Stride[0]+u*p.Dilation[0])*e.padded.W() + j*stride
			row := channels[at:][:span]
			weights := filter[(c*p.Weight[2]+u)*p.Weight[3]:][:p.Weight[3]]
			x := 0
			for _, w := range weights {
				s0 += w * row[x]
				s1 += w * row[x+stride]
				s2 += w * row[x+2*stride]
				s3 += w * row[x+3*stride]
				x += dilation
			}
		}
	}
	dst[0], dst[1], dst[2], dst[3] = s0, s1, s2, s3
}

// sum computes one sum at row i, column j.
func (e *enginePlan) sum(channels, filter []float32, bias float32, i, j int) float32 {
	p := &e.problem
	sum := bias
	for c := range p.Weight[1] {
		for u := range p.Weight[2] {
			row := channels[(c*e.padded.H()+i*p.Stride[0]+u*p.Dilation[0])*e.padded.W()+j*p.Stride[1]:]
			weights := filter[(c*p.Weight[2]+u)*p.Weight[3]:][:p.Weight[3]]
			for v, w := range weights {
				sum += w * row[v*p.Dilation[1]]
			}
		}
	}
	return sum
}

// relu replaces negative values by 0 and keeps NaN.
func relu(row []float32) {
	for j, v := range row {
		if v < 0 {
			row[j] = 0
		}
	}
}

// poolPlane reduces one plane of sums to one plane of outputs.
func (e *enginePlan) poolPlane(dst, sums []float32) {
	pool := e.problem.Pool
	width := (e.sums.W()-pool.Size[1])/pool.Stride[1] + 1
	area := float32(pool.Size[0] * pool.Size[1])
	for at := range dst {
		top, left := at/width*pool.Stride[0], at%width*pool.Stride[1]
		largest, total := sums[top*e.sums.W()+left], float32(0)
		for i := range pool.Size[0] {
			for _, v := range sums[(top+i)*e.sums.W()+left:][:pool.Size[1]] {
				total += v
				if v > largest || v != v {
					largest = v
				}
			}
		}
		dst[at] = largest
		if pool.Kind == conv.AvgPool {
			dst[at] = total / area
		}
	}
}
