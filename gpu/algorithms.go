package gpu

import (
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// AlgorithmNames lists the names that [Options].Algorithm accepts, in the order in which a device tries them.
func AlgorithmNames() []string { return recipe.AlgorithmNames() }

// ClassNames lists the classes of devices that have tiles of their own, as [Options].Tiles takes them.
func ClassNames() []string { return recipe.ClassNames() }

// Chosen reports whether a device of a class ever takes the algorithm of this name at precision p without being forced
// to. It is false for an unknown class.
func Chosen(name, class string, p conv.Precision) bool {
	c, err := recipe.ParseClass(class)
	return err == nil && recipe.Chosen(name, c, p)
}
