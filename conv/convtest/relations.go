package convtest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gpuconv/conv"

	"pgregory.net/rapid"
)

// relations checks, on random problems, what convolutions keep whoever computes
// them. No reference is asked.
func relations(t *testing.T, backend conv.Backend) {
	for _, r := range []struct {
		name  string
		check func(t *rapid.T, backend conv.Backend)
	}{
		{"scaling by a power of two", scaling},
		{"splitting the batch", splitting},
		{"permuting filters", permuting},
		{"groups are separate convolutions", separateGroups},
		{"padding is a padded image", paddedImage},
		{"impulse returns the filter", impulse},
		{"zero filters return the bias", zeroFilters},
		{"additivity", additivity},
		{"splitting channels", splittingChannels},
		{"flipping", flipping},
		{"transposing", transposing},
		{"shifting", shifting},
	} {
		t.Run(r.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { r.check(t, backend) })
		})
	}
}

// drawProblem draws a small valid problem without pool.
func drawProblem(t *rapid.T) conv.Problem {
	for {
		groups := rapid.IntRange(1, 3).Draw(t, "groups")
		channels, filters := rapid.IntRange(1, 3).Draw(t, "channels"), rapid.IntRange(1, 4).Draw(t, "filters")
		pair := func(low, high int, name string) [2]int {
			return [2]int{rapid.IntRange(low, high).Draw(t, name+"H"), rapid.IntRange(low, high).Draw(t, name+"W")}
		}
		image, kernel := pair(1, 12, "image"), pair(1, 4, "kernel")
		before, after := pair(0, 3, "before"), pair(0, 3, "after")
		p := conv.Problem{
			Src:    conv.Shape{rapid.IntRange(1, 4).Draw(t, "n"), groups * channels, image[0], image[1]},
			Weight: conv.Shape{groups * filters, channels, kernel[0], kernel[1]},
			Spec: conv.Spec{
				Stride: pair(1, 3, "stride"), Dilation: pair(1, 2, "dilation"), Groups: groups,
				Padding:     conv.Padding{Top: before[0], Bottom: after[0], Left: before[1], Right: after[1]},
				PaddingMode: conv.PaddingMode(rapid.IntRange(0, 3).Draw(t, "mode")),
				Activation:  conv.Activation(rapid.IntRange(0, 1).Draw(t, "activation")),
			},
			Bias: rapid.Bool().Draw(t, "bias"),
		}
		if _, err := p.Dst(); err == nil {
			return p
		}
	}
}

func seeded(t *rapid.T) *rand.Rand { return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)) }

// must computes or fails.
func must(t *rapid.T, backend conv.Backend, p conv.Problem, n numbers) *conv.Tensor {
	got, err := compute(backend, p, n)
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	return got
}

// same fails unless two outputs are equal, −0 = +0.
func same(t *rapid.T, what string, got, want *conv.Tensor) {
	if got.Shape != want.Shape {
		t.Fatalf("%s: shape %v, want %v", what, got.Shape, want.Shape)
	}
	for i, v := range got.Data {
		if v != want.Data[i] {
			t.Fatalf("%s: element %d of %v is %v, want %v", what, i, got.Shape, v, want.Data[i])
		}
	}
}

// mapped returns a new tensor whose element at an index is taken from where says.
func mapped(shape conv.Shape, where func(n, c, y, x int) float32) *conv.Tensor {
	made := &conv.Tensor{Shape: shape, Data: make([]float32, shape[0]*shape[1]*shape[2]*shape[3])}
	at := 0
	for n := range shape[0] {
		for c := range shape[1] {
			for y := range shape[2] {
				for x := range shape[3] {
					made.Data[at] = where(n, c, y, x)
					at++
				}
			}
		}
	}
	return made
}

// at returns an element of a tensor.
func at(t *conv.Tensor, n, c, y, x int) float32 { return t.Plane(n, c)[y*t.Shape[3]+x] }

// Exact in floats: each sum keeps its order.

func scaling(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	n := drawRandom(p, seeded(t))
	factor := float32(math.Ldexp(1, rapid.IntRange(-10, 10).Draw(t, "exponent")))
	want := must(t, backend, p, n)
	for _, values := range [][]float32{n.src.Data, n.bias, want.Data} {
		for i := range values {
			values[i] *= factor
		}
	}
	same(t, fmt.Sprintf("src times %v", factor), must(t, backend, p, n), want)
}

func splitting(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	n := drawRandom(p, seeded(t))
	whole := must(t, backend, p, n)
	cut := rapid.IntRange(0, p.Src.N()-1).Draw(t, "cut")
	rest := p
	rest.Src = p.Src.WithN(p.Src.N() - cut)
	part := must(t, backend, rest, numbers{n.src.Images(cut, p.Src.N()), n.weight, n.bias})
	same(t, "the batch's second part", part, whole.Images(cut, p.Src.N()))
}

