package simd

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestSlideLayout: the fields of a Slide are where the assembly reads them, as asm/slide.go has it.
func TestSlideLayout(t *testing.T) {
	var s Slide
	for _, field := range []struct {
		name      string
		got, want uintptr
	}{
		{"Dst", unsafe.Offsetof(s.Dst), 0},
		{"Src", unsafe.Offsetof(s.Src), 24},
		{"Zeros", unsafe.Offsetof(s.Zeros), 48},
		{"Weight", unsafe.Offsetof(s.Weight), 72},
		{"Bias", unsafe.Offsetof(s.Bias), 96},
		{"masks", unsafe.Offsetof(s.masks), 120},
		{"offsets", unsafe.Offsetof(s.offsets), 144},
		{"step", unsafe.Offsetof(s.step), 168},
		{"last", unsafe.Offsetof(s.last), 176},
		{"SrcPitch", unsafe.Offsetof(s.SrcPitch), 216},
		{"DstPitch", unsafe.Offsetof(s.DstPitch), 224},
		{"SrcPlane", unsafe.Offsetof(s.SrcPlane), 232},
		{"DstPlane", unsafe.Offsetof(s.DstPlane), 240},
		{"Planes", unsafe.Offsetof(s.Planes), 248},
		{"First", unsafe.Offsetof(s.First), 256},
		{"Height", unsafe.Offsetof(s.Height), 264},
		{"Rows", unsafe.Offsetof(s.Rows), 272},
		{"Flags", unsafe.Offsetof(s.Flags), 280},
		{"done", unsafe.Offsetof(s.done), 288},
		{"weightAt", unsafe.Offsetof(s.weightAt), 296},
		{"bias", unsafe.Offsetof(s.bias), 304},
		{"from", unsafe.Offsetof(s.from), 312},
		{"to", unsafe.Offsetof(s.to), 320},
	} {
		if field.got != field.want {
			t.Errorf("%s lies at %d, want %d", field.name, field.got, field.want)
		}
	}
	if partial != 4 {
		t.Error("partial differs from asm/slide.go")
	}
}

// eachSlide calls f for every kernel that slides.
func eachSlide(t *testing.T, f func(t *testing.T, k *Kernels, rows, stride, vectors int)) {
	eachISA(t, func(t *testing.T, k *Kernels) {
		for rows := 1; rows <= maxSlide+1; rows++ {
			for stride := 1; stride <= MaxSlideStride+1; stride++ {
				for vectors := 1; vectors <= k.StripVectors(rows, stride); vectors++ {
					f(t, k, rows, stride, vectors)
				}
			}
		}
	})
}

// drawSlide draws a plane and a strip of it: any number of columns that takes this many registers, padding on all sides
// or none.
func drawSlide(t *testing.T, r *rand.Rand, k *Kernels, rows, stride, vectors int, atEnd bool) (*Slide, bool) {
	integer := func() float32 { return float32(r.IntN(17) - 8) }
	columns := (vectors-1)*k.Lanes + 1 + r.IntN(k.Lanes)
	kernel, before, after := 1+r.IntN(7), r.IntN(9), r.IntN(9)
	offsets, gap := make([]int, kernel), 1+r.IntN(2)
	for v := range offsets {
		offsets[v] = v*gap - before
	}
	strip, ok := k.NewStrip(columns, max(1, stride*columns-before-after+(kernel-1)*gap), stride, offsets)
	s := &Slide{Strip: strip, First: r.IntN(9) - 4, Height: 1 + r.IntN(9), Rows: 1 + r.IntN(9), Planes: 1 + r.IntN(3),
		Flags: Flags(r.IntN(2)) * ReLU}
	s.SrcPitch, s.DstPitch = strip.width+r.IntN(3), columns+r.IntN(3)
	s.SrcPlane, s.DstPlane = s.Height*s.SrcPitch+r.IntN(3), s.Rows*s.DstPitch+r.IntN(3)
	s.Dst = drawn((s.Planes-1)*s.DstPlane+(s.Rows-1)*s.DstPitch+columns, integer)
	s.Src = drawn((s.Planes-1)*s.SrcPlane+(s.Height-1)*s.SrcPitch+strip.width, integer)
	s.Bias = drawn(s.Planes, integer)
	low, high := strip.reach(k)
	s.Zeros = make([]float32, max(strip.width, high-low))
	s.Weight = drawn(s.Planes*rows*kernel, integer)
	guard(t, s, atEnd)
	return s, ok
}

// slid is the loop of Slide's documentation.
func (s *Slide) slid(rows, stride, p, i, j int) float32 {
	sum := s.Bias[p]
	for u := range rows {
		for v, offset := range s.offsets {
			y, x, input := s.First+stride*i+u, offset+stride*j, float32(0)
			if y >= 0 && y < s.Height && x >= 0 && x < s.width {
				input = s.Src[p*s.SrcPlane+y*s.SrcPitch+x]
			}
			sum += s.Weight[(p*len(s.offsets)+v)*rows+u] * input
		}
	}
	if s.Flags&ReLU != 0 && sum < 0 {
		sum = 0
	}
	return sum
}

