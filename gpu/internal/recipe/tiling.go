package recipe

import (
	"slices"

	"gpuconv/conv"
)

// Tiling is how an algorithm cuts the work: a comparable value of a type of its own. Each algorithm fits one to a
// problem by itself, from bounds for classes of devices that are in its file with their reasons; [Wishes] force
// another. String names it for people and for what gpuconv autotune stores. Different values have different names.
type Tiling interface{ String() string }

// tiles returns the tilings that an algorithm can take for a problem, each once: the one that it fits itself first,
// then those of its list as it fits them. It returns none if the algorithm cannot compute p, and one nil if it has no
// choice.
func (a algorithm) tiles(p conv.Problem, device Profile) (all []Tiling) {
	wished := []Tiling{nil}
	if a.tilings != nil {
		wished = append(wished, a.tilings(p, device)...)
	}
	for _, t := range wished {
		own, err := a.tile(p, device, t)
		if err != nil || slices.Contains(all, own) {
			continue
		}
		if again, err := a.tile(p, device, own); err == nil && again == own {
			all = append(all, own)
		}
	}
	return all
}

// tile returns the tiling that an algorithm takes where one is wished for.
func (a algorithm) tile(p conv.Problem, device Profile, wished Tiling) (Tiling, error) {
	device.Tiling = wished
	f, err := a.fitTo(p, device)
	if err != nil {
		return nil, err
	}
	return f.recipe().Tiling, nil
}

// Choices lists the ways to compute a valid problem, by algorithm in the order of the table. Of each algorithm the
// tiling that it fits itself is the first.
func Choices(p conv.Problem, device Profile) (all []conv.Choice) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		for _, t := range a.tiles(p, device) {
			all = append(all, conv.Choice{Algorithm: a.name, Tile: tileName(t)})
		}
	}
	return all
}

func tileName(t Tiling) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// wishing returns the device with a wish for c's tile, which c's algorithm can take.
func (device Profile) wishing(p conv.Problem, c conv.Choice) (Profile, error) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if a.name != c.Algorithm {
			continue
		}
		for _, t := range a.tiles(p, device) {
			if tileName(t) == c.Tile {
				device.Tiling = t
				return device, nil
			}
		}
	}
	return Profile{}, unsupported(c.String(), "the device has no such algorithm and tile for this problem")
}
