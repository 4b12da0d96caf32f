package gpu

import (
	"fmt"
	"slices"

	"gpuconv/conv"
)

// tiling is how an algorithm cuts a problem: a comparable value of a type of its own.
// Each algorithm fits one to a problem by itself, from bounds by class of device that
// stand in its file with their reasons; Limits.tiling forces another. String names it
// for people and for what gpuconv autotune stores, and is different for different values.
type tiling interface{ String() string }

// tilings lists what is worth measuring beside what the algorithm fits itself. They
// may be more than a problem fills.
func (a algorithm) tilings(p conv.Problem, l Limits) (all []tiling) {
	switch a.name {
	case "direct_soft":
		return softTilings(p)
	case "direct_small", "depthwise", "direct_shared":
		return slideTilings(l)
	case "igemm", "winograd":
		for _, t := range igemmTiles(l) {
			all = append(all, t)
		}
	case "direct":
		for _, t := range directTiles(l) {
			all = append(all, t)
		}
	}
	return all
}

// fitted returns the tilings that an algorithm can take for a problem, its own first:
// those proposed as they were fitted, each once. Nil for an algorithm that refuses p,
// and one nil for an algorithm that has no choice.
func (a algorithm) fitted(p conv.Problem, l Limits) (all []tiling) {
	for _, t := range append([]tiling{nil}, a.tilings(p, l)...) {
		if l.tiling = t; a.accepts(p, l) != nil {
			continue
		}
		fitted := a.prepare(p, l).tiling
		if l.tiling = fitted; slices.Contains(all, fitted) || a.accepts(p, l) != nil || a.prepare(p, l).tiling != fitted {
			continue
		}
		all = append(all, fitted)
	}
	return all
}

// choices lists the ways to compute a valid problem, algorithm by algorithm in their
// order, the tiling that each fits itself first.
func choices(p conv.Problem, l Limits) (all []conv.Choice) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		for _, t := range a.fitted(p, l) {
			all = append(all, conv.Choice{Algorithm: a.name, Tile: tileName(t)})
		}
	}
	return all
}

func tileName(t tiling) string {
	if t == nil {
		return ""
	}
	return t.String()
}

// choose returns the limits that have c's algorithm take c's tile.
func (l Limits) choose(p conv.Problem, c conv.Choice) (Limits, error) {
	p.Spec = p.WithDefaults()
	for _, a := range algorithms() {
		if a.name != c.Algorithm {
			continue
		}
		for _, t := range a.fitted(p, l) {
			if tileName(t) == c.Tile {
				l.tiling = t
				return l, nil
			}
		}
	}
	return Limits{}, unsupported("gpu: %v: the device has no such algorithm and tile for this problem", c)
}

// Measured is a choice that was measured to be the fastest.
type Measured struct {
	conv.Choice
	ShaderHash string // conv.Description.ShaderHash of what was measured
	Why        string // for conv.Description.Tuned
}

// Tuner knows what was measured. Tuned returns what was fastest for p on a device, nil
// if nothing was measured, and an error if what was stored is of no use.
type Tuner interface {
	Tuned(device Info, p conv.Problem) (*Measured, error)
}

// tunedBlueprint draws the blueprint that the tuner knows to be the fastest, or else
// the usual one, with a warning if the tuner's cannot be had.
func tunedBlueprint(p conv.Problem, l Limits, device Info, tuner Tuner) (blueprint, error) {
	usual, err := newBlueprint(p, l, "")
	if err != nil {
		return blueprint{}, err
	}
	m, err := tuner.Tuned(device, p)
	if m == nil && err == nil {
		return usual, nil
	}
	var b blueprint
	if err == nil {
		b, err = measuredBlueprint(p, l, m)
	}
	if err != nil {
		usual.description.Warning = fmt.Sprintf("what gpuconv autotune stored is not used: %v", err)
		return usual, nil
	}
	return b, nil
}

func measuredBlueprint(p conv.Problem, l Limits, m *Measured) (blueprint, error) {
	l, err := l.choose(p, m.Choice)
	if err != nil {
		return blueprint{}, err
	}
	b, err := newBlueprint(p, l, m.Algorithm)
	if err != nil {
		return blueprint{}, err
	}
	if b.description.ShaderHash() != m.ShaderHash {
		return blueprint{}, fmt.Errorf("the shader of %v is another since", m.Choice)
	}
	b.description.Tuned = m.Why
	for i := range b.description.Rejected {
		b.description.Rejected[i].Reason = slower(b.description.Rejected[i].Algorithm, m, b.problem, l)
	}
	return b, nil
}

// slower says why an algorithm was not taken where another was measured.
func slower(name string, m *Measured, p conv.Problem, l Limits) error {
	for _, a := range algorithms() {
		if a.name == name {
			if err := a.accepts(p, l); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s was measured to be the fastest", m.Algorithm)
}
