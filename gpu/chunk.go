package gpu

import "gpuconv/conv"

// chunkBytes is how much src or dst one submission is given at most. Larger
// chunks gain nothing once a dispatch fills the device, and cost memory: a
// software renderer's buffers are the program's own memory. BenchmarkRun of
// cmd/gpuconv reports it.
const chunkBytes = 32 << 20

// imageBytes returns the sizes of one image of p, of its sums and of what becomes
// of them. p must have been accepted, so that none overflows.
func imageBytes(p conv.Problem) (src, sums, dst int) {
	in, _ := p.Src.Image().Len()
	between, _ := p.Sums()
	after, _ := p.Dst()
	held, _ := between.Image().Len()
	out, _ := after.Image().Len()
	return 4 * in, 4 * held, 4 * out
}

// chunk returns how many images go to the device at once: at least 1, at most the
// problem's batch, within the device's buffers, chunkBytes and what each stage
// can count.
func chunk(p conv.Problem, l Limits, between []scratch, stages ...stage) int {
	src, sums, dst := imageBytes(p)
	largest := max(src, sums, dst)
	for _, s := range between {
		largest = max(largest, s.imageBytes)
	}
	images := min(p.Src.N(), min(l.block(), chunkBytes)/largest)
	for _, s := range stages {
		images = min(images, s.maxImages)
	}
	return max(1, images)
}

// memory returns how many bytes of buffers a plan of p with these chunks holds.
func memory(p conv.Problem, chunk int, r recipe) int {
	src, sums, dst := imageBytes(p)
	if !finished(p) || r.finishes {
		sums = 0
	}
	image := src + sums + dst
	for _, s := range r.scratch {
		image += s.imageBytes
	}
	return chunk*image + 4*r.packedFloats
}
