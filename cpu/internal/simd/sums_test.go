package simd

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestSumsLayout(t *testing.T) {
	var c Columns
	var e Extremes
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Columns.Src", unsafe.Offsetof(c.Src), 24},
		{"Columns.Step", unsafe.Offsetof(c.Step), 48},
		{"Columns.Count", unsafe.Offsetof(c.Count), 56},
		{"Columns.Blocks", unsafe.Offsetof(c.Blocks), 64},
		{"Extremes.NaN", unsafe.Offsetof(e.NaN), 24},
		{"Extremes.Src", unsafe.Offsetof(e.Src), 48},
		{"Extremes.Blocks", unsafe.Offsetof(e.Blocks), 72},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
}

// wild returns a float32 with random bits: of any size, and sometimes infinite. It is never NaN.
func wild(r *rand.Rand) float32 {
	v := math.Float32frombits(r.Uint32())
	if v != v {
		return float32(math.Inf(1 - 2*r.IntN(2)))
	}
	return v
}

// TestColumns compares the bits of kernels with those of their loop, between guard pages.
func TestColumns(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(22, 1))
		for trial := range 80 {
			value := func() float32 { return float32(r.NormFloat64()) }
			if trial%4 > 1 {
				value = func() float32 { return wild(r) }
			}
			c := &Columns{Count: 1 + r.IntN(9), Blocks: 1 + r.IntN(4), Squares: r.IntN(2) == 1}
			n := c.Blocks * ColumnLanes
			c.Step = n + r.IntN(5)
			c.Src, c.Sums = drawn((c.Count-1)*c.Step+n, value), make([]float64, n)
			guard(t, c, trial%2 == 0)
			k.AddColumns(c)
			for i, got := range c.Sums {
				sum := 0.0
				for row := range c.Count {
					v := float64(c.Src[row*c.Step+i])
					if c.Squares {
						v *= v
					}
					sum += v
				}
				if math.Float64bits(got) != math.Float64bits(sum) && (got == got || sum == sum) {
					t.Fatalf("%+v: sum %d is %v, want %v", c, i, got, sum)
				}
			}
		}
	})
}

// TestExtremes compares the kernel with its loop, between guard pages. NaN is found wherever it is.
func TestExtremes(t *testing.T) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		r := rand.New(rand.NewPCG(22, 2))
		for trial := range 200 {
			e := &Extremes{Blocks: 1 + r.IntN(4), Largest: make([]float32, ExtremeLanes),
				NaN: drawnWords(r, ExtremeLanes/2)}
			e.Src = drawn(e.Blocks*ExtremeLanes, func() float32 { return wild(r) })
			odd := trial%2 == 0
			if odd {
				e.Src[trial/2%len(e.Src)] = float32(math.NaN())
			}
			guard(t, e, trial%4 < 2)
			k.FindExtremes(e)
			for i, got := range e.Largest {
				want := float32(math.Inf(-1))
				for b := range e.Blocks {
					if v := e.Src[b*ExtremeLanes+i]; v > want {
						want = v
					}
				}
				if math.Float32bits(got) != math.Float32bits(want) {
					t.Fatalf("%d blocks, place %d: %v, want %v", e.Blocks, i, got, want)
				}
			}
			found := uint32(0)
			for _, word := range e.NaN {
				found |= word
			}
			if found != 0 != odd {
				t.Fatalf("%d blocks: NaN words %v, want one: %t", e.Blocks, e.NaN, odd)
			}
		}
	})
}

func drawnWords(r *rand.Rand, n int) []uint32 {
	words := make([]uint32, n)
	for i := range words {
		words[i] = r.Uint32()
	}
	return words
}

// TestSumsOutside: arguments that reach beyond a slice are refused, not computed.
func TestSumsOutside(t *testing.T) {
	sums, src := make([]float64, 32), make([]float32, 96, 200)
	words := make([]uint32, 16, 40)
	eachISA(t, func(t *testing.T, k *Kernels) {
		for name, call := range map[string]func(){
			"rows":        func() { k.AddColumns(&Columns{Sums: sums, Src: src, Step: 41, Count: 3, Blocks: 1}) },
			"columns":     func() { k.AddColumns(&Columns{Sums: sums, Src: src, Step: 16, Count: 1, Blocks: 3}) },
			"no rows":     func() { k.AddColumns(&Columns{Sums: sums, Src: src, Blocks: 1}) },
			"no columns":  func() { k.AddColumns(&Columns{Sums: sums, Src: src, Count: 1}) },
			"negative":    func() { k.AddColumns(&Columns{Sums: sums, Src: src, Count: 2, Step: -1, Blocks: 1}) },
			"numbers":     func() { k.FindExtremes(&Extremes{Largest: src, NaN: words, Src: src, Blocks: 4}) },
			"no blocks":   func() { k.FindExtremes(&Extremes{Largest: src, NaN: words, Src: src}) },
			"few largest": func() { k.FindExtremes(&Extremes{Largest: src[:31], NaN: words, Src: src, Blocks: 1}) },
			"few words":   func() { k.FindExtremes(&Extremes{Largest: src, NaN: words[:15], Src: src, Blocks: 1}) },
		} {
			t.Run(name, func(t *testing.T) {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				call()
			})
		}
	})
}
