package main

import (
	"slices"
	"testing"

	"gpuconv/experiment"
)

// TestNoteFound: with --keep, the notes on the file count the numbers in it, and a separate note counts the outputs of
// the maps.
func TestNoteFound(t *testing.T) {
	maps := experiment.NotFinite{Outputs: 1000, NaN: 5, Infinite: 2}
	numbers := experiment.NotFinite{Outputs: 20, Infinite: 3}
	keep := experiment.Summary{{}}
	for name, c := range map[string]struct {
		report experiment.Report
		want   []string
	}{
		"maps": {experiment.Report{NotFinite: maps, Overflown: 7}, []string{
			"note: a.npy: 5 of 1000 outputs are NaN and 2 infinite",
			"note: a.npy: 7 of 1000 outputs exceed float16's range, 65504, and became infinite"}},
		"numbers": {experiment.Report{Summary: keep, NotFinite: maps, Numbers: numbers, Overflown: 7}, []string{
			"note: in the maps, which are not kept: 5 of 1000 outputs are NaN and 2 infinite",
			"note: a.npy: 3 of 20 numbers are infinite",
			"note: a.npy: 7 of 20 numbers exceed float16's range, 65504, and became infinite"}},
		"finite maps": {experiment.Report{Summary: keep, Numbers: numbers}, []string{
			"note: a.npy: 3 of 20 numbers are infinite"}},
	} {
		var in inputs
		if in.noteFound("a.npy", &c.report); !slices.Equal(in.notes, c.want) {
			t.Errorf("%s: %q, want %q", name, in.notes, c.want)
		}
	}
}
