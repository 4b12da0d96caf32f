package recipe

import (
	"cmp"
	"fmt"
	"slices"

	"gpuconv/conv"
)

// Blueprint is all that a plan knows before it allocates anything.
type Blueprint struct {
	Problem     conv.Problem // with defaults filled in
	Bands       Bands        // the parts of images that are computed in place of them
	Piece       conv.Problem // what the device computes: Problem, or that of Bands if images are cut
	Staged      int          // how many numbers of a chunk pass through memory of the plan's own
	Recipe      Recipe       // of Piece
	Pool        Stage        // runs after the recipe's stages if PoolsApart
	Transfers   Transfers
	Description conv.Description
}

// Draw chooses an algorithm for a valid problem on a device, cuts images that the device cannot compute whole to bands,
// and cuts the batch to chunks. forced is the name of the
// algorithm to take, or "" for the first that fits and is worth it. The error wraps [conv.ErrUnsupported] if none can
// compute the problem.
func Draw(p conv.Problem, device Profile, forced string) (Blueprint, error) {
	p.Spec = p.WithDefaults()
	taken, rejected, err := choose(p, device, forced)
	if err != nil {
		return Blueprint{}, err
	}
	b := Blueprint{Problem: p, Piece: p, Bands: taken.bands, Recipe: taken.recipe(), Transfers: device.Transfers}
	if b.Bands.Cut() {
		b.Piece = b.Bands.of(p)
	}
	if b.PoolsApart() {
		b.Pool = poolStage(b.Piece, device)
	}
	stages := b.Stages()
	pieces := chunk(b.Piece, device, b.Recipe, stages...)
	b.Staged = pieces * b.staged()
	b.Description = conv.Description{Algorithm: taken.name, Chunk: pieces, Band: b.Bands.Rows, Rejected: rejected,
		Memory: memory(b.Piece, device, pieces, b.Recipe) + 4*b.Staged, Tolerance: b.Recipe.Tolerance}
	for _, s := range stages {
		source, err := s.Program.Source(nil)
		if err != nil {
			return Blueprint{}, err
		}
		b.Description.Sources = append(b.Description.Sources, source)
	}
	b.Description.Tile = tileName(b.Recipe.Tiling)
	return b, nil
}

// PoolsApart reports whether energy or a pool follows the recipe's stages, as a dispatch of pool.comp.
func (b Blueprint) PoolsApart() bool { return goesOn(b.Problem) && !b.Recipe.Finishes }

// Stages lists the recipe's stages, and the pool that runs after them if PoolsApart.
func (b Blueprint) Stages() []Stage {
	if b.PoolsApart() {
		return append(slices.Clip(b.Recipe.Stages), b.Pool)
	}
	return b.Recipe.Stages
}

// DrawChoice draws the blueprint of a choice that [Choices] lists.
func DrawChoice(p conv.Problem, device Profile, c conv.Choice) (Blueprint, error) {
	device, err := device.requesting(p, c)
	if err != nil {
		return Blueprint{}, err
	}
	return Draw(p, device, c.Algorithm)
}

// DrawMeasured is [DrawChoice] for a choice that was measured to be the fastest: its description says so, and why. It
// returns an error if the shader is not the one that was measured, or if the device's precision rules the choice out.
func DrawMeasured(p conv.Problem, device Profile, c conv.Choice, shaderHash, why string) (Blueprint, error) {
	b, err := DrawChoice(p, device, c)
	if err != nil {
		return Blueprint{}, err
	}
	if b.Description.ShaderHash() != shaderHash {
		return Blueprint{}, fmt.Errorf("the shader of %v is another since", c)
	}
	for _, a := range algorithms() {
		if err := a.ruledOut(device.Precision); err != nil && a.name == c.Algorithm {
			return Blueprint{}, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	b.Description.Tuned = why
	for i := range b.Description.Rejected {
		b.Description.Rejected[i].Reason = slower(b.Description.Rejected[i].Algorithm, c, b.Problem, device)
	}
	return b, nil
}

// slower says why an algorithm is not taken where another was measured to be the fastest.
func slower(name string, c conv.Choice, p conv.Problem, device Profile) error {
	for _, a := range algorithms() {
		if a.name == name {
			_, _, err := a.cut(p, device)
			if err = cmp.Or(err, a.ruledOut(device.Precision)); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s was measured to be the fastest", c.Algorithm)
}