// TestSlides compares every kernel with the plain loop, on integers, in slices that end at a guard page and that begin
// at one.
func TestSlides(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	eachSlide(t, func(t *testing.T, k *Kernels, rows, stride, vectors int) {
		refused := 0
		for trial := range 60 {
			s, ok := drawSlide(t, r, k, rows, stride, vectors, trial%2 == 0)
			if !ok {
				refused++
				continue
			}
			want := append([]float32(nil), s.Dst...)
			for n := range s.Planes * s.Rows * s.columns {
				p, i, j := n/s.columns/s.Rows, n/s.columns%s.Rows, n%s.columns
				want[p*s.DstPlane+i*s.DstPitch+j] = s.slid(rows, stride, p, i, j)
			}
			k.Slide(rows, s)
			for i, w := range want { // between rows as well
				if s.Dst[i] != w {
					t.Fatalf("%d rows, stride %d, %d registers, %+v: element %d is %v, want %v", rows, stride, vectors,
						s.Strip, i, s.Dst[i], w)
				}
			}
		}
		if refused > 30 {
			t.Errorf("%d rows, stride %d, %d registers: %d of 60 strips refused", rows, stride, vectors, refused)
		}
	})
}

// TestStrips: the registers of a strip leave out none of its columns, however far the last ones reach beyond the end of
// a row.
func TestStrips(t *testing.T) {
	eachSlide(t, func(t *testing.T, k *Kernels, rows, stride, vectors int) {
		for columns := (vectors-1)*k.Lanes + 1; columns <= vectors*k.Lanes; columns++ {
			for after := range min(3*k.Lanes*stride, columns*stride) {
				s, ok := k.NewStrip(columns, (columns-1)*stride+2-after, stride, []int{-1, 0, 1})
				for j, at := 1, 0; ok && j < vectors; j++ {
					next := j * s.step
					if j == vectors-1 {
						next = s.last
					}
					if next-at > k.Lanes {
						t.Errorf("%v, stride %d, %d columns, %d beyond the end: registers begin at %d and %d", k.ISA,
							stride, columns, after, at, next)
					}
					at = next
				}
			}
		}
	})
}

// TestSlideBounds: a slide that reaches beyond its slices panics before it is done.
func TestSlideBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	eachSlide(t, func(t *testing.T, k *Kernels, rows, stride, vectors int) {
		for name, cut := range map[string]func(*Slide){
			"dst":    func(s *Slide) { s.Dst = s.Dst[:len(s.Dst)-1] },
			"src":    func(s *Slide) { s.Src = s.Src[:len(s.Src)-1] },
			"zeros":  func(s *Slide) { s.Zeros = s.Zeros[:len(s.Zeros)-1] },
			"bias":   func(s *Slide) { s.Bias = s.Bias[:len(s.Bias)-1] },
			"weight": func(s *Slide) { s.Weight = s.Weight[:len(s.Weight)-1] },
		} {
			s, ok := drawSlide(t, r, k, rows, stride, vectors, true)
			for !ok {
				s, ok = drawSlide(t, r, k, rows, stride, vectors, true)
			}
			cut(s)
			if !panics(func() { k.Slide(rows, s) }) {
				t.Errorf("%s, %d rows, stride %d, %d registers: no panic", name, rows, stride, vectors)
			}
		}
	})
}

// drawPairs draws planes and a strip of their whole rows for Pairs, and which planes and rows of it Pairs may compute.
func drawPairs(t *testing.T, r *rand.Rand, k *Kernels, atEnd bool) (s *Slide, plane, lo, hi int) {
	integer := func() float32 { return float32(r.IntN(17) - 8) }
	columns, before := k.Lanes+1+r.IntN(5*k.Lanes), r.IntN(2)
	strip, ok := k.NewPairs(3, columns, columns-before+1+r.IntN(3), 1, []int{-before, 1 - before, 2 - before})
	if !ok {
		t.Fatalf("%d columns, %d before: refused", columns, before)
	}
	s = &Slide{Strip: strip, First: r.IntN(15) - 7, Height: 1 + r.IntN(9), Rows: 2 + 2*r.IntN(5), Planes: 1 + r.IntN(3),
		Flags: Flags(r.IntN(2)) * ReLU}
	s.SrcPitch, s.DstPitch = strip.width+r.IntN(3), columns+r.IntN(3)
	s.SrcPlane, s.DstPlane = s.Height*s.SrcPitch+r.IntN(3), s.Rows*s.DstPitch+r.IntN(3)
	s.Dst = drawn((s.Planes-1)*s.DstPlane+(s.Rows-1)*s.DstPitch+columns, integer)
	s.Src = drawn((s.Planes-1)*s.SrcPlane+(s.Height-1)*s.SrcPitch+strip.width, integer)
	s.Bias = drawn(s.Planes, integer)
	low, high := strip.reach(k)
	s.Zeros = make([]float32, high-low)
	s.Weight = drawn(s.Planes*9, integer)
	plane = r.IntN(s.Planes)
	lo, hi = s.Inside(k)
	if plane > 0 {
		lo = 0
	}
	hi = max(lo, hi)
	guard(t, s, atEnd)
	return s, plane, lo, hi
}

