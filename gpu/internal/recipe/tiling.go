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

// tiles returns the tilings that an algorithm can take for a problem, its own first: those of its list as it fits them,
// each once. It returns none for an algorithm that refuses p, and one nil for an algorithm that has no choice.
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

// Choices lists the ways to compute a valid problem: algorithm by algorithm in their order, of each the tiling that it
// takes by itself first.
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

// wishing returns the device with the wish for c's tile, which c's algorithm then takes.
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

// chosenBlueprint draws the blueprint of a choice that choices lists.
func DrawChoice(p conv.Problem, device Profile, c conv.Choice) (Blueprint, error) {
	device, err := device.wishing(p, c)
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
			if _, err := a.fitTo(p, device); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s was measured to be the fastest", c.Algorithm)
}
