package grid_test

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/internal/grid"
)

// made returns a table with a column without a value, and with characters of more than one byte.
func made() *grid.Grid {
	g := &grid.Grid{Names: []string{"case", "backend", "time", "energy", "interval"}}
	g.Add("n=1", "cpu ×2", "1 µs", "–", "1 … 2")
	g.Add("a|b", "gpu", "missing")
	return g
}

// TestWrite: columns are aligned to the right by characters, a row may leave out cells at its end, and no line ends in
// spaces. In Markdown no cell ends early.
func TestWrite(t *testing.T) {
	var text, markdown strings.Builder
	if err := made().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	want := "  case  backend     time  energy  interval\n" +
		"   n=1   cpu ×2     1 µs       –     1 … 2\n" +
		"   a|b      gpu  missing\n"
	if text.String() != want {
		t.Errorf("%s, want\n%s", text.String(), want)
	}
	if err := made().WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	want = "| case | backend | time | energy | interval |\n| --- | --- | --- | --- | --- |\n" +
		"| n=1 | cpu ×2 | 1 µs | – | 1 … 2 |\n| a\\|b | gpu | missing |  |  |\n"
	if markdown.String() != want {
		t.Errorf("%s, want\n%s", markdown.String(), want)
	}
}

// TestDrop: columns without a value go, except the first ones. Others go in the given order, as many as must.
func TestDrop(t *testing.T) {
	g := made()
	if g.DropEmpty(2); !slices.Equal(g.Names, []string{"case", "backend", "time", "interval"}) {
		t.Errorf("left are %q, want all but energy", g.Names)
	}
	if g = made(); len(g.Fit(42, "time", "case")) > 0 {
		t.Errorf("left are %q: want all, which are 42 characters wide", g.Names)
	}
	if dropped := g.Fit(41, "none", "interval", "time"); !slices.Equal(dropped, []string{"interval"}) {
		t.Errorf("%q are dropped, want the interval", dropped)
	}
	if dropped := g.Fit(1, "time"); !slices.Equal(dropped, []string{"time"}) || len(g.Rows[1]) != 3 {
		t.Errorf("%q are dropped, left is %q", dropped, g.Rows[1])
	}
}

// TestMarks: what a page marks.
func TestMarks(t *testing.T) {
	var g grid.Grid
	for cell, want := range map[string]bool{"–": true, "12 ms": true, "-0.5": true, "": false, "-": false,
		"a1": false} {
		if g.Figure(cell) != want {
			t.Errorf("%q is a figure: %v", cell, !want)
		}
	}
	for cell, want := range map[string]bool{"WRONG": true, "loss": true, "missing": true, "absent: why": true,
		"gain": false} {
		if g.Bad([]string{"a", cell}) != want {
			t.Errorf("%q is bad: %v", cell, !want)
		}
	}
}
