// Package simd computes tiles of a convolution's sums with the processor's vector instructions: AVX2 with FMA, AVX-512,
// or plain Go if the processor has neither.
//
// It also has the engine's other inner loops: transforms of Winograd's algorithm, sums of magnitudes, numbers of maps,
// and copies of pixels to phases. [Use] returns the kernels of an [ISA]. Each method of [Kernels] takes a struct, such
// as [Tile], whose documentation has the plain loop that the kernels equal. The module in folder asm generates the
// assembly.
package simd
