package simd

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestTransformLayout(t *testing.T) {
	var patches Patches
	var products Products
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Patches.Temp", unsafe.Offsetof(patches.Temp), 48},
		{"Patches.Pitch", unsafe.Offsetof(patches.Pitch), 72},
		{"Patches.Columns", unsafe.Offsetof(patches.Columns), 80},
		{"Patches.SrcStep", unsafe.Offsetof(patches.SrcStep), 128},
		{"Patches.DstStride", unsafe.Offsetof(patches.DstStride), 136},
		{"Patches.DstStep", unsafe.Offsetof(patches.DstStep), 144},
		{"Patches.Count", unsafe.Offsetof(patches.Count), 152},
		{"Products.Temp", unsafe.Offsetof(products.Temp), 48},
		{"Products.Check", unsafe.Offsetof(products.Check), 72},
		{"Products.SrcStride", unsafe.Offsetof(products.SrcStride), 96},
		{"Products.Bias", unsafe.Offsetof(products.Bias), 104},
		{"Products.Flags", unsafe.Offsetof(products.Flags), 112},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
}

func eachISA(t *testing.T, f func(t *testing.T, k *Kernels)) {
	for _, isa := range Available() {
		k, err := Use(isa)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(isa.String(), func(t *testing.T) { f(t, k) })
	}
}

// bT and aT are the matrices Bᵀ and Aᵀ of Lavin and Gray, section 4.3.
var (
	bT = [6][6]float64{{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}}
	aT = [4][6]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}
)

// sandwich returns element (i, j) of t·d·tᵀ.
func sandwich(t [][6]float64, d func(r, s int) float64, i, j int) (sum float64) {
	for r := range 6 {
		for s := range 6 {
			sum += t[i][r] * d(r, s) * t[j][s]
		}
	}
	return sum
}

// TestPatches compares the transform with the matrices, between guard pages, on integers for which it is exact.
func TestPatches(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(7, 8))
		for trial := range 20 {
			integer := func() float32 { return float32(r.IntN(17) - 8) }
			p := &Patches{Count: 1 + r.IntN(3)}
			p.Pitch = 4*k.Lanes + r.IntN(9)
			for s := range p.Columns {
				p.Columns[s] = r.IntN(p.Pitch - k.Lanes)
			}
			p.Columns[r.IntN(6)] = p.Pitch - k.Lanes
			p.SrcStep, p.DstStep = 6*p.Pitch+r.IntN(9), k.Lanes+r.IntN(5)
			p.DstStride = p.Count*p.DstStep + r.IntN(5)
			last := p.Count - 1
			p.Src = drawn(last*p.SrcStep+6*p.Pitch, integer)
			p.Dst = drawn(35*p.DstStride+last*p.DstStep+k.Lanes, integer)
			p.Temp = drawn(36*k.Lanes, integer)
			guard(t, p, trial%2 == 0)
			k.TransformPatches(p)
			for c := range p.Count {
				for j := range k.Lanes {
					d := func(r, s int) float64 { return float64(p.Src[c*p.SrcStep+r*p.Pitch+p.Columns[s]+j]) }
					for i := range 36 {
						want := sandwich(bT[:], d, i/6, i%6)
						if got := p.Dst[i*p.DstStride+c*p.DstStep+j]; float64(got) != want {
							t.Fatalf("channel %d, patch %d, element %d is %v, want %v", c, j, i, got, want)
						}
					}
				}
			}
		}
	})
}

// TestProducts compares the inverse transform with the matrices.
func TestProducts(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(9, 10))
		for trial := range 20 {
			integer := func() float32 { return float32(r.IntN(17) - 8) }
			p := &Products{SrcStride: k.Lanes + r.IntN(9), Bias: integer(), Flags: Flags(trial % 2 * int(ReLU))}
			p.Src = drawn(35*p.SrcStride+k.Lanes, integer)
			p.Dst, p.Temp, p.Check = drawn(16*k.Lanes, integer), drawn(24*k.Lanes, integer), drawn(k.Lanes, integer)
			guard(t, p, trial%4 < 2)
			bad := r.IntN(k.Lanes)
			if trial%5 == 4 {
				p.Src[7*p.SrcStride+bad] = float32(math.Inf(1))
			} else {
				bad = -1
			}
			k.TransformProducts(p)
			for j := range k.Lanes {
				if (p.Check[j] != 0) != (j == bad) {
					t.Fatalf("check of block %d is %v with infinity in block %d", j, p.Check[j], bad)
				}
				for i := range 16 {
					m := func(r, s int) float64 { return float64(p.Src[(6*r+s)*p.SrcStride+j]) }
					want := sandwich(aT[:], m, i/4, i%4) + float64(p.Bias)
					if p.Flags&ReLU != 0 {
						want = max(want, 0)
					}
					if got := float64(p.Dst[(i/4*k.Lanes+j)*4+i%4]); got != want && j != bad {
						t.Fatalf("block %d, element %d is %v, want %v", j, i, got, want)
					}
				}
			}
		}
	})
}

// TestTransforms: with all three transforms, a block is the convolution of its patch.
func TestTransforms(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var d [6][6]float64
	var g [9]float32
	for i := range 36 {
		d[i/6][i%6] = r.Float64() - 0.5
	}
	for i := range g {
		g[i] = r.Float32() - 0.5
	}
	var u [PatchSize]float32
	TransformKernel(u[:], 1, &g)
	for i := range 16 {
		got := sandwich(aT[:], func(r, s int) float64 {
			return float64(u[6*r+s]) * sandwich(bT[:], func(r, s int) float64 { return d[r][s] }, r, s)
		}, i/4, i%4)
		want := 0.0
		for tap, w := range g {
			want += float64(w) * d[i/4+tap/3][i%4+tap%3]
		}
		if math.Abs(got-want) > 1e-5 {
			t.Errorf("output %d is %v, want %v", i, got, want)
		}
	}
}
