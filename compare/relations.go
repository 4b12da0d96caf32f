package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Relations returns all relations.
func Relations() []Relation {
	return []Relation{
		// Both sides compute the same sums in the same order.
		{"scaling by a power of two", always, scaling, false},
		{"splitting the batch", severalImages, splittingBatch, false},
		{"permuting filters", severalFilters, permutingFilters, false},
		{"groups are separate convolutions", severalGroups, separateGroups, false},
		{"padding is a padded image", isPadded, paddedImage, true},
		{"an impulse returns the filter", isUnpooled, impulse, true},
		{"zero filters return the bias", isUnpooled, zeroFilters, true},
		// The sides add in different orders. These are checked with integers, whose sums are exact.
		{"additivity", isUnpooled, additivity, true},
		{"splitting channels", severalChannels, splittingChannels, true},
		{"turning by 180°", isUnpooled, turning, true},
		{"exchanging H and W", isUnpooled, transposing, true},
		{"shifting", isUnpooled, shifting, true},
	}
}

// These functions report whether a relation applies to a problem.
func always(conv.Problem) bool          { return true }
func severalImages(p conv.Problem) bool { return p.Src.N() > 1 }
func severalGroups(p conv.Problem) bool { return p.Groups > 1 }
func isPadded(p conv.Problem) bool      { return p.Padding != conv.Padding{} }

func severalFilters(p conv.Problem) bool {
	perGroup := p.Weight[0] / p.Groups
	return perGroup > 2 || perGroup == 2 && p.Activation != conv.Energy
}

func isUnpooled(p conv.Problem) bool      { return p.Pool.Kind == conv.NoPool }
func severalChannels(p conv.Problem) bool { return isUnpooled(p) && p.Weight[1] > 1 }

func scaling(s *subject) error {
	c, err := s.numbers(s.p)
	if err != nil {
		return err
	}
	want, err := s.compute(c)
	if err != nil {
		return err
	}
	factor := float32(math.Ldexp(1, 1+s.rand.IntN(10)))
	if s.rand.IntN(2) == 0 {
		factor = 1 / factor
	}
	for _, values := range [][]float32{c.Src.Data, c.Bias, want.Data} {
		for i := range values {
			values[i] *= factor
		}
	}
	got, err := s.compute(c)
	if err != nil {
		return err
	}
	return s.same(fmt.Sprintf("src times %v", factor), got, want)
}

func splittingBatch(s *subject) error {
	if s.p.Src.N() < 2 {
		return inapplicable("there is one image")
	}
	c, err := s.numbers(s.p)
	if err != nil {
		return err
	}
	cut := 1 + s.rand.IntN(s.p.Src.N()-1)
	rest := c
	rest.Problem.Src, rest.Src = s.p.Src.WithN(s.p.Src.N()-cut), c.Src.Images(cut, s.p.Src.N())
	whole, part, err := s.computed(c, rest)
	if err != nil {
		return err
	}
	return s.same(fmt.Sprintf("images from %d on alone", cut), part, whole.Images(cut, s.p.Src.N()))
}

// permutingFilters shuffles the filters of each group. With energy, the two filters of a pair stay together.
func permutingFilters(s *subject) error {
	c, err := s.numbers(s.p)
	if err != nil {
		return err
	}
	filtersPerOutput := 1
	if s.p.Activation == conv.Energy {
		filtersPerOutput = 2
	}
	perGroup := s.p.Weight[0] / s.p.Groups / filtersPerOutput
	if perGroup < 2 {
		return inapplicable("there is one filter per group")
	}
	var outputs, filters []int // the old index of each new one
	for g := range s.p.Groups {
		for _, k := range s.rand.Perm(perGroup) {
			outputs = append(outputs, g*perGroup+k)
			for i := range filtersPerOutput {
				filters = append(filters, (g*perGroup+k)*filtersPerOutput+i)
			}
		}
	}
	shuffled := c
	shuffled.Weight = mapped(s.p.Weight, func(k, c1, y, x int) float32 {
		return element(c.Weight, filters[k], c1, y, x)
	})
	shuffled.Bias = picked(c.Bias, filters)
	whole, got, err := s.computed(c, shuffled)
	if err != nil {
		return err
	}
	return s.same("permuted filters", got, mapped(whole.Shape,
		func(n, k, y, x int) float32 { return element(whole, n, outputs[k], y, x) }))
}

