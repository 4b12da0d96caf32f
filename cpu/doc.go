// Package cpu computes convolutions on the processor, in two ways.
//
// [Reference] is the judge: float64, plain loops in a fixed order, no
// cleverness. Use it to decide whether another backend is right.
//
// [Engine] is the worker: float32, all cores, plain Go that every platform
// builds. Use it where there is no GPU.
//
// Both run every [conv.Spec] and serve several goroutines.
package cpu
