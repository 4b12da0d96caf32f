package stimuli

import (
	"runtime"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Product is a [Set] of a pattern with every combination of the values of its parameters, in the order of a
// [param.Grid].
type Product struct {
	canvas Canvas
	fresh  func() Pattern
	grid   *param.Grid
	drawn  *drawnNotes
}

// NewProduct returns the set of the pattern that fresh returns, with every combination of the axes' values. It calls
// fresh for every image, and each call must return a new instance of the same pattern. Without axes the set has one
// image. NewProduct refuses what [param.NewGrid] refuses, canvases that are too large, and sets with an image that
// cannot be painted.
func NewProduct(canvas Canvas, fresh func() Pattern, axes ...param.Axis) (*Product, error) {
	canvas = canvas.withDefaults()
	if err := canvas.check(); err != nil {
		return nil, err
	}
	grid, err := param.NewGrid(fresh().Parameters(), axes)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	p := &Product{canvas: canvas, fresh: fresh, grid: grid, drawn: newDrawnNotes()}
	for i := range grid.Len() {
		if _, _, err := p.pattern(i); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// pattern returns the pattern of image i, complete, and its parameters.
func (p *Product) pattern(i int) (Pattern, []param.Parameter, error) {
	pattern := p.fresh()
	parameters := pattern.Parameters()
	if err := p.grid.Set(parameters, i); err != nil {
		return nil, nil, &fault.Error{Package: "stimuli", Err: err}
	}
	return pattern, parameters, pattern.Complete(p.canvas)
}

// Shape returns [N, 1, Rows, Columns].
func (p *Product) Shape() conv.Shape {
	return conv.Shape{p.grid.Len(), 1, p.canvas.Rows, p.canvas.Columns}
}

// Draw implements [Set] on all cores.
func (p *Product) Draw(dst *conv.Tensor, first int) error {
	return draw(dst, first, p.Shape(), func() painter {
		pixels := make([]float64, p.canvas.Rows*p.canvas.Columns)
		return func(plane []float32, i int) error {
			pattern, _, err := p.pattern(i)
			if err != nil {
				return err
			}
			pattern.Paint(pixels, p.canvas)
			low, high := pixels[0], pixels[0]
			for at, v := range pixels {
				plane[at] = float32(v)
				if v < low {
					low = v
				} else if v > high {
					high = v
				}
			}
			p.drawn.see(i, pattern, p.canvas, low, high)
			return nil
		}
	})
}

// drawnBytes is how many bytes of images are drawn at a time, unless a single one is larger: see package batch.
const drawnBytes = 28 << 20

// Memory returns how many bytes Draw takes at most, beyond dst, if dst has one image, or images of 28 MiB in all. For
// each image that is drawn at the same time, these are its pixels in float64, and for noise also its random values or
// its spectrum.
func (p *Product) Memory() float64 {
	bytes := 8.0
	switch p.fresh().(type) {
	case *WhiteNoise:
		bytes += 8
	case *PinkNoise:
		bytes += 16 + 8
	}
	all := p.Shape()
	image := all.Image().Bytes()
	atOnce := max(1, min(float64(runtime.GOMAXPROCS(0)), float64(all.N()), drawnBytes/image))
	return atOnce * bytes * image / 4
}

// Notes implements [Noter]. Notes are about images beyond black and white, and about patches that the border cuts. They
// are also about square waves along rows or columns that cannot be half bright over whole periods, because these have
// an odd number of samples.
func (p *Product) Notes() []string { return p.drawn.notes(p.grid.Len()) }

// Table returns the parameters of each image.
func (p *Product) Table() (*param.Table, error) { return p.tableRows(0, p.grid.Len()) }

// tableRows implements [tabler].
func (p *Product) tableRows(first, n int) (*param.Table, error) {
	t := param.NewTable("image", param.Columns(p.fresh().Parameters())...)
	for i := range n {
		pattern, parameters, err := p.pattern(first + i)
		if err != nil {
			return nil, err
		}
		t.Add(pattern.Kind(), param.Numbers(parameters)...)
	}
	return t, nil
}

// Spread returns the numbers of at most count images that show as many values of all parameters as so few can, in
// ascending order: see [param.Grid.Spread].
func (p *Product) Spread(count int) []int { return p.grid.Spread(count) }

// Title returns the values that tell image i from the others, such as 45°, sf 0.1.
func (p *Product) Title(i int) string {
	pattern := p.fresh()
	_ = p.grid.Set(pattern.Parameters(), i) // cannot fail: NewProduct has set all of them
	return param.Title(pattern.Parameters(), p.grid.Varying())
}
