package recipe

import (
	"slices"

	"gpuconv/conv"
)

// Tiling says how an algorithm cuts the work into tiles. Each algorithm, or group of algorithms, has its own type of
// tiling. Tilings can be compared with ==. String returns the name of a tiling, for people and for the files of gpuconv
// autotune. Different tilings have different names.
//
// Each algorithm chooses its tile for a problem in one function. The bounds for each class of devices are in the same
// file, with the reasons for them:
//
//   - chooseDirectTile, direct.go
//   - chooseIgemmTile, igemm.go; winograd's products too
//   - chooseSlideTile, slide.go: for depthwise, direct_small and direct_shared
//   - chooseFFTTile, fft_tile.go
//   - chooseSoftTile, direct_soft_tile.go
//
// [Requests] can force another tile. gpuconv autotune tries the tiles that [Choices] lists; [DrawChoice] and
// [DrawMeasured] take one by its name.
type Tiling interface{ String() string }

// choices returns the tilings that an algorithm can take for a problem, each once: first the one that it chooses
// itself, then those of its list, reduced to the size of the problem. It returns none if the algorithm cannot compute
// p, and one nil if it has no choice.
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

// chooseTile returns the tiling that the algorithm takes on a request, or by itself if requested is nil.
func (a algorithm) chooseTile(p conv.Problem, device Profile, requested Tiling) (Tiling, error) {
	device.Tiling = requested
	f, _, err := a.cut(p, device)
	if err != nil {
		return nil, err
	}
	return f.recipe().Tiling, nil
}

// Choices lists the algorithms and tilings that can compute a valid problem, in the order of the table. It lists all
// that the device's precision allows or, if forced is not "", those of the forced algorithm. The first tiling of each
// algorithm is the one that it chooses itself.
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

// tileName returns the name of a tiling, "" for nil.
func tileName(t Tiling) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// requesting returns the device with a request for c's tile. It returns an error if c's algorithm cannot take that tile
// for p.
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
