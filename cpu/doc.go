// Package cpu computes convolutions on the processor, in two ways.
//
// [Reference] is the judge: float64, plain loops in a fixed order. Use it to decide whether another backend is right.
//
// [Engine] is the fast one: float32 on all cores, with AVX2 or AVX-512 if the processor has them, otherwise in plain
// Go, which runs on every platform. Use it where there is no GPU. It has four algorithms, and tries them in this
// order:
//
//   - winograd computes 3×3 and 5×5 kernels over many channels, with a quarter or a third of the multiplications. A
//     screen examines each block of 4×4 outputs first. If a large pixel would spoil outputs whose receptive fields do
//     not contain it, the block is computed as direct does. So the error of each output is at most 4·γₙ·A, see
//     [conv.Description], and an output whose receptive field is all 0 has no error. direct takes over if a filter's
//     weights are very uneven, or if sums of its products may be exact in float32, as with small integers. It also
//     takes over if it is faster for [Engine].Images images, counting the time for transforming the weights.
//   - dft computes kernels of many rows by means of the discrete Fourier transform of columns, with a fifth of the
//     multiplications for 31×31. A large pixel adds to the error of outputs that do not see it. So the engine takes it
//     only if it is forced or with [conv.Fast].
//   - depthwise computes filters of one channel with 3, 5 or 7 rows and strides of 1 or 2, one or two per group. It
//     loads each row of inputs once. Its outputs have the same bits as direct's. It needs AVX2, for 7 rows AVX-512.
//   - direct computes everything, as sums of products in the formula's order.
//
// A filter that is the copy or the negative of another, bias included, is not computed but filled in, if that pays. It
// does not pay below 20 taps, nor with ReLU where few filters are saved. The filters that must be computed have to be
// evenly spaced in the bank and, unless they are neighbours, take at most 1 MiB. Nothing is filled in with groups, by
// dft, or by winograd if it would be left with fewer than 32 filters.
//
// [Sums] makes sums and largest values of maps.
//
// Both backends compute every [conv.Spec]. Several goroutines may share a backend or a plan.
package cpu
