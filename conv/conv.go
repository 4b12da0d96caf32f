// Package conv is gpuconv's vocabulary: what a 2-D convolution is, and what a
// backend that computes one looks like. It computes nothing itself.
//
// The operation is cross-correlation: the kernel is not flipped, as in PyTorch,
// ONNX and cuDNN. With images x, weights w and biases b,
//
//	y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, g·Cg+c, i·Sh+u·Dh−Top, j·Sw+v·Dw−Left]
//
// summed over c < Cg = Cin/groups, u < KH and v < KW, where g = k/(Cout/groups)
// is the group that filter k belongs to. Positions outside the image are filled
// as [PaddingMode] says. The [Activation] is applied to y, then the [Pool]; [Energy]
// makes one channel of two.
//
// Use [Problem] to describe and validate a convolution, [Backend.Plan] to
// prepare it once and [Plan.Run] to run it many times. Optional powers of a plan
// are the small interfaces [Describer], [Submitter], [Timer], [Phaser] and [Oracle],
// a backend's is [Explainer]; all are found by assertion.
//
// Symbols used in all packages: N images in a batch, C channels, H rows, W
// columns, K filters (output channels), KH×KW the kernel.
package conv
