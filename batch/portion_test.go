package batch_test

import (
	"slices"
	"testing"

	"gpuconv/batch"
	"gpuconv/conv"
)

// TestPortion: a portion is bounded in memory and time, and has at least one image.
func TestPortion(t *testing.T) {
	problem := func(src, weight conv.Shape) conv.Problem {
		return conv.Problem{Spec: conv.Spec{Padding: conv.Pad(weight.H()/2, weight.W()/2)}, Src: src, Weight: weight}
	}
	tutorial := func(n int) conv.Problem { return problem(conv.Shape{n, 1, 48, 64}, conv.Shape{6, 1, 7, 7}) }
	for _, c := range []struct {
		name string
		p    conv.Problem
		want int
	}{
		{"none", tutorial(0), 1},
		{"few", tutorial(5), 5},
		{"8 MB", tutorial(97), 97},
		{"little more", tutorial(98), 97},
		{"a fortieth", tutorial(4000), 100},
		{"many", tutorial(40000), 341},
		{"large images", problem(conv.Shape{9, 1, 4000, 4000}, conv.Shape{6, 1, 1, 1}), 1},
		{"large filters", problem(conv.Shape{9, 1, 1000, 1000}, conv.Shape{1, 1, 901, 901}), 1},
		{"2^32 multiplications are 40.96 images", problem(conv.Shape{3000, 64, 32, 32}, conv.Shape{64, 64, 5, 5}), 40},
	} {
		p, err := batch.Portion(c.p)
		if err != nil || p.Src.N() != c.want || p.Src.Image() != c.p.Src.Image() {
			t.Errorf("%s: %v (%v), want %d images", c.name, p.Src, err, c.want)
		}
	}
	for n, want := range map[int]int{5: 5, 340: 340, 342: 341, 4000: 341, 40000: 341} {
		if p, err := batch.Chunk(tutorial(n)); err != nil || p.Src.N() != want {
			t.Errorf("a chunk of %d images: %v (%v), want %d images", n, p.Src, err, want)
		}
	}
	for n, want := range map[int]int{1: 1, 97: 97, 195: 195, 196: 98, 300: 100, 341: 114} {
		if p, err := batch.InChunk(tutorial(n)); err != nil || p.Src.N() != want {
			t.Errorf("a chunk of %d images in portions of %v (%v), want %d images", n, p.Src, err, want)
		}
	}
	if _, err := batch.Portion(conv.Problem{Src: conv.Shape{1, 1, 2, 2}, Weight: conv.Shape{1, 1, 3, 3}}); err == nil {
		t.Error("a filter larger than the image is accepted")
	}
	if got := batch.PortionOf(conv.Shape{10000, 1, 48, 64}); got != 2389 {
		t.Errorf("%d images that are not convolved, want 2389", got)
	}
}

func TestInMemory(t *testing.T) {
	all := &conv.Tensor{Shape: conv.Shape{3, 1, 1, 2}, Data: []float32{0, 1, 2, 3, 4, 5}}
	dst := &conv.Tensor{Shape: conv.Shape{2, 1, 1, 2}, Data: make([]float32, 4)}
	source := batch.InMemory{Images: all}
	if err := source.Draw(dst, 1); err != nil || !slices.Equal(dst.Data, all.Data[2:]) || source.Shape() != all.Shape {
		t.Errorf("images 1 and 2 of %v are %v (%v)", source.Shape(), dst.Data, err)
	}
}
