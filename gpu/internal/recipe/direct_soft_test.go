package recipe

import (
	"testing"

	"gpuconv/conv"
)

// TestSoftFinishes: of ten filters five in a tile cost least. Five are no pairs, so that energy, which would be a
// dispatch of its own, has four.
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
