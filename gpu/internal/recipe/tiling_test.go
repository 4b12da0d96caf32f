package recipe

import (
	"slices"
	"testing"

	"gpuconv/gpu/internal/problems"
)

// TestTilesAreTried: each tile that is listed for a class is a choice for the problems of problems.Tiled, with which
// TestTilings of package gpu computes.
func TestTilesAreTried(t *testing.T) {
	for class, d := range everyClass() {
		for _, a := range algorithms() {
			p := problems.Tiled()[a.name]
			p.Spec = p.WithDefaults()
			if a.tilings == nil || a.softwareOnly && d.Class != Software {
				continue
			}
			fitted := a.choices(p, d)
			if len(fitted) == 0 {
				t.Errorf("%s refuses %v on %s", a.name, p, class)
				continue
			}
			for _, proposed := range a.tilings(p, d) {
				if cut, ok := proposed.(SlideCut); ok && a.name == "depthwise" && cut.Filters > depthwiseFilters {
					proposed = SlideCut{cut.Rows, depthwiseFilters} // a group has no more
				}
				if !slices.Contains(fitted, proposed) {
					t.Errorf("%s on %s: %v is listed and not tried: %v", a.name, class, proposed, fitted)
				}
			}
		}
	}
}
