package gpu

import (
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// AlgorithmNames lists the names that [Options].Algorithm accepts, in the order in which a device tries them.
func AlgorithmNames() []string { return recipe.AlgorithmNames() }

// Chosen reports whether devices ever take an algorithm at precision p without being forced: software renderers if
// software is true, else hardware.
func Chosen(name string, software bool, p conv.Precision) bool {
	return recipe.Chosen(name, software, p)
}