func permuting(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	p.Groups, p.Weight[1] = 1, p.Src.C()
	n := drawRandom(p, seeded(t))
	whole := must(t, backend, p, n)
	order := rapid.Permutation(indices(p.Weight[0])).Draw(t, "order")
	shuffled := numbers{src: n.src, weight: mapped(p.Weight, func(k, c, y, x int) float32 { return at(n.weight, order[k], c, y, x) })}
	if p.Bias {
		for _, k := range order {
			shuffled.bias = append(shuffled.bias, n.bias[k])
		}
	}
	want := mapped(whole.Shape, func(i, k, y, x int) float32 { return at(whole, i, order[k], y, x) })
	same(t, "permuted filters", must(t, backend, p, shuffled), want)
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func separateGroups(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	n := drawRandom(p, seeded(t))
	whole := must(t, backend, p, n)
	one := p
	one.Groups, one.Src[1], one.Weight[0] = 1, p.Weight[1], p.Weight[0]/p.Groups
	for g := range p.Groups {
		first := g * one.Weight[0]
		part := numbers{
			src:    mapped(one.Src, func(i, c, y, x int) float32 { return at(n.src, i, g*p.Weight[1]+c, y, x) }),
			weight: n.weight.Images(first, first+one.Weight[0]),
		}
		if p.Bias {
			part.bias = n.bias[first : first+one.Weight[0]]
		}
		got := must(t, backend, one, part)
		same(t, fmt.Sprintf("group %d alone", g), got, mapped(got.Shape, func(i, k, y, x int) float32 { return at(whole, i, first+k, y, x) }))
	}
}

func paddedImage(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	n := drawRandom(p, seeded(t))
	want := must(t, backend, p, n)
	unpadded := p
	unpadded.Padding, unpadded.PaddingMode = conv.Padding{}, conv.Zeros
	unpadded.Src[2] += p.Padding.Top + p.Padding.Bottom
	unpadded.Src[3] += p.Padding.Left + p.Padding.Right
	n.src = mapped(unpadded.Src, func(i, c, y, x int) float32 {
		y, insideY := beyond(p.PaddingMode, y-p.Padding.Top, p.Src.H())
		x, insideX := beyond(p.PaddingMode, x-p.Padding.Left, p.Src.W())
		if !insideY || !insideX {
			return 0
		}
		return at(n.src, i, c, y, x)
	})
	same(t, "the padded image", must(t, backend, unpadded, n), want)
}

// beyond is written after NumPy's pad, not after the reference: it walks.
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
	}
	return pos, true
}

func impulse(t *rapid.T, backend conv.Backend) {
	kh, kw := rapid.IntRange(1, 5).Draw(t, "kh"), rapid.IntRange(1, 5).Draw(t, "kw")
	h, w := kh+rapid.IntRange(0, 6).Draw(t, "h"), kw+rapid.IntRange(0, 6).Draw(t, "w")
	p := conv.Problem{Src: conv.Shape{1, 1, h, w}, Weight: conv.Shape{rapid.IntRange(1, 9).Draw(t, "filters"), 1, kh, kw}}
	p.Padding = conv.Pad(kh-1, kw-1) // the impulse meets every tap
	n := drawRandom(p, seeded(t))
	clear(n.src.Data)
	y, x := rapid.IntRange(0, h-1).Draw(t, "y"), rapid.IntRange(0, w-1).Draw(t, "x")
	n.src.Data[y*w+x] = 1
	got := must(t, backend, p, n)
	want := mapped(got.Shape, func(_, k, i, j int) float32 {
		u, v := y+kh-1-i, x+kw-1-j // the filter, turned by 180°
		if u < 0 || u >= kh || v < 0 || v >= kw {
			return 0
		}
		return at(n.weight, k, 0, u, v)
	})
	same(t, "the impulse's response", got, want)
}

func zeroFilters(t *rapid.T, backend conv.Backend) {
	p := drawProblem(t)
	p.Bias, p.Activation = true, conv.Identity
	n := drawRandom(p, seeded(t))
	clear(n.weight.Data)
	got := must(t, backend, p, n)
	same(t, "the bias", got, mapped(got.Shape, func(_, k, _, _ int) float32 { return n.bias[k] }))
}

// Exact on integers.

// drawExact draws a linear problem and integers for which sums of two outputs
// still are exact.
func drawExact(t *rapid.T) (conv.Problem, numbers) {
	p := drawProblem(t)
	p.Activation, p.Bias = conv.Identity, false
	return p, drawIntegers(p, seeded(t), 32, 32)
}

func additivity(t *rapid.T, backend conv.Backend) {
	p, n := drawExact(t)
	other := drawIntegers(p, seeded(t), 32, 32)
	first := must(t, backend, p, n)
	second := must(t, backend, p, numbers{src: other.src, weight: n.weight})
	for i := range n.src.Data {
		n.src.Data[i] += other.src.Data[i]
	}
	for i := range first.Data {
		first.Data[i] += second.Data[i]
	}
	same(t, "the sum of two images", must(t, backend, p, n), first)
}

