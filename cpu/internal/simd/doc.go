// Package simd computes tiles of a convolution's sums with the processor's vector instructions: AVX2 with FMA, AVX-512,
// or plain Go if the processor has neither.
//
// [Use] returns the kernels of an [ISA]. [Kernels.Run] computes a [Tile], whose documentation has the plain loop that
// every kernel equals. The module in folder asm generates the assembly.
package simd
