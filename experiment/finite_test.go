package experiment

import (
	"math"
	"testing"

	"gpuconv/conv"
)

// TestCounts: an output that is NaN or infinite is counted wherever it is and whatever the others are.
func TestCounts(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	other := math.Float32frombits(0xff800001) // a negative NaN with the smallest payload
	plain := []float32{0, -1, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -1e-39, 0.999}
	storage := make([]float32, 24)
	for from := range 3 { // aligned to 8 bytes, and not aligned
		for n := range 20 {
			outputs := storage[from : from+n]
			for i := range outputs {
				outputs[i] = plain[i%len(plain)]
			}
			counted := func() (c NotFinite) { c.count(outputs); return c }
			if got, want := counted(), (NotFinite{n, 0, 0}); got != want {
				t.Fatalf("%v: %+v, want %+v", outputs, got, want)
			}
			for i, was := range outputs {
				for v, want := range map[float32]NotFinite{inf: {n, 0, 1}, -inf: {n, 0, 1}, nan: {n, 1, 0},
					other: {n, 1, 0}} {
					if outputs[i] = v; counted() != want {
						t.Fatalf("%v: %+v, want %+v", outputs, counted(), want)
					}
				}
				outputs[i] = was
			}
		}
	}
}

// TestUncheckedAreCounted: the outputs that are NaN or infinite are counted in all images, even if none is checked.
func TestUncheckedAreCounted(t *testing.T) {
	j := small(t)
	j.Check = Checking{}
	e := prepared(t, j, 7)
	e.Plan = altered{e.Plan, func(dst *conv.Tensor) error {
		for n := range dst.Shape.N() {
			image := dst.Images(n, n+1).Data
			image[0], image[len(image)-1] = float32(math.NaN()), float32(math.Inf(-1))
		}
		return nil
	}}
	r, err := j.RunOn(t.Context(), e, folder(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := (NotFinite{30 * 3 * 10 * 13, 30, 30}); r.NotFinite != want || r.NaN != 30 || r.Infinite != 30 {
		t.Errorf("counted %+v, %d NaN, %d infinite, want %+v", r.NotFinite, r.NaN, r.Infinite, want)
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

func BenchmarkFinite(b *testing.B) {
	data := make([]float32, pieceOfOutputs)
	b.SetBytes(4 * pieceOfOutputs)
	for b.Loop() {
		if !finite(data) {
			b.Fatal("0 is not finite")
		}
	}
}
