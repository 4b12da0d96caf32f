package gpu

import "gpuconv/conv"

// chunkBytes is how much src or dst one submission is given at most. Larger
// chunks gain nothing once a dispatch fills the device, and cost memory: a
// software renderer's buffers are the program's own memory. BenchmarkConv/chunk
// guards it.
const chunkBytes = 32 << 20

// imageBytes returns the sizes of one image of p and of what it becomes. p must
// have been accepted, so that neither overflows.
func imageBytes(p conv.Problem) (src, dst int) {
	in, _ := p.Src.Image().Len()
	shape, _ := p.Dst()
	out, _ := shape.Image().Len()
	return 4 * in, 4 * out
}

// chunk returns how many images go to the device at once: at least 1, at most the
// problem's batch, within the device's buffers, chunkBytes and maxImages.
func chunk(p conv.Problem, l Limits, maxImages int) int {
	src, dst := imageBytes(p)
	fit := min(l.block(), chunkBytes) / max(src, dst)
	return max(1, min(fit, maxImages, p.Src.N()))
}
