package gpu

import (
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// AlgorithmNames lists what [Options].Algorithm takes, in the order in which they are asked.
func AlgorithmNames() []string { return recipe.AlgorithmNames() }

// Chosen reports whether an algorithm is ever taken at a precision, without being forced, on software renderers or on
// hardware.
func Chosen(name string, software bool, p conv.Precision) bool {
	return recipe.Chosen(name, software, p)
}
