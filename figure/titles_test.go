package figure

import (
	"strings"
	"testing"
)

// TestApart: a short title has what differs between titles. What all have in common is one text.
func TestApart(t *testing.T) {
	for in, want := range map[string]string{
		"45°, sf 0.1, phase 0|45°, sf 0.1, phase 90": "phase 0|phase 90; 45°, sf 0.1",
		"45°, sf 0.1|45°, sf 0.2":                    "sf 0.1|sf 0.2; 45°",
		"45°|90°":                                    "45°|90°; ",
		"45°, sf 0.1":                                "45°, sf 0.1; ",
		"a, b|a, b":                                  "a, b|a, b; ",
		"a|a, b":                                     "a|a, b; ",
	} {
		short, common := apart(strings.Split(in, "|"))
		if got := strings.Join(short, "|") + "; " + common; got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
