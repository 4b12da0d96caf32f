package param

import (
	"math/rand/v2"

	"gpuconv/fault"
)

// Seed makes random numbers repeatable.
type Seed uint64

// Parameter returns the parameter of a seed.
func (s *Seed) Parameter() Parameter {
	return New("seed", "seed", "whole number that makes random numbers repeatable", s)
}

// Check refuses seeds above 2⁵³, which the number of a [Table] does not hold exactly.
func (s Seed) Check() error {
	if s > mostWhole {
		return fault.New("param", "seed", uint64(s), "want a whole number from 0 to 2⁵³")
	}
	return nil
}

// Rand returns the random numbers of the seed, from the first on: PCG-DXSM of (s, 0), the same on every platform.
func (s Seed) Rand() *rand.Rand { return rand.New(rand.NewPCG(uint64(s), 0)) }
