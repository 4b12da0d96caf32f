package simd

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestMagnitudesLayout(t *testing.T) {
	var m Magnitudes
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Squares", unsafe.Offsetof(m.Squares), 24},
		{"Src", unsafe.Offsetof(m.Src), 48},
		{"SrcStep", unsafe.Offsetof(m.SrcStep), 72},
		{"Count", unsafe.Offsetof(m.Count), 80},
		{"Vectors", unsafe.Offsetof(m.Vectors), 88},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
}

// TestMagnitudes compares the kernel with its loop, between guard pages, on integers.
func TestMagnitudes(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(13, 14))
		for trial := range 40 {
			integer := func() float32 { return float32(r.IntN(17) - 8) }
			m := &Magnitudes{Count: 1 + r.IntN(4), Vectors: r.IntN(11)}
			n := m.Vectors * k.Lanes
			m.SrcStep = n + r.IntN(5)
			m.Src = drawn(max(1, (m.Count-1)*m.SrcStep+n), integer)
			m.Sums, m.Squares = drawn(max(1, n), integer), drawn(max(1, n), integer)
			guard(t, m, trial%2 == 0)
			k.AddMagnitudes(m)
			for i := range n {
				var sum, squares float32
				for c := range m.Count {
					v := m.Src[c*m.SrcStep+i]
					sum, squares = sum+max(v, -v), squares+v*v
				}
				if m.Sums[i] != sum || m.Squares[i] != squares {
					t.Fatalf("%d channels, %d registers, place %d: %v and %v, want %v and %v", m.Count, m.Vectors, i,
						m.Sums[i], m.Squares[i], sum, squares)
				}
			}
		}
	})
}
