package experiment

import (
	"math"
	"testing"

	"gpuconv/conv"
)

// TestBelow: one number that is not below the bound is seen at any place, whatever the others are.
func TestBelow(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	storage := make([]float32, 12)
	for from := range 3 { // aligned to 8 bytes, and not
		for n := range 9 {
			data := storage[from : from+n]
			for i := range data {
				data[i] = -0.999
			}
			if !below(data, 1) {
				t.Fatalf("%v is not below 1", data)
			}
			for i := range data {
				for _, v := range []float32{1, -1, 2, math.MaxFloat32, inf, -inf, nan, -nan} {
					was := data[i]
					if data[i] = v; below(data, 1) {
						t.Fatalf("%v is below 1", data)
					}
					data[i] = was
				}
			}
			if n > 0 && below(data, 0) {
				t.Fatalf("%v is below 0", data)
			}
		}
	}
}

// TestWatch: outputs are counted where they may be no numbers, and there is nothing to count where they cannot.
func TestWatch(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tensor := func(shape conv.Shape, data ...float32) *conv.Tensor { return &conv.Tensor{Shape: shape, Data: data} }
	pixels, outputs := conv.Shape{1, 1, 1, 2}, conv.Shape{1, 1, 1, 4}
	filter := conv.Shape{2, 1, 1, 1}
	plain := tensor(filter, 0.5, -1)
	dst := tensor(outputs, nan, inf, -inf, 1)
	for name, c := range map[string]struct {
		weight *conv.Tensor
		bias   []float32
		src    *conv.Tensor
		looks  bool
	}{
		"finite":                 {plain, nil, tensor(pixels, 0, 255), false},
		"large pixels":           {plain, nil, tensor(pixels, 1e15, -1e15), false},
		"a NaN pixel":            {plain, nil, tensor(pixels, 0, nan), true},
		"an infinite pixel":      {plain, nil, tensor(pixels, -inf, 0), true},
		"pixels that may exceed": {plain, nil, tensor(pixels, 1e30, 0), true},
		"a NaN weight":           {tensor(filter, 1, nan), nil, tensor(pixels, 0, 0), true},
		"an infinite weight":     {tensor(filter, inf, 1), nil, tensor(pixels, 0, 0), true},
		"large weights":          {tensor(filter, 1, 3e38), nil, tensor(pixels, 0, 0), true},
		"a NaN bias":             {plain, []float32{0, nan}, tensor(pixels, 0, 0), true},
		"no weights":             {nil, nil, tensor(pixels, 0, 0), true},
	} {
		w := newWatch(c.weight, c.bias)
		w.look(c.src, dst)
		want := NotFinite{Outputs: 4}
		if c.looks {
			want = NotFinite{4, 1, 2}
		}
		if w.found != want {
			t.Errorf("%s: found %+v, want %+v", name, w.found, want)
		}
	}
}

func TestNotFiniteSays(t *testing.T) {
	for want, n := range map[string]NotFinite{"": {Outputs: 9}, "2 of 9 outputs are NaN": {9, 2, 0},
		"3 of 9 outputs are infinite": {9, 0, 3}, "2 of 9 outputs are NaN and 3 infinite": {9, 2, 3}} {
		if got := n.String(); got != want {
			t.Errorf("%+v is %q, want %q", n, got, want)
		}
	}
}

func BenchmarkBelow(b *testing.B) {
	data := make([]float32, 1<<14)
	b.SetBytes(4 << 14)
	for b.Loop() {
		if !below(data, 1) {
			b.Fatal("0 is not below 1")
		}
	}
}
