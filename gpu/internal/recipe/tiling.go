package recipe

import (
	"slices"

	"gpuconv/conv"
)

// Tiling is how an algorithm cuts the work: a comparable value of a type of its own. String names it for people and for
// what gpuconv autotune stores. Different values have different names.
//
// Each algorithm chooses its tile for a problem in one function of its own file, from bounds for classes of devices
// that are there with their reasons:
//
//   - chooseDirectTile, direct.go
//   - chooseIgemmTile, igemm.go; winograd's products too
//   - chooseSlideTile, slide.go: for depthwise, direct_small and direct_shared
//   - chooseFFTTile, fft_tile.go
//   - chooseSoftTile, direct_soft_tile.go
//
// [Requests] force another tile: so gpuconv autotune tries those that [Choices] lists, and [DrawChoice] and
// [DrawMeasured] take one by its name.
type Tiling interface{ String() string }

// choices returns the tilings that an algorithm can take for a problem, each once: the one that it chooses itself
// first, then those of its list as it fits them. It returns none if the algorithm cannot compute p, and one nil if it
// has no choice.
func (a algorithm) choices(p conv.Problem, device Profile) (all []Tiling) {
	requests := []Tiling{nil}
	if a.tilings != nil {
		requests = append(requests, a.tilings(p, device)...)
	}
	for _, t := range requests {
		own, err := a.chooseTile(p, device, t)
		if err != nil || slices.Contains(all, own) {
			continue
		}
		if again, err := a.chooseTile(p, device, own); err == nil && again == own {
			all = append(all, own)
		}
	}
	return all
}

// chooseTile returns the tiling that an algorithm takes if one is requested, or by itself if that is nil.
func (a algorithm) chooseTile(p conv.Problem, device Profile, requested Tiling) (Tiling, error) {
	device.Tiling = requested
	f, _, err := a.cut(p, device)
	if err != nil {
		return nil, err
	}
	return f.recipe().Tiling, nil
}

// Choices lists the ways to compute a valid problem, by algorithm in the order of the table: all that the device's
// precision allows, or those of the forced algorithm, if it is not "". The first tiling of each algorithm is the one
// that it chooses itself.
func Choices(p conv.Problem, device Profile, forced string) (all []conv.Choice) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if forced == "" && a.ruledOut(device.Precision) != nil || forced != "" && forced != a.name {
			continue
		}
		for _, t := range a.choices(p, device) {
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

// requesting returns the device with a request for c's tile, which c's algorithm can take.
func (device Profile) requesting(p conv.Problem, c conv.Choice) (Profile, error) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if a.name != c.Algorithm {
			continue
		}
		for _, t := range a.choices(p, device) {
			if tileName(t) == c.Tile {
				device.Tiling = t
				return device, nil
			}
		}
	}
	return Profile{}, unsupported(c.String(), "the device has no such algorithm and tile for this problem")
}
