package gpu

import (
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// AlgorithmNames lists what [Options].Algorithm takes, in the order in which they are asked.
func AlgorithmNames() []string { return recipe.AlgorithmNames() }

// ClassNames lists the classes of devices that have tiles of their own, as [Options].Tiles takes them.
func ClassNames() []string { return recipe.ClassNames() }

// Chosen reports whether an algorithm is ever taken at a precision, without being forced, on a class of devices.
func Chosen(name, class string, p conv.Precision) bool {
	c, err := recipe.ParseClass(class)
	return err == nil && recipe.Chosen(name, c, p)
}
