// Package cpu computes convolutions on the processor, in two ways.
//
// [Reference] is the judge: float64, plain loops in a fixed order. Use it to decide whether another backend is right.
//
// [Engine] is the worker: float32 on all cores, with AVX2 or AVX-512 where the processor has them. Elsewhere it is
// plain Go, which every platform builds. Use it where there is no GPU. Its algorithms, in the order in which they are
// asked:
//
//   - winograd computes kernels of 3×3 over many channels, with a quarter of the multiplications and a little more
//     rounding.
//   - direct computes everything, as sums of products in the formula's order.
//
// Both backends run every [conv.Spec]. Several goroutines may share a backend or a plan.
package cpu
