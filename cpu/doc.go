// Package cpu computes convolutions on the processor, in two ways.
//
// [Reference] is the judge: float64, plain loops in a fixed order. Use it to decide whether another backend is right.
//
// [Engine] is the worker: float32 on all cores, with AVX2 or AVX-512 where the processor has them. Elsewhere it is
// plain Go, which every platform builds. Use it where there is no GPU. Its algorithms, in the order in which they are
// asked:
//
//   - winograd computes kernels of 3×3 over many channels, with a quarter of the multiplications. A screen looks at
//     each block of 4×4 outputs first. Where a large pixel would spoil outputs that do not see it, the block is
//     computed as direct does, so that each output is within 4·γₙ·A of its own, and 0 where its receptive field is.
//     Weights for which sums may be exact, such as integers, and uneven ones are left to direct. So are batches that do
//     not pay for transforming the weights: what is compared is a plan and one run of its whole batch.
//   - direct computes everything, as sums of products in the formula's order.
//
// Both backends run every [conv.Spec]. Several goroutines may share a backend or a plan.
package cpu
