package gpu

import (
	"slices"

	"gpuconv/conv"
)

// blueprint is all that a plan needs to know before it allocates anything.
type blueprint struct {
	problem     conv.Problem // with defaults filled in
	recipe      recipe
	pool        stage // where something follows the sums that no tile makes
	description conv.Description
}

// newBlueprint chooses an algorithm for a valid problem and cuts its batch.
func newBlueprint(p conv.Problem, l Limits, forced string) (blueprint, error) {
	p.Spec = p.WithDefaults()
	chosen, rejected, err := choose(p, l, forced)
	if err != nil {
		return blueprint{}, err
	}
	b := blueprint{problem: p, recipe: chosen.prepare(p, l)}
	stages := b.recipe.stages
	if b.pools() {
		b.pool = preparePool(p, l)
		stages = append(slices.Clip(stages), b.pool)
	}
	images := chunk(p, l, b.recipe, stages...)
	b.description = conv.Description{Algorithm: chosen.name, Chunk: images, Rejected: rejected,
		Memory: memory(p, l, images, b.recipe), Tolerance: b.recipe.tolerance}
	for _, s := range stages {
		source, err := s.program.source(nil)
		if err != nil {
			return blueprint{}, err
		}
		b.description.Sources = append(b.description.Sources, source)
	}
	b.description.Tile = tileName(b.recipe.tiling)
	return b, nil
}

// pools says whether something follows the recipe's stages.
func (b blueprint) pools() bool { return finished(b.problem) && !b.recipe.finishes }
