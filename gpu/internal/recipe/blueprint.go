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
	Bands       Bands        // how images are cut into bands
	Piece       conv.Problem // what the device computes: Problem, or its bands in place of images
	Staged      int          // how many floats of host memory the bands of a chunk need
	Recipe      Recipe       // for Piece
	Pool        Stage        // runs after the recipe's stages if PoolsApart
	Gratings    Stage        // makes the images, if NoGratings is nil
	NoGratings  error        // why the device makes no images
	Transfers   Transfers
	Description conv.Description

	device Profile
}

// Draw chooses an algorithm for a valid problem on a device. It cuts images that the device cannot compute whole into
// bands, and the batch into chunks. forced is the name of the algorithm to take, or "" for the first that fits and is
// worth it. The error wraps [conv.ErrUnsupported] if no algorithm can compute the problem.
func Draw(p conv.Problem, device Profile, forced string) (Blueprint, error) {
	p.Spec = p.WithDefaults()
	taken, rejected, err := choose(device.whole(p), device, forced)
	if err != nil {
		return Blueprint{}, err
	}
	b := Blueprint{Problem: p, Piece: p, Bands: taken.bands, Recipe: taken.recipe(), Transfers: device.Transfers,
		device: device}
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
	b.Gratings, b.NoGratings = b.gratings(device)
	return b, nil
}

// PoolsApart reports whether pool.comp computes energy or a pool after the recipe's stages.
func (b Blueprint) PoolsApart() bool { return goesOn(b.Problem) && !b.Recipe.Finishes }

// Stages lists the recipe's stages, and the pool that runs after them if PoolsApart.
func (b Blueprint) Stages() []Stage {
	if b.PoolsApart() {
		return append(slices.Clip(b.Recipe.Stages), b.Pool)
	}
	return b.Recipe.Stages
}

// DrawChoice returns the blueprint for a choice that [Choices] lists.
func DrawChoice(p conv.Problem, device Profile, c conv.Choice) (Blueprint, error) {
	device, err := device.requesting(p, c)
	if err != nil {
		return Blueprint{}, err
	}
	return Draw(p, device, c.Algorithm)
}

// DrawMeasured is [DrawChoice] for the choice that was measured to be the fastest. why is the text that the description
// gives as Tuned. DrawMeasured returns an error if the shader's hash is not shaderHash, which is that of the measured
// one, or if the device's precision rules the choice out.
func DrawMeasured(p conv.Problem, device Profile, c conv.Choice, shaderHash, why string) (Blueprint, error) {
	b, err := DrawChoice(p, device, c)
	if err != nil {
		return Blueprint{}, err
	}
	if b.Description.ShaderHash() != shaderHash {
		return Blueprint{}, fmt.Errorf("the shader of %v has changed since", c)
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

// slower returns why an algorithm is not taken: it cannot compute p, or c was measured to be the fastest.
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
