package verify

import (
	"slices"

	"gpuconv/conv"
)

// QuickOf is [Quick] for a backend that accepts few problems: it leaves out the levels of axes for which accepts
// returns false, and covers every pair of the others. Without that, most cases of a backend that has no pools, for
// instance, would be skipped. accepts may still be false for a combination of levels.
func QuickOf(stimuli []Stimulus, banks []Bank, accepts func(conv.Problem) bool) []Case {
	return quick(accepted(table(stimuli, banks, fewKernels()), accepts))
}

// QuickPlainOf is [QuickPlain] for a backend that accepts few problems, as QuickOf is.
func QuickPlainOf(stimuli []Stimulus, banks []Bank, accepts func(conv.Problem) bool) []Case {
	return quickPlain(accepted(table(stimuli, banks, fewKernels()), accepts))
}

// WholeOf is [Whole] for a backend that accepts few problems, as QuickOf is.
func WholeOf(stimuli []Stimulus, banks []Bank, accepts func(conv.Problem) bool) []Case {
	return wholeOf(accepted(table(stimuli, banks, everyKernel()), accepts))
}

// accepted returns the axes without the levels that are refused. It takes the first problem of a cover that is
// accepted, and puts each level into it, one at a time. If no problem of the cover is accepted, it returns all levels.
func accepted(axes []axis, accepts func(conv.Problem) bool) []axis {
	var base row
	for _, r := range append(coverOf(axes, plainSizes(axes)), coverOf(axes, sizes(axes))...) {
		if accepts(draftOf(axes, r).problem()) {
			base = r
			break
		}
	}
	if base == nil {
		return axes
	}
	kept := make([][]bool, len(axes))
	for a := range axes {
		for level := range axes[a].levels {
			r := slices.Clone(base)
			r[a] = level
			kept[a] = append(kept[a], accepts(draftOf(axes, r).problem()))
		}
	}
	return keeping(axes, kept)
}

// keeping returns the axes with the kept levels only.
func keeping(axes []axis, kept [][]bool) (all []axis) {
	for a, whole := range axes {
		part := axis{name: whole.name}
		for level, l := range whole.levels {
			if !kept[a][level] {
				continue
			}
			part.levels = append(part.levels, l)
			if level < whole.plain {
				part.plain++
			}
		}
		part.plain = max(1, part.plain)
		all = append(all, part)
	}
	return all
}
