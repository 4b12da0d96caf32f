package recipe

import (
	"slices"

	"gpuconv/conv"
)

// blueprint is all that a plan needs to know before it allocates anything.
type Blueprint struct {
	Problem     conv.Problem // with defaults filled in
	Recipe      Recipe
	Pool        Stage // where something follows the sums that no tile makes
	Transfers   Transfers
	Description conv.Description
}

// newBlueprint chooses an algorithm for a valid problem and cuts its batch.
func Draw(p conv.Problem, device Profile, forced string) (Blueprint, error) {
	p.Spec = p.WithDefaults()
	taken, rejected, err := choose(p, device, forced)
	if err != nil {
		return Blueprint{}, err
	}
	b := Blueprint{Problem: p, Recipe: taken.recipe(), Transfers: device.Transfers}
	stages := b.Recipe.Stages
	if b.PoolsApart() {
		b.Pool = preparePool(p, device)
		stages = append(slices.Clip(stages), b.Pool)
	}
	images := chunk(p, device, b.Recipe, stages...)
	b.Description = conv.Description{Algorithm: taken.name, Chunk: images, Rejected: rejected,
		Memory: memory(p, device, images, b.Recipe), Tolerance: b.Recipe.Tolerance}
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

// pools says whether something follows the recipe's stages.
func (b Blueprint) PoolsApart() bool { return finished(b.Problem) && !b.Recipe.Finishes }
