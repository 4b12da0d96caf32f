package recipe

import (
	"fmt"
	"slices"

	"gpuconv/conv"
)

// tiling is how an algorithm cuts a problem: a comparable value of a type of its own.
// Each algorithm fits one to a problem by itself, from bounds by class of device that
// stand in its file with their reasons; Limits.tiling forces another. String names it
// for people and for what gpuconv autotune stores, and is different for different values.
type Tiling interface{ String() string }

// tilings lists what is worth measuring beside what the algorithm fits itself. They
// may be more than a problem fills.
func (a algorithm) tilings(p conv.Problem, device Profile) (all []Tiling) {
	switch a.name {
	case "direct_soft":
		return softTilings(p)
	case "direct_small", "depthwise", "direct_shared":
		return slideTilings(device)
	case "igemm", "winograd":
		for _, t := range igemmTiles(device) {
			all = append(all, t)
		}
	case "direct":
		for _, t := range directTiles(device) {
			all = append(all, t)
		}
	}
	return all
}

// fitted returns the tilings that an algorithm can take for a problem, its own first:
// those proposed as they were fitted, each once. Nil for an algorithm that refuses p,
// and one nil for an algorithm that has no choice.
func (a algorithm) fitted(p conv.Problem, device Profile) (all []Tiling) {
	for _, t := range append([]Tiling{nil}, a.tilings(p, device)...) {
		if device.Tiling = t; a.accepts(p, device) != nil {
			continue
		}
		fitted := a.prepare(p, device).Tiling
		if device.Tiling = fitted; slices.Contains(all, fitted) || a.accepts(p, device) != nil || a.prepare(p, device).Tiling != fitted {
			continue
		}
		all = append(all, fitted)
	}
	return all
}

// choices lists the ways to compute a valid problem, algorithm by algorithm in their
// order, the tiling that each fits itself first.
func Choices(p conv.Problem, device Profile) (all []conv.Choice) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		for _, t := range a.fitted(p, device) {
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

// choose returns the limits that have c's algorithm take c's tile.
func (device Profile) choose(p conv.Problem, c conv.Choice) (Profile, error) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if a.name != c.Algorithm {
			continue
		}
		for _, t := range a.fitted(p, device) {
			if tileName(t) == c.Tile {
				device.Tiling = t
				return device, nil
			}
		}
	}
	return Profile{}, unsupported("gpu: %v: the device has no such algorithm and tile for this problem", c)
}

// chosenBlueprint draws the blueprint of a choice that choices lists.
func DrawChoice(p conv.Problem, device Profile, c conv.Choice) (Blueprint, error) {
	device, err := device.choose(p, c)
	if err != nil {
		return Blueprint{}, err
	}
	return Draw(p, device, c.Algorithm)
}

// measuredBlueprint draws the blueprint of a choice that was measured to be the fastest, for
// a plan that says why. It is refused if its shader is not the one that was measured.
func DrawMeasured(p conv.Problem, device Profile, c conv.Choice, shaderHash, why string) (Blueprint, error) {
	b, err := DrawChoice(p, device, c)
	if err != nil {
		return Blueprint{}, err
	}
	if b.Description.ShaderHash() != shaderHash {
		return Blueprint{}, fmt.Errorf("the shader of %v is another since", c)
	}
	b.Description.Tuned = why
	for i := range b.Description.Rejected {
		b.Description.Rejected[i].Reason = slower(b.Description.Rejected[i].Algorithm, c, b.Problem, device)
	}
	return b, nil
}

// slower says why an algorithm was not taken where another was measured.
func slower(name string, c conv.Choice, p conv.Problem, device Profile) error {
	for _, a := range algorithms() {
		if a.name == name {
			if err := a.accepts(p, device); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s was measured to be the fastest", c.Algorithm)
}
