package recipe

import (
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestSoftFinishes: for ten filters, tiles of five cost least. With energy, tiles have four filters, because five are
// not whole pairs: energy would then need a dispatch of its own.
func TestSoftFinishes(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{8, 3, 48, 64}, Weight: conv.Shape{10, 3, 5, 5}}
	p.Padding = conv.Pad(2, 2)
	d := roomy()
	d.Class, d.LoopIterations, d.Unrolled = Software, SoftwareLoopLimit, softwareUnrolled
	for activation, want := range map[conv.Activation]int{conv.Identity: 5, conv.Energy: 4} {
		p.Activation = activation
		p.Spec = p.WithDefaults()
		s, err := fitSoft(p, d)
		if err != nil || s.tile.filters != want || s.tile.finishes() != (activation == conv.Energy) {
			t.Errorf("%v: tiles of %d filters, want %d; finishes %v, %v",
				activation, s.tile.filters, want, s.tile.finishes(), err)
		}
	}
}

// TestShortPrograms: where one work-group computes all positions of a batch, programs are short if there is little
// work, and one program takes all taps. So compiling takes no longer than computing with direct. Elsewhere, and for
// much work, programs have the length that runs fastest.
func TestShortPrograms(t *testing.T) {
	d := roomy()
	d.Class, d.LoopIterations, d.Unrolled = Software, SoftwareLoopLimit, softwareUnrolled
	wide := conv.Problem{Src: conv.Shape{1, 1, 1, 300}, Weight: conv.Shape{1, 1, 1, 300}}
	for name, c := range map[string]struct {
		p           conv.Problem
		least, most int // multiplications that are written out
	}{
		"512→1000, one position":   {problems.Layer(1, 512, 1000, 1, 1), 256, softCompact},
		"64→64 3×3, 12×12":         {problems.Layer(1, 64, 64, 3, 12), 256, softCompact},
		"the tutorial's, 1 image":  {problems.Seed(1), 2352, 2352},
		"64→64 3×3, 56×56":         {problems.Layer(8, 64, 64, 3, 56), 1500, softwareUnrolled},
		"8192→8192, one position":  {problems.Layer(1, 8192, 8192, 1, 1), 1025, 2048},
		"one row of taps too long": {wide, 1200, 1200},
	} {
		c.p.Spec = c.p.WithDefaults()
		s, err := fitSoft(c.p, d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := len(s.steps()); n != s.countSteps() {
			t.Errorf("%s: %d steps, counted as %d", name, n, s.countSteps())
		}
		programs := map[Key]bool{}
		for _, stage := range s.recipe().Stages {
			programs[stage.Program] = true
		}
		if n := s.tile.macs(); n < c.least || n > c.most || c.most == softCompact && len(programs) > 1 {
			t.Errorf("%s: %d programs of %d multiplications, want %d … %d", name, len(programs), n, c.least, c.most)
		}
	}
}

// TestEvenSteps: with Even a kernel of 16 rows is cut into steps of one program. A kernel of 7 rows, which has no equal
// parts, still has a rest.
func TestEvenSteps(t *testing.T) {
	d := roomy()
	d.Class, d.LoopIterations, d.Unrolled = Software, SoftwareLoopLimit, 400
	for rows, want := range map[int][2]int{16: {2, 1}, 7: {2, 2}} { // programs without and with Even
		p := conv.Problem{Src: conv.Shape{8, 1, 64, 64}, Weight: conv.Shape{2, 1, rows, 8}}
		p.Spec = p.WithDefaults()
		for i, even := range []bool{false, true} {
			d.Even = even
			s, err := fitSoft(p, d)
			if err != nil {
				t.Fatal(err)
			}
			programs := map[Key]bool{}
			for _, stage := range s.recipe().Stages {
				programs[stage.Program] = true
			}
			if len(programs) != want[i] {
				t.Errorf("%d rows, even %v: %d programs of steps of %d rows, want %d", rows, even, len(programs),
					s.tile.tapsH, want[i])
			}
		}
	}
}

// TestPriceOfCompiling: a job whose images are known takes direct_soft if what it saves is more than the compiling that
// is still to do, and otherwise direct. Programs that a cache has cost nothing.
func TestPriceOfCompiling(t *testing.T) {
	cold := func(Key) bool { return false }
	kept := func(shader string) func(Key) bool { return func(k Key) bool { return k.Shader == shader } }
	short := problems.Layer(1, 512, 1000, 1, 1)
	for name, c := range map[string]struct {
		p        conv.Problem
		images   int
		compiled func(Key) bool
		want     string
	}{
		"five images, cold":                {problems.Seed(5), 5, cold, "direct"},
		"five images, nobody knows":        {problems.Seed(5), 5, nil, "direct"},
		"five images, kept":                {problems.Seed(5), 5, kept("direct_soft"), "direct_soft"},
		"4000 images, cold":                {problems.Seed(4000), 4000, cold, "direct_soft"},
		"portions of 5 of 4000, cold":      {problems.Seed(5), 4000, cold, "direct_soft"},
		"550 images, cold":                 {problems.Seed(550), 550, cold, "direct_soft"},
		"550 images, direct is kept":       {problems.Seed(550), 550, kept("direct"), "direct"},
		"any number of runs of five, cold": {problems.Seed(5), 0, cold, "direct_soft"},
		"as fast to compile, cold":         {short, 1, cold, "direct_soft"},
	} {
		d := roomy()
		d.Class, d.LoopIterations, d.Unrolled = Software, SoftwareLoopLimit, softwareUnrolled
		d.Images, d.Compiled = c.images, c.compiled
		b, err := Draw(c.p, d, "")
		if err != nil || b.Description.Algorithm != c.want {
			t.Errorf("%s: %s, want %s (%v, %v)", name, b.Description.Algorithm, c.want, b.Description.Rejected, err)
		}
	}
}

// TestMeasuredForOtherBatches: a tile that was measured with some images has the same shader for half as many and for
// twice as many.
func TestMeasuredForOtherBatches(t *testing.T) {
	d := roomy()
	d.Class, d.LoopIterations, d.Unrolled = Software, SoftwareLoopLimit, softwareUnrolled
	for _, p := range []conv.Problem{
		problems.Layer(6, 1, 4, 3, 9), problems.Layer(6, 64, 64, 3, 4), problems.Layer(8, 512, 1000, 1, 1),
	} {
		for _, c := range Choices(p, d, "direct_soft") {
			measured, err := DrawChoice(p, d, c)
			if err != nil {
				t.Fatal(err)
			}
			hash := measured.Description.ShaderHash()
			for _, n := range []int{p.Src.N() / 2, 2 * p.Src.N()} {
				other := p
				other.Src = p.Src.WithN(n)
				if _, err := DrawMeasured(other, d, c, hash, "measured"); err != nil {
					t.Errorf("%v, %d images: %v", p.Src, n, err)
				}
			}
		}
	}
}
