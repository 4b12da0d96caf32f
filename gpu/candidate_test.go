//go:build cgo && !nogl

package gpu

import (
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	candidates := []candidate{
		{name: "a", index: 0}, {name: "surfaceless", index: -1}, {name: "soft", index: 1, software: true},
	}
	for selector, want := range map[string]string{
		"any": "a surfaceless soft", "gpu": "a surfaceless soft", "software": "soft a surfaceless", "0": "a",
		"1": "soft", "2": ""} {
		s, err := ParseSelector(selector)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range s.order(candidates) {
			names = append(names, c.name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
}
