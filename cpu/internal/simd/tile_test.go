package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestLayout: the fields of a Tile have the offsets that the assembly reads, those of asm/tile.go.
func TestLayout(t *testing.T) {
	var tile Tile
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Dst", unsafe.Offsetof(tile.Dst), 0},
		{"X", unsafe.Offsetof(tile.X), 24},
		{"Weight", unsafe.Offsetof(tile.Weight), 48},
		{"Bias", unsafe.Offsetof(tile.Bias), 72},
		{"offsets", unsafe.Offsetof(tile.Taps) + unsafe.Offsetof(tile.Taps.offsets), 96},
		{"Plane", unsafe.Offsetof(tile.Plane), 128},
		{"Tiles", unsafe.Offsetof(tile.Tiles), 136},
		{"DstStep", unsafe.Offsetof(tile.DstStep), 144},
		{"XStep", unsafe.Offsetof(tile.XStep), 152},
		{"Flags", unsafe.Offsetof(tile.Flags), 160},
		{"Back", unsafe.Offsetof(tile.Back), 168},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
	if Accumulate != 1 || ReLU != 2 {
		t.Error("flags differ from those of asm/tile.go")
	}
}

// plain is the loop of Tile's documentation, on integers small enough that no sum is rounded.
func plain(t *Tile, filters, width int) {
	for n := range t.Tiles {
		dst, x := t.Dst[n*t.DstStep:], t.X[n*t.XStep:]
		for k := range filters {
			for j := range width {
				sum := dst[k*t.Plane+j]
				if t.Flags&Accumulate == 0 {
					sum = t.Bias[k]
				}
				for i, offset := range t.offsets {
					sum += t.Weight[i*filters+k] * x[offset+j]
				}
				if t.Flags&ReLU != 0 && sum < 0 {
					sum = 0
				}
				dst[k*t.Plane+j] = sum
			}
		}
	}
}

// drawn returns n floats, filled by next.
func drawn(n int, next func() float32) []float32 {
	all := make([]float32, n)
	for i := range all {
		all[i] = next()
	}
	return all
}

// drawTile fills a tile of any shape: 1 to 9 taps, one of which reads from the first float on, and gaps between planes
// and between tiles. All its slices lie between guard pages.
func drawTile(t *testing.T, r *rand.Rand, filters, width int, flags Flags, atEnd bool) *Tile {
	integer := func() float32 { return float32(r.IntN(17) - 8) }
	offsets := make([]int, 1+r.IntN(9))
	for i := range offsets {
		offsets[i] = r.IntN(50)
	}
	offsets[r.IntN(len(offsets))] = 0
	tile := &Tile{Taps: NewTaps(offsets), Tiles: 1 + r.IntN(3), Flags: flags}
	tile.DstStep, tile.XStep = width+r.IntN(4), r.IntN(40)
	tile.Plane = tile.Tiles*tile.DstStep + r.IntN(5)
	last := tile.Tiles - 1
	tile.Dst = drawn(last*tile.DstStep+(filters-1)*tile.Plane+width, integer)
	tile.X = drawn(last*tile.XStep+tile.Reach()-1+width, integer)
	tile.Weight = drawn(len(offsets)*filters, integer)
	tile.Bias = drawn(filters, integer)
	guard(t, tile, atEnd)
	return tile
}

// TestTiles compares every kernel of every instruction set with the plain loop, in slices that end at a guard page and
// in slices that begin at one.
func TestTiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	eachKernel(t, func(t *testing.T, k *Kernels, filters, vectors int) {
		for trial := range 24 {
			back := 0
			if vectors > 1 && trial%3 > 0 {
				back = r.IntN(k.Lanes)
			}
			tile := drawTile(t, r, filters, vectors*k.Lanes-back, Flags(trial%4), trial%8 < 4)
			tile.Back = back
			want := *tile
			want.Dst = append([]float32(nil), tile.Dst...)
			plain(&want, filters, vectors*k.Lanes-back)
			k.Run(filters, vectors, tile)
			for i, w := range want.Dst { // between tiles and planes as well
				if tile.Dst[i] != w {
					t.Fatalf("trial %d: element %d is %v, want %v", trial, i, tile.Dst[i], w)
				}
			}
		}
	})
}

// eachKernel calls f for every kernel that this processor can run.
func eachKernel(t *testing.T, f func(t *testing.T, k *Kernels, filters, vectors int)) {
	for _, isa := range Available() {
		k, err := Use(isa)
		if err != nil {
			t.Fatal(err)
		}
		for filters := 1; filters <= MaxFilters; filters++ {
			if k.Vectors(filters) < 1 {
				t.Fatalf("%v has no tile of %d filters", isa, filters)
			}
			for vectors := 1; vectors <= k.Vectors(filters); vectors++ {
				t.Run(fmt.Sprintf("%v/%dx%d", isa, filters, vectors), func(t *testing.T) { f(t, k, filters, vectors) })
			}
		}
	}
}

// TestSpecialValues: NaN stays NaN after ReLU, in every lane, and 0·∞ is NaN.
func TestSpecialValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	eachKernel(t, func(t *testing.T, k *Kernels, filters, vectors int) {
		width := vectors * k.Lanes
		for at := range width {
			tile := &Tile{Taps: NewTaps([]int{0}), Tiles: 1, Plane: width, Flags: ReLU}
			tile.Dst, tile.X = make([]float32, filters*width), make([]float32, width)
			tile.Weight, tile.Bias = make([]float32, filters), make([]float32, filters)
			tile.X[at] = inf
			if at%2 == 0 {
				tile.X[at], tile.Weight[0] = nan, 1
			}
			k.Run(filters, vectors, tile)
			for i, v := range tile.Dst {
				if wantNaN := i%width == at; (v != v) != wantNaN || !wantNaN && v != 0 {
					t.Fatalf("element %d is %v with a NaN at %d", i, v, at)
				}
			}
		}
	})
}

// TestBounds: a tile that lies outside its slices panics before it is computed.
func TestBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	eachKernel(t, func(t *testing.T, k *Kernels, filters, vectors int) {
		for name, cut := range map[string]func(*Tile){
			"dst":    func(t *Tile) { t.Dst = t.Dst[:len(t.Dst)-1] },
			"x":      func(t *Tile) { t.X = t.X[:len(t.X)-1] },
			"weight": func(t *Tile) { t.Weight = t.Weight[:len(t.Weight)-1] },
			"bias":   func(t *Tile) { t.Bias = t.Bias[:len(t.Bias)-1] },
			"tiles":  func(t *Tile) { t.Tiles = 0 },
			"back":   func(t *Tile) { t.Back = k.Lanes },
			"ahead":  func(t *Tile) { t.Back = -1 },
		} {
			tile := drawTile(t, r, filters, vectors*k.Lanes, 0, true)
			cut(tile)
			if !panics(func() { k.Run(filters, vectors, tile) }) {
				t.Fatalf("%s too short: no panic", name)
			}
		}
	})
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}
