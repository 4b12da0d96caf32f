//go:build !amd64

package simd

// native is empty: there is no assembly for this processor.
func native() []ISA { return nil }

// kernels returns the kernels in plain Go.
func kernels(ISA) *Kernels { return genericKernels() }
