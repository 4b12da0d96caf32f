package recipe

import (
	"testing"

	"gpuconv/conv"
)

// TestColumnForm: parts of a single column of taps are narrow, unless the padding is not zeros, or a place may be
// OUTSIDE or larger.
func TestColumnForm(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 100, 1 << 10}, Weight: conv.Shape{1, 1, 3, 1}}
	p.Spec = p.WithDefaults()
	with := func(change func(p *conv.Problem)) conv.Problem {
		changed := p
		change(&changed)
		return changed
	}
	narrow, wide := slide{rows: 8, filters: 1, tapsH: 3, tapsW: 1}, slide{rows: 8, filters: 1, tapsH: 3, tapsW: 2}
	for name, c := range map[string]struct {
		p    conv.Problem
		s    slide
		want bool
	}{
		"narrow":           {p, narrow, true},
		"wide":             {p, wide, false},
		"reflected":        {with(func(p *conv.Problem) { p.PaddingMode = conv.Reflect }), narrow, false},
		"taps of 2²⁰ rows": {with(func(p *conv.Problem) { p.Dilation[0], p.Padding.Top = 1<<19, 1<<20-50 }), narrow, false},
		"taps of 2¹⁸ rows": {with(func(p *conv.Problem) { p.Dilation[0], p.Padding.Top = 1<<17, 1<<18-50 }), narrow, true},
		"taps beyond int":  {with(func(p *conv.Problem) { p.Dilation[0], p.Padding.Top = 1<<62, 1<<62+1<<61 }), narrow, false},
	} {
		if got := columnFormOf(c.p, roomy(), c.s).narrow; got != c.want {
			t.Errorf("%s: narrow %v, want %v", name, got, c.want)
		}
	}
	device := roomy()
	device.Class = NVIDIA
	if !columnFormOf(p, device, wide).masked || columnFormOf(p, roomy().As(AMD), wide).masked {
		t.Error("masks are for NVIDIA's hardware, not for AMD's")
	}
}
