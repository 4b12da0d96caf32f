package main

import (
	"path/filepath"
	"testing"
)

// TestHugeFlags: what flags ask for is checked before memory is allocated, like the contents of files
// (TestHostileFiles). Each of these calls asks for more memory than there is, or for more than can be drawn in a day.
func TestHugeFlags(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes more address space")
	}
	dir := alone(t, func(dir string) { harmless(t, dir) })
	if dir == "" {
		return
	}
	for name, args := range map[string][]string{
		"a large filter":        {"filters", "--kind", "gabor", "--size", "16000", "--output", "f.npy"},
		"a large filter of run": {"run", "--backend", "cpu", "--filter", "gabor size=16000", "--output", "o"},
		"many populations":      {"filters", "--kind", "v1", "--seed", "0:1000:1", "--count", "1000000", "--output", "f.npy"},
		"many small filters":    {"filters", "--channels", "60000000", "--size", "2", "--output", "f.npy"},
		"a filter of its rows":  {"run", "--backend", "cpu", "--channels", "60000000", "--size", "2", "--output", "o"},
		"large noise":           {"stimuli", "--kind", "pink-noise", "--image-size", "10000", "--output", "s.npy"},
		"many orientations":     {"tuning", "--input", "x.npy", "--orientations", "0:180:0.0000002", "--output", "o"},
	} {
		t.Run(name, func(t *testing.T) {
			refuse(t, dir, args)
			for _, output := range []string{"f.npy", "s.npy", "o"} {
				if exists(filepath.Join(dir, output)) {
					t.Errorf("%s is written", output)
				}
			}
		})
	}
}
