package stimuli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/conv"
)

// Axis is a parameter and the values it takes.
type Axis struct {
	Name   string // as [Parameter] has it
	Values Values
}

// Grid enumerates the product of axes: they are in the order of the parameters
// that they name, the last varies fastest.
type Grid struct {
	axes []Axis
	at   []int // which parameter each axis is
	n    int
}

// maxGrid bounds a product: its table is in memory whole.
const maxGrid = 1 << 20

// NewGrid refuses axes that name no parameter, or one twice, that have no values
// or such as are not finite, and products of more than 2²⁰ elements. Without axes
// it has one element.
func NewGrid(parameters []Parameter, axes []Axis) (*Grid, error) {
	g := &Grid{n: 1}
	for at, p := range parameters {
		for _, axis := range axes {
			if axis.Name == p.Name {
				g.axes, g.at = append(g.axes, axis), append(g.at, at)
			}
		}
	}
	for i, axis := range axes {
		switch {
		case !slices.ContainsFunc(parameters, func(p Parameter) bool { return p.Name == axis.Name }):
			return nil, fmt.Errorf("stimuli: parameter %q: want %s", axis.Name, names(parameters))
		case slices.ContainsFunc(axes[:i], func(a Axis) bool { return a.Name == axis.Name }):
			return nil, fmt.Errorf("stimuli: parameter %q twice: want it once, with a list of values", axis.Name)
		case axis.Values.Len() == 0:
			return nil, fmt.Errorf("stimuli: parameter %q: no values: want at least one", axis.Name)
		case axis.Values.Len() > maxGrid/g.n:
			return nil, fmt.Errorf("stimuli: parameter %q of %d values: want at most %d in all", axis.Name, axis.Values.Len(), maxGrid)
		}
		g.n *= axis.Values.Len()
		for k := range axis.Values.Len() {
			if v := axis.Values.At(k); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("stimuli: parameter %q: %v: want finite numbers", axis.Name, v)
			}
		}
	}
	return g, nil
}

func names(parameters []Parameter) string {
	var all []string
	for _, p := range parameters {
		all = append(all, p.Name)
	}
	return "one of " + strings.Join(all, ", ")
}

// Len returns how many elements there are.
func (g *Grid) Len() int { return g.n }

// Set gives the parameters the values of element i, 0 ≤ i < Len(). They are those
// of NewGrid, or another instance's.
func (g *Grid) Set(parameters []Parameter, i int) {
	for k, axis := range slices.Backward(g.axes) {
		n := axis.Values.Len()
		*parameters[g.at[k]].Value = axis.Values.At(i % n)
		i /= n
	}
}

// Varying returns the names of the axes that have more than one value, slowest
// first.
func (g *Grid) Varying() []string {
	var all []string
	for _, axis := range g.axes {
		if axis.Values.Len() > 1 {
			all = append(all, axis.Name)
		}
	}
	return all
}

// Product is a [Set]: a pattern with every combination of values of its
// parameters, in the order of a [Grid].
type Product struct {
	canvas Canvas
	fresh  func() Pattern
	grid   *Grid
}

// NewProduct returns the set of what fresh returns with the values of the axes set.
// fresh is called for every image and returns an own instance of the same pattern
// each time. It refuses what [NewGrid] does, canvases that are too large, and if
// any image could not be painted.
func NewProduct(canvas Canvas, fresh func() Pattern, axes ...Axis) (*Product, error) {
	canvas = canvas.withDefaults()
	if err := canvas.check(); err != nil {
		return nil, err
	}
	grid, err := NewGrid(fresh().Parameters(), axes)
	if err != nil {
		return nil, err
	}
	p := &Product{canvas: canvas, fresh: fresh, grid: grid}
	for i := range grid.Len() {
		if _, err := p.pattern(i); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// pattern returns that of image i, complete.
func (p *Product) pattern(i int) (Pattern, error) {
	pattern := p.fresh()
	p.grid.Set(pattern.Parameters(), i)
	return pattern, pattern.Complete(p.canvas)
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
			pattern, err := p.pattern(i)
			if err != nil {
				return err
			}
			pattern.Paint(pixels, p.canvas)
			for at, v := range pixels {
				plane[at] = float32(v)
			}
			return nil
		}
	})
}

// Table returns the parameters of each image.
func (p *Product) Table() (*Table, error) {
	t := &Table{Subject: "image"}
	for _, parameter := range p.fresh().Parameters() {
		t.Columns = append(t.Columns, parameter.Column)
	}
	for i := range p.grid.Len() {
		pattern, err := p.pattern(i)
		if err != nil {
			return nil, err
		}
		t.Kinds, t.Rows = append(t.Kinds, pattern.Kind()), append(t.Rows, values(pattern.Parameters()))
	}
	return t, nil
}

func values(parameters []Parameter) []float64 {
	row := make([]float64, len(parameters))
	for i, p := range parameters {
		row[i] = *p.Value
	}
	return row
}

// Title says what sets image i apart, for pictures: 45°, sf 0.1.
func (p *Product) Title(i int) string {
	pattern := p.fresh()
	p.grid.Set(pattern.Parameters(), i)
	return Title(pattern.Parameters(), p.grid.Varying())
}

// Title names the values of some parameters, for pictures.
func Title(parameters []Parameter, named []string) string {
	var parts []string
	for _, p := range parameters {
		switch {
		case !slices.Contains(named, p.Name):
		case p.Name == "orientation":
			parts = append(parts, written("%.4g°", *p.Value))
		default:
			parts = append(parts, p.Name+" "+written("%.3g", *p.Value))
		}
	}
	return strings.Join(parts, ", ")
}

// written formats a value with a real minus sign.
func written(format string, v float64) string {
	return strings.ReplaceAll(fmt.Sprintf(format, v), "-", "−")
}
