// Package cpu computes convolutions on the processor, in two ways.
//
// [Reference] is the judge: float64, plain loops in a fixed order, no
// cleverness. Use it to decide whether another backend is right.
//
// [Engine] is the worker: float32, all cores, AVX2 or AVX-512 where the processor
// has them, else plain Go, which every platform builds. Use it where there is no GPU.
// Its algorithms, in the order in which they are asked:
//
//   - winograd: kernels of 3×3 over many channels, with a quarter of the
//     multiplications and a little more rounding
//   - direct: everything, as sums of products in the formula's order
//
// Both run every [conv.Spec] and serve several goroutines.
package cpu