func splittingChannels(t *rapid.T, backend conv.Backend) {
	p, _ := drawExact(t)
	p.Groups, p.Weight[1] = 1, p.Src.C()
	n := drawIntegers(p, seeded(t), 32, 32)
	whole := must(t, backend, p, n)
	total := mapped(whole.Shape, func(_, _, _, _ int) float32 { return 0 })
	one := p
	one.Src[1], one.Weight[1] = 1, 1
	for _, c := range rapid.Permutation(indices(p.Src.C())).Draw(t, "order") {
		part := must(t, backend, one, numbers{
			src:    mapped(one.Src, func(i, _, y, x int) float32 { return at(n.src, i, c, y, x) }),
			weight: mapped(one.Weight, func(k, _, y, x int) float32 { return at(n.weight, k, c, y, x) }),
		})
		for i, v := range part.Data {
			total.Data[i] += v
		}
	}
	same(t, "the sum over channels", total, whole)
}

// flipping turns image and filter by 180° together; the pads change sides. With a
// stride the windows must reach the far border exactly.
func flipping(t *rapid.T, backend conv.Backend) {
	p, _ := drawExact(t)
	dst, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	p.Padding.Bottom = (dst.H()-1)*p.Stride[0] + p.Dilation[0]*(p.Weight[2]-1) + 1 - p.Src.H() - p.Padding.Top
	p.Padding.Right = (dst.W()-1)*p.Stride[1] + p.Dilation[1]*(p.Weight[3]-1) + 1 - p.Src.W() - p.Padding.Left
	if _, err := p.Dst(); err != nil {
		t.Skip("a negative padding would be needed")
	}
	n := drawIntegers(p, seeded(t), 32, 32)
	got := must(t, backend, p, n)
	flip := func(a *conv.Tensor) *conv.Tensor {
		return mapped(a.Shape, func(n, c, y, x int) float32 { return at(a, n, c, a.Shape[2]-1-y, a.Shape[3]-1-x) })
	}
	turned := p
	turned.Padding = conv.Padding{Top: p.Padding.Bottom, Bottom: p.Padding.Top, Left: p.Padding.Right, Right: p.Padding.Left}
	same(t, "turned by 180°", must(t, backend, turned, numbers{src: flip(n.src), weight: flip(n.weight)}), flip(got))
}

func transposing(t *rapid.T, backend conv.Backend) {
	p, n := drawExact(t)
	got := must(t, backend, p, n)
	transpose := func(a *conv.Tensor) *conv.Tensor {
		return mapped(conv.Shape{a.Shape[0], a.Shape[1], a.Shape[3], a.Shape[2]}, func(n, c, y, x int) float32 { return at(a, n, c, x, y) })
	}
	other := numbers{src: transpose(n.src), weight: transpose(n.weight)}
	q := p
	q.Src, q.Weight = other.src.Shape, other.weight.Shape
	q.Stride, q.Dilation = [2]int{p.Stride[1], p.Stride[0]}, [2]int{p.Dilation[1], p.Dilation[0]}
	q.Padding = conv.Padding{Top: p.Padding.Left, Bottom: p.Padding.Right, Left: p.Padding.Top, Right: p.Padding.Bottom}
	same(t, "H and W exchanged", must(t, backend, q, other), transpose(got))
}

// shifting moves a small image by multiples of the stride over a large one of
// zeros: the response moves along.
func shifting(t *rapid.T, backend conv.Backend) {
	p, _ := drawExact(t)
	p.Padding, p.PaddingMode = conv.Padding{}, conv.Zeros
	reach := [2]int{p.Dilation[0]*(p.Weight[2]-1) + 1, p.Dilation[1]*(p.Weight[3]-1) + 1}
	steps := [2]int{rapid.IntRange(0, 3).Draw(t, "down"), rapid.IntRange(0, 3).Draw(t, "right")}
	var margin, moved [2]int
	large := p
	for axis := range 2 {
		margin[axis] = reach[axis] * p.Stride[axis] // a multiple of the stride, at least the reach
		moved[axis] = margin[axis] + steps[axis]*p.Stride[axis]
		large.Src[2+axis] += 2*margin[axis] + 3*p.Stride[axis]
	}
	n := drawIntegers(p, seeded(t), 32, 32)
	place := func(top, left int) *conv.Tensor {
		return mapped(large.Src, func(i, c, y, x int) float32 {
			if y -= top; y < 0 || y >= p.Src.H() {
				return 0
			}
			if x -= left; x < 0 || x >= p.Src.W() {
				return 0
			}
			return at(n.src, i, c, y, x)
		})
	}
	still := must(t, backend, large, numbers{src: place(margin[0], margin[1]), weight: n.weight})
	got := must(t, backend, large, numbers{src: place(moved[0], moved[1]), weight: n.weight})
	want := mapped(still.Shape, func(i, k, y, x int) float32 {
		if y -= steps[0]; y < 0 {
			return 0
		}
		if x -= steps[1]; x < 0 {
			return 0
		}
		return at(still, i, k, y, x)
	})
	same(t, "shifted", got, want)
}
