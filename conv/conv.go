// Package conv is gpuconv's vocabulary: it says what a 2-D convolution is, and what a backend must do that computes
// one. It computes nothing itself.
//
// The operation is cross-correlation: the kernel is not flipped, as in PyTorch, ONNX and cuDNN. With images x, weights
// w and biases b,
//
//	y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, g·Cg+c, i·Sh+u·Dh−Top, j·Sw+v·Dw−Left]
//
// summed over c < Cg = Cin/groups, u < KH and v < KW, where g = k/(Cout/groups) is the group that filter k belongs to.
// Positions outside the image are filled as [PaddingMode] says. The [Activation] is applied to y, then the [Pool];
// [Energy] makes one channel of two.
//
// [Apply] computes one convolution. For many batches with the same weights, describe the convolution by a [Problem],
// which [Problem.Dst] validates, prepare it once with [Backend.Plan], and call [Plan.Run] for each batch. The package
// has no backend: gpuconv/cpu has two, gpuconv/gpu one.
//
// Some plans can do more. Each such power is a small interface that a type assertion finds: [Describer], [Submitter],
// [Timer], [Phaser] and [Oracle]. Those of a backend are [Explainer] and [Chooser].
//
// Symbols used in all packages: N images in a batch, C channels, H rows, W columns, K filters (output channels), KH×KW
// the kernel.
package conv
