package gpu

import "gpuconv/conv"

// chunkBytes is how much src or dst one submission is given at most. Larger
// chunks gain nothing once a dispatch fills the device, and cost memory: a
// software renderer's buffers are the program's own memory. BenchmarkRun of
// cmd/gpuconv reports it.
const chunkBytes = 32 << 20

// Where chunks overlap, a batch is cut into overlapping ones even if it fits into one
// chunk: into leastPieces, of which the first to be uploaded and the last to be read
// back have nothing beside them, unless they are of less than pieceBytes. That takes
// 16 GB/s (PCI Express 3) 0.25 ms, next to which what a submission costs is little.
const (
	leastPieces = 4
	pieceBytes  = 4 << 20
)

// lentImages: a chunk of a multiple of them begins where the batch's own memory is
// aligned, whatever an image's size.
const lentImages = lentAlignment / 4

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
// can count. Chunks are of one size, the last one may be smaller.
func chunk(p conv.Problem, l Limits, between []scratch, stages ...stage) int {
	src, sums, dst := imageBytes(p)
	largest := max(src, sums, dst)
	for _, s := range between {
		largest = max(largest, s.imageBytes)
	}
	batch := max(1, p.Src.N())
	most := min(l.block(), chunkBytes) / largest
	for _, s := range stages {
		most = min(most, s.maxImages)
	}
	most = max(1, min(most, batch))
	pieces := ceilDiv(batch, most)
	if l.transfers.sets() > 1 {
		pieces = max(pieces, min(leastPieces, batch*(src+dst)/max(1, l.transfers.piece)))
	}
	images := ceilDiv(batch, pieces)
	if l.transfers.route == lent && pieces > 1 && most >= lentImages {
		images = min(roundUp(images, lentImages), most/lentImages*lentImages)
	}
	return images
}

// memory returns how many bytes of buffers a plan of p with these chunks holds.
func memory(p conv.Problem, l Limits, chunk int, r recipe) int {
	src, sums, dst := imageBytes(p)
	moved := src + dst
	if l.transfers.route == mapped {
		moved *= 2
	}
	if !finished(p) || r.finishes {
		sums = 0
	}
	image := l.transfers.sets()*moved + sums
	for _, s := range r.scratch {
		image += s.imageBytes
	}
	return chunk*image + 4*r.packedFloats
}
