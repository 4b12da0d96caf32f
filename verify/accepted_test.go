package verify

import (
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestQuickOf: a backend without pools, or for one kernel, gets as many cases as any, and all pairs of what it accepts.
func TestQuickOf(t *testing.T) {
	for name, accepts := range map[string]func(conv.Problem) bool{
		"no pools": func(p conv.Problem) bool { return p.Pool.Kind == conv.NoPool },
		"3x3 with a stride of 2": func(p conv.Problem) bool {
			return p.Weight.H() == 3 && p.Weight.W() == 3 && p.WithDefaults().Stride == [2]int{2, 2}
		},
	} {
		cases := QuickOf(Stimuli(), Banks(), accepts)
		taken, options := 0, map[string]bool{}
		for _, c := range cases {
			if accepts(c.Problem) {
				taken++
				for _, option := range strings.Split(c.Name, "/")[crossed:] {
					options[option] = true
				}
			}
		}
		if taken < 60 || taken < len(cases)*9/10 {
			t.Errorf("%s: %d of %d cases are accepted", name, taken, len(cases))
		}
		for _, option := range []string{"mode=reflect", "groups=3", "dilation=1x3", "activation=relu", "sums=1x33",
			"bands=3"} {
			if !options[option] {
				t.Errorf("%s: no case has %s", name, option)
			}
		}
	}
	none := QuickOf(Stimuli(), Banks(), func(conv.Problem) bool { return false })
	if len(none) != len(Quick(Stimuli(), Banks())) {
		t.Errorf("%d cases for a backend that accepts none", len(none))
	}
}
