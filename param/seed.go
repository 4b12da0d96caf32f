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

// Check refuses seeds above 2⁵³, which a number in a [Table] cannot hold exactly.
func (s Seed) Check() error {
	if s > mostWhole {
		return fault.New("param", "seed", uint64(s), "want a whole number from 0 to 2⁵³")
	}
	return nil
}

// Rand returns a new generator of random numbers: PCG-DXSM with the seed (s, 0). Its numbers are the same on every
// platform.
func (s Seed) Rand() *rand.Rand { return rand.New(rand.NewPCG(uint64(s), 0)) }