// TestPairs holds rows in pairs to the plain loop, in slices that end at a guard page and that begin at one, and to
// what Inside allows: one pair more at either end panics.
func TestPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	eachISA(t, func(t *testing.T, k *Kernels) {
		if k.pairs == nil {
			t.Skip("it computes single rows")
		}
		for trial := range 2000 {
			s, plane, lo, hi := drawPairs(t, r, k, trial%2 == 0)
			want := append([]float32(nil), s.Dst...)
			for n := range s.Planes * (hi - lo) * s.columns {
				p, i, j := n/s.columns/(hi-lo), lo+n/s.columns%(hi-lo), n%s.columns
				if p >= plane {
					want[p*s.DstPlane+i*s.DstPitch+j] = s.slid(3, 1, p, i, j)
				}
			}
			run := func(lo, hi int) {
				if lo == hi {
					return
				}
				part := *s
				part.First, part.Rows, part.Dst = s.First+lo, hi-lo, s.Dst[lo*s.DstPitch:]
				k.Pairs(&part, plane)
			}
			run(lo, hi)
			for i, w := range want {
				if s.Dst[i] != w {
					t.Fatalf("planes %d to %d, rows %d to %d of %+v: element %d is %v, want %v", plane, s.Planes, lo,
						hi, s, i, s.Dst[i], w)
				}
			}
			above, below := s.First+hi+3 >= s.Height-1, s.First+hi < s.Height // the next pair reads the last row
			if hi < s.Rows && above && below && !panics(func() { run(hi, hi+2) }) {
				t.Fatalf("rows %d and %d of %+v reach beyond Src: no panic", hi, hi+1, s)
			}
			if lo > 0 && s.First+lo+1 >= 0 && !panics(func() { run(lo-2, lo) }) {
				t.Fatalf("rows %d and %d of %+v reach beyond Src: no panic", lo-2, lo-1, s)
			}
		}
	})
}

// TestPairBounds: Pairs panics before it is done if it reaches beyond its slices, or if the number of rows is odd.
func TestPairBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	eachISA(t, func(t *testing.T, k *Kernels) {
		if k.pairs == nil {
			t.Skip("it computes single rows")
		}
		for name, cut := range map[string]func(*Slide){
			"dst":    func(s *Slide) { s.Dst = s.Dst[:len(s.Dst)-1] },
			"zeros":  func(s *Slide) { s.Zeros = s.Zeros[:len(s.Zeros)-1] },
			"bias":   func(s *Slide) { s.Bias = s.Bias[:len(s.Bias)-1] },
			"weight": func(s *Slide) { s.Weight = s.Weight[:len(s.Weight)-1] },
			"rows":   func(s *Slide) { s.Rows-- },
		} {
			s, plane, lo, hi := drawPairs(t, r, k, true)
			for lo > 0 || hi < s.Rows {
				s, plane, lo, hi = drawPairs(t, r, k, true)
			}
			cut(s)
			if !panics(func() { k.Pairs(s, plane) }) {
				t.Errorf("%s: no panic", name)
			}
		}
	})
}

// TestPairsRefuse: Pairs computes rows of more than one register, for 3×3 weights side by side, with a stride of 1 and
// at most one column of zeros at either side.
func TestPairsRefuse(t *testing.T) {
	k, err := Use(AVX2)
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		rows, columns, width, stride int
		offsets                      []int
		want                         bool
	}{
		{3, 9, 9, 1, []int{-1, 0, 1}, true},
		{3, 9, 11, 1, []int{0, 1, 2}, true},
		{3, 9, 10, 1, []int{0, 1, 2}, true},
		{3, 9, 9, 1, []int{0, 1, 2}, false},
		{3, 9, 8, 1, []int{-1, 0, 1}, false},
		{3, 8, 8, 1, []int{-1, 0, 1}, false},
		{3, 9, 9, 1, []int{-2, -1, 0}, false},
		{3, 9, 9, 1, []int{-1, 1, 3}, false},
		{3, 9, 9, 1, []int{-1, 0, 1, 2}, false},
		{3, 9, 19, 2, []int{-1, 0, 1}, false},
		{5, 9, 9, 1, []int{-1, 0, 1}, false},
	} {
		if _, ok := k.NewPairs(c.rows, c.columns, c.width, c.stride, c.offsets); ok != c.want {
			t.Errorf("%+v: %v", c, ok)
		}
	}
}
