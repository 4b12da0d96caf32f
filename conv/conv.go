// Package conv is gpuconv's vocabulary: what a 2-D convolution is, and what a backend that computes it must do. The
// package computes nothing itself.
//
// The operation is cross-correlation: the kernel is not flipped, as in PyTorch, ONNX and cuDNN. With images x, weights
// w and biases b,
//
//	y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, g·Cg+c, i·Sh+u·Dh−Top, j·Sw+v·Dw−Left]
//
// summed over c < Cg = Cin/groups, u < KH and v < KW. Cin is the number of channels of an image, Cout the number of
// filters. Filter k belongs to group g = k/(Cout/groups), rounded down. (Sh, Sw) is the stride, (Dh, Dw) the dilation,
// Top and Left are parts of the [Padding]. [PaddingMode] says what fills positions outside the image. The [Activation]
// is applied to y, then the [Pool]. [Energy] turns two channels into one.
//
// [Apply] computes one convolution. For many batches with the same weights, describe the convolution by a [Problem],
// which [Problem.Dst] validates, prepare it once with [Backend.Plan], and call [Plan.Run] for each batch. Package
// gpuconv/cpu has two backends, gpuconv/gpu has one.
//
// Some plans and backends can do more. Each extra ability is a small interface; a type assertion finds out whether a
// value has it. Plans may be a [Describer], [Submitter], [Timer], [Phaser], [Compiler], [Oracle] or [Sampler], backends
// an [Explainer], [Checker], [Chooser], [Forecaster] or [Cutter].
//
// Symbols used in all packages: N images in a batch, C channels, H rows, W columns, K filters (output channels), KH×KW
// the kernel.
package conv
