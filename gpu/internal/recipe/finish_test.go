package recipe

import (
	"testing"

	"gpuconv/gpu/internal/problems"
)

// TestFinishingTilings: tiles of slides with even numbers of rows and of filters make energy and pools themselves,
// others do not. The test tries every tile that gpuconv autotune may measure.
func TestFinishingTilings(t *testing.T) {
	for _, algorithm := range []string{"direct_small", "depthwise", "direct_shared"} {
		p := problems.TiledPairs(algorithm)
		for class, d := range everyClass() {
			count := 0
			for _, c := range Choices(p, d, "") {
				if c.Algorithm != algorithm {
					continue
				}
				count++
				b, err := DrawChoice(p, d, c)
				if err != nil {
					t.Fatal(err)
				}
				if cut := b.Recipe.Tiling.(SlideCut); b.Recipe.Finishes != (cut.Rows%2 == 0 && cut.Filters%2 == 0) {
					t.Errorf("%s, %v: finishes %v", class, c, b.Recipe.Finishes)
				}
			}
			if count < 2 {
				t.Errorf("%s has %d tiles on %s", algorithm, count, class)
			}
		}
	}
}

// everyClass returns a device of each class, by the name of the class.
func everyClass() map[string]Profile {
	all := map[string]Profile{}
	for class := range classes {
		d := roomy()
		d.Class = Class(class)
		all[d.Class.String()] = d
	}
	return all
}