// separateGroups computes the first group, the last one and a random one, each alone.
func separateGroups(s *subject) error {
	if s.p.Groups < 2 {
		return inapplicable("there is one group")
	}
	c, err := s.numbers(s.p)
	if err != nil {
		return err
	}
	whole, err := s.compute(c)
	if err != nil {
		return err
	}
	channels, filters := s.p.Weight[1], s.p.Weight[0]/s.p.Groups
	for _, g := range []int{0, s.p.Groups - 1, s.rand.IntN(s.p.Groups)} {
		one := Case{Problem: s.p, Weight: c.Weight.Images(g*filters, (g+1)*filters)}
		one.Problem.Groups, one.Problem.Src[1], one.Problem.Weight[0] = 1, channels, filters
		one.Src = mapped(one.Problem.Src, func(n, k, y, x int) float32 { return element(c.Src, n, g*channels+k, y, x) })
		if c.Bias != nil {
			one.Bias = c.Bias[g*filters : (g+1)*filters]
		}
		got, err := s.compute(one)
		if err != nil {
			return err
		}
		first := g * got.Shape.C()
		want := mapped(got.Shape, func(n, k, y, x int) float32 { return element(whole, n, first+k, y, x) })
		if err := s.same(fmt.Sprintf("group %d alone", g), got, want); err != nil {
			return err
		}
	}
	return nil
}

func paddedImage(s *subject) error {
	if s.p.Padding == (conv.Padding{}) {
		return inapplicable("there is no padding")
	}
	c, err := s.numbers(s.p)
	if err != nil {
		return err
	}
	padded := c
	padded.Problem.Padding, padded.Problem.PaddingMode = conv.Padding{}, conv.Zeros
	padded.Problem.Src[2] += s.p.Padding.Top + s.p.Padding.Bottom
	padded.Problem.Src[3] += s.p.Padding.Left + s.p.Padding.Right
	padded.Src = mapped(padded.Problem.Src, func(n, k, y, x int) float32 {
		return pixel(s.p, c.Src, n, k, y-s.p.Padding.Top, x-s.p.Padding.Left)
	})
	want, got, err := s.computed(c, padded)
	if err != nil {
		return err
	}
	return s.same("the padded image", got, want)
}

// pixel returns the value at a position of the padded image. y and x count from the image's first pixel.
func pixel(p conv.Problem, src *conv.Tensor, n, c, y, x int) float32 {
	y, insideY := beyond(p.PaddingMode, y, p.Src.H())
	x, insideX := beyond(p.PaddingMode, x, p.Src.W())
	if !insideY || !insideX {
		return 0
	}
	return element(src, n, c, y, x)
}

// beyond returns the index, 0 … size−1, of the pixel that fills position pos of a padded row or column. With Zeros, no
// pixel fills the padding: then it returns false. It follows NumPy's pad. It walks to the pixel step by step, where the
// reference uses a formula, so that the two share no mistake.
func beyond(mode conv.PaddingMode, pos, size int) (int, bool) {
	switch mode {
	case conv.Zeros:
		return pos, pos >= 0 && pos < size
	case conv.Reflect:
		for pos < 0 || pos >= size {
			if pos < 0 {
				pos = -pos
			} else {
				pos = size - 1 - (pos - (size - 1))
			}
		}
	case conv.Replicate:
		pos = max(0, min(pos, size-1))
	case conv.Circular:
		for pos < 0 {
			pos += size
		}
		pos %= size
	case conv.Symmetric:
		for pos < 0 || pos >= size {
			if pos < 0 {
				pos = -1 - pos
			} else {
				pos = size - (pos - (size - 1))
			}
		}
	}
	return pos, true
}

// impulse puts a 1 into an image of zeros: each output is the weight that meets it.
func impulse(s *subject) error {
	p := sums(s.p)
	p.PaddingMode = conv.Zeros
	c, err := s.numbers(p)
	if err != nil {
		return err
	}
	clear(c.Src.Data)
	n, channel, y, x := s.rand.IntN(max(1, p.Src.N())), s.rand.IntN(p.Src.C()), s.rand.IntN(p.Src.H()),
		s.rand.IntN(p.Src.W())
	if p.Src.N() == 0 {
		return inapplicable("there is no image")
	}
	c.Src.Plane(n, channel)[y*p.Src.W()+x] = 1
	got, err := s.compute(c)
	if err != nil {
		return err
	}
	perGroup := p.Weight[0] / p.Groups
	want := mapped(got.Shape, func(image, k, i, j int) float32 {
		u, meetsU := tapAt(y+p.Padding.Top-i*p.Stride[0], p.Dilation[0], p.Weight[2])
		v, meetsV := tapAt(x+p.Padding.Left-j*p.Stride[1], p.Dilation[1], p.Weight[3])
		if image != n || k/perGroup != channel/p.Weight[1] || !meetsU || !meetsV {
			return 0
		}
		return element(c.Weight, k, channel%p.Weight[1], u, v)
	})
	return s.same("the impulse's response", got, want)
}

// tapAt returns which of the kernel taps lies distance pixels from the window's start. meets is false if none does.
func tapAt(distance, dilation, kernel int) (tap int, meets bool) {
	return distance / dilation, distance >= 0 && distance%dilation == 0 && distance/dilation < kernel
}

func zeroFilters(s *subject) error {
	p := sums(s.p)
	p.Bias = true
	c, err := s.numbers(p)
	if err != nil {
		return err
	}
	clear(c.Weight.Data)
	got, err := s.compute(c)
	if err != nil {
		return err
	}
	return s.same("the bias", got, mapped(got.Shape, func(_, k, _, _ int) float32 { return c.Bias[k] }))
}
