package param

import "testing"

// TestTitle: minus signs are those of values; names keep their hyphens.
func TestTitle(t *testing.T) {
	orientation, x := -45.0, -0.5
	got := Title([]Parameter{{Name: "orientation", Value: &orientation}, {Name: "aperture-x", Value: &x}}, []string{"orientation", "aperture-x"})
	if want := "−45°, aperture-x −0.5"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
}
