package page

import (
	"slices"
	"testing"

	"gpuconv/param"
)

// TestCells: an orientation that rounds to 180° is 0, as orientations are below 180°, and names that only repeat the
// numbers of the cells are left out.
func TestCells(t *testing.T) {
	for names, want := range map[string][]string{
		"01": {"cell", "orientation preferred deg"}, "0a": {"cell", "name", "orientation preferred deg"}} {
		v := &viewTuning{}
		v.addCells(&param.Table{Subject: "cell", Columns: []param.Column{
			{Name: "name", Words: []string{names[:1], names[1:]}},
			{Name: "orientation_preferred_deg", Numbers: []float64{179.9976, 179.9}}}})
		last := len(want) - 1
		if !slices.Equal(v.Cells.Names, want) || v.Cells.Rows[0][last] != "0" || v.Cells.Rows[1][last] != "179.9" {
			t.Errorf("cells called %q: %v", names, v.Cells)
		}
	}
}

// TestResponse: the page says which value of a map is the response.
func TestResponse(t *testing.T) {
	for at, want := range map[string]string{"centre": "at the centre", "24,32": "at 24,32 of the map",
		"mean": "mean of the map", "max": "max of the map"} {
		r := &Run{Tuning: &Tuning{Cells: param.NewTable("cell"), Said: tuningJSON{At: at}}}
		if got := string(r.tuningView().Facts[1].Value); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}
