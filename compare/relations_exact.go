package compare

import "gpuconv/conv"

// The relations in this file are checked on integers, for which every order of addition gives the same sum.

// additivity: the outputs of two images add up to the output of their sum.
func additivity(s *subject) error {
	a, err := s.integers(sums(s.p))
	if err != nil {
		return err
	}
	b, err := s.integers(sums(s.p))
	if err != nil {
		return err
	}
	b.Weight = a.Weight
	first, second, err := s.computed(a, b)
	if err != nil {
		return err
	}
	for i, v := range b.Src.Data {
		b.Src.Data[i] = v + a.Src.Data[i]
	}
	got, err := s.compute(b)
	if err != nil {
		return err
	}
	return s.same("the sum of two images", got, added(first, second))
}

func added(a, b *conv.Tensor) *conv.Tensor {
	sum := &conv.Tensor{Shape: a.Shape, Data: make([]float32, len(a.Data))}
	for i, v := range a.Data {
		sum.Data[i] = v + b.Data[i]
	}
	return sum
}

// splittingChannels computes the first channels of every group and the remaining ones separately: their outputs add up
// to those of all channels.
func splittingChannels(s *subject) error {
	p := sums(s.p)
	channels := p.Weight[1]
	if channels < 2 {
		return inapplicable("there is one channel")
	}
	c, err := s.integers(p)
	if err != nil {
		return err
	}
	part := func(lo, hi int) Case {
		q := p
		q.Src[1], q.Weight[1] = (hi-lo)*p.Groups, hi-lo
		return Case{Problem: q,
			Src: mapped(q.Src, func(n, k, y, x int) float32 {
				return element(c.Src, n, k/(hi-lo)*channels+lo+k%(hi-lo), y, x)
			}),
			Weight: mapped(q.Weight, func(k, c1, y, x int) float32 { return element(c.Weight, k, lo+c1, y, x) })}
	}
	cut := 1 + s.rand.IntN(channels-1)
	first, second, err := s.computed(part(0, cut), part(cut, channels))
	if err != nil {
		return err
	}
	whole, err := s.compute(c)
	if err != nil {
		return err
	}
	return s.same("the sum over channels", added(first, second), whole)
}

// turning turns image and filter by 180° together, and exchanges the paddings of opposite sides. With a stride, the
// last window must end exactly at the far border, because that becomes the near one. So the far padding is made smaller
// where it is too large; the relation does not apply if that is not enough.
func turning(s *subject) error {
	p := sums(s.p)
	dst, err := p.Dst()
	if err != nil {
		return err
	}
	p.Padding.Bottom = (dst.H()-1)*p.Stride[0] + p.Dilation[0]*(p.Weight[2]-1) + 1 - p.Src.H() - p.Padding.Top
	p.Padding.Right = (dst.W()-1)*p.Stride[1] + p.Dilation[1]*(p.Weight[3]-1) + 1 - p.Src.W() - p.Padding.Left
	turned := p
	turned.Padding = conv.Padding{Top: p.Padding.Bottom, Bottom: p.Padding.Top, Left: p.Padding.Right,
		Right: p.Padding.Left}
	if _, err := turned.Dst(); err != nil {
		return inapplicable("the last window ends inside the image")
	}
	c, err := s.integers(p)
	if err != nil {
		return err
	}
	turn := func(t *conv.Tensor) *conv.Tensor {
		return exchanged(t, t.Shape, func(y, x int) (int, int) { return t.Shape[2] - 1 - y, t.Shape[3] - 1 - x })
	}
	want, got, err := s.computed(c, Case{Problem: turned, Src: turn(c.Src), Weight: turn(c.Weight)})
	if err != nil {
		return err
	}
	return s.same("turned by 180°", got, turn(want))
}

// transposing exchanges rows and columns of image and filter, and of all that the problem says of each axis: rows and
// columns of the output are exchanged, too.
func transposing(s *subject) error {
	p := sums(s.p)
	c, err := s.integers(p)
	if err != nil {
		return err
	}
	transpose := func(t *conv.Tensor) *conv.Tensor {
		shape := conv.Shape{t.Shape[0], t.Shape[1], t.Shape[3], t.Shape[2]}
		return exchanged(t, shape, func(y, x int) (int, int) { return x, y })
	}
	q := Case{Problem: p, Src: transpose(c.Src), Weight: transpose(c.Weight)}
	q.Problem.Src, q.Problem.Weight = q.Src.Shape, q.Weight.Shape
	q.Problem.Stride, q.Problem.Dilation = [2]int{p.Stride[1], p.Stride[0]}, [2]int{p.Dilation[1], p.Dilation[0]}
	q.Problem.Padding = conv.Padding{Top: p.Padding.Left, Bottom: p.Padding.Right, Left: p.Padding.Top,
		Right: p.Padding.Bottom}
	want, got, err := s.computed(c, q)
	if err != nil {
		return err
	}
	return s.same("H and W exchanged", got, transpose(want))
}

// shifting places an image in a larger one of zeros, and moves it by multiples of the stride: the response moves along.
func shifting(s *subject) error {
	p := sums(s.p)
	p.Padding, p.PaddingMode = conv.Padding{}, conv.Zeros
	small := p.Src
	steps := [2]int{s.rand.IntN(4), 1 + s.rand.IntN(3)}
	var still, moved [2]int // rows above and columns left of the image
	for axis := range 2 {
		reach := p.Dilation[axis]*(p.Weight[2+axis]-1) + 1
		still[axis] = (reach + p.Stride[axis] - 1) / p.Stride[axis] * p.Stride[axis]
		moved[axis] = still[axis] + steps[axis]*p.Stride[axis]
		p.Src[2+axis] += 2*still[axis] + 3*p.Stride[axis]
	}
	if n, err := p.Src.Len(); err != nil || n > mostShifted {
		return inapplicable("the larger image would be too large")
	}
	if _, err := p.Dst(); err != nil {
		return err
	}
	c, err := s.integers(p)
	if err != nil {
		return err
	}
	drawn := c.Src
	placed := func(at [2]int) Case {
		c.Src = mapped(p.Src, func(n, k, y, x int) float32 {
			y, x = y-at[0], x-at[1]
			if y < 0 || y >= small.H() || x < 0 || x >= small.W() {
				return 0
			}
			return element(drawn, n, k, y, x)
		})
		return c
	}
	before, got, err := s.computed(placed(still), placed(moved))
	if err != nil {
		return err
	}
	want := mapped(before.Shape, func(n, k, y, x int) float32 {
		y, x = y-steps[0], x-steps[1]
		if y < 0 || x < 0 {
			return 0
		}
		return element(before, n, k, y, x)
	})
	return s.same("shifted", got, want)
}

// mostShifted bounds the pixels of shifting's images, because strides and dilations can be arbitrarily large.
const mostShifted = 1 << 22
