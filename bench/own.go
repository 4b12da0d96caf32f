package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/internal/grid"
	"gpuconv/internal/statistics"
)

// OwnSuite is the name of the suite that [NewOwnSuite] makes.
const OwnSuite = "problem"

// NewOwnSuite makes a suite of problems that are not in a suite of this package. Cases without a name get one from
// their numbers. Of several cases with one name it takes the first. A case without a group gets the group "problem", so
// that graphs show all such cases side by side. Its layer is the part of its name that differs between the cases.
func NewOwnSuite(cases []Case) Suite {
	cases = slices.Clone(cases)
	for i := range cases {
		c := &cases[i]
		if c.Name == "" {
			c.Name = nameOf(c.Problem) + options(c.Problem)
		}
		if c.Group == "" {
			c.Group, c.X = OwnSuite, c.Problem.Intensity()
		}
	}
	s := Suite{Name: OwnSuite, Cases: union(nil, cases, func(c Case) string { return c.Name })}
	s.nameLayers()
	return s
}

// nameLayers gives the cases of the group "problem" their layers.
func (s Suite) nameLayers() {
	parts := map[string]int{} // how many names have this key=value
	for _, c := range s.Cases {
		for part := range strings.SplitSeq(c.Name, "/") {
			parts[part]++
		}
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		own := slices.DeleteFunc(strings.Split(c.Name, "/"), func(part string) bool {
			return len(s.Cases) > 1 && parts[part] == len(s.Cases)
		})
		if c.Group == OwnSuite {
			c.Layer = strings.Join(own, " ")
		}
	}
}

// options names what nameOf leaves out, where it is not as usual: strides that differ, padding that is not half the
// kernel, a padding mode, dilation, biases, an activation, a pool.
func options(p conv.Problem) (text string) {
	s := p.WithDefaults()
	add := func(name string, given bool, value any) {
		if given {
			text += fmt.Sprintf("/%s=%v", name, strings.ReplaceAll(fmt.Sprint(value), " ", ","))
		}
	}
	add("stride", s.Stride[0] != s.Stride[1], fmt.Sprintf("%dx%d", s.Stride[0], s.Stride[1]))
	pad := s.Padding
	add("pad", pad != conv.Pad(p.Weight.H()/2, p.Weight.W()/2),
		fmt.Sprintf("%d,%d,%d,%d", pad.Top, pad.Bottom, pad.Left, pad.Right))
	add("mode", s.PaddingMode != conv.Zeros, s.PaddingMode)
	add("dilation", s.Dilation != [2]int{1, 1}, fmt.Sprintf("%dx%d", s.Dilation[0], s.Dilation[1]))
	add("bias", p.Bias, true)
	add("activation", s.Activation != conv.Identity, s.Activation)
	add("pool", s.Pool != conv.Pool{}, s.Pool)
	return text
}

// WriteList writes the cases of a suite as a table to read: the shapes of images, weights and outputs, millions of
// multiplications (MMAC), megabytes that every algorithm must move (MB), and FLOP per byte.
func (s Suite) WriteList(w io.Writer) error {
	g := grid.Grid{Names: []string{"case", "images", "weights", "outputs", "MMAC", "MB", "FLOP/B"}}
	shape := func(s [4]int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(s), " ", "×"), "[]") }
	for _, c := range s.Cases {
		d := s.describe(c)
		g.Add(readable(c.Name), shape(d.Src), shape(d.Weight), shape(d.Dst), statistics.Digits(d.MACs/1e6),
			statistics.Digits(d.Bytes/1e6), statistics.Digits(d.Intensity))
	}
	return g.WriteText(w)
}
