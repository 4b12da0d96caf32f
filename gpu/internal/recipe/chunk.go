package recipe

import "gpuconv/conv"

// chunkBytes is how much src or dst one submission is given at most. Larger
// chunks gain nothing once a dispatch fills the device, and cost memory: a
// software renderer's buffers are the program's own memory. BenchmarkRun of
// cmd/gpuconv reports it.
const chunkBytes = 32 << 20

// chunkMACs is how many multiplications hardware is given in one submission at most, unless one image takes more: drivers
// reset a device that computes for some seconds, Windows after two. A laptop's GPU that makes 10¹¹ a second takes 1.4 s, an
// H100 that makes 10¹³ 14 ms, next to which what a submission costs is nothing. Up to 31,000 taps a sum that many are 264
// blocks of 128×128, which keep that busy.
const chunkMACs = 1 << 37

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
const lentImages = LentAlignment / 4

// chunk returns how many images go to the device at once: at least 1, at most the
// problem's batch, within the device's buffers, chunkBytes, chunkMACs and what each stage
// can count. Chunks are of one size, the last one may be smaller.
func chunk(p conv.Problem, device Profile, r Recipe, stages ...Stage) int {
	src, sums, dst := r.StoredBytes(p)
	largest := max(src, sums, dst)
	for _, s := range r.Scratch {
		largest = max(largest, s.ImageBytes)
	}
	batch := max(1, p.Src.N())
	_, all, _ := ImageBytes(p) // which accepts holds to the buffers' limit, stored or not
	most := min(chunkBytes/largest, device.Block()/max(largest, all))
	if device.Class != Software {
		one := p
		one.Src[0] = 1
		most = min(most, int(chunkMACs/one.MACs()))
	}
	for _, s := range stages {
		most = min(most, s.MaxImages)
	}
	most = max(1, min(most, batch))
	pieces := ceilDiv(batch, most)
	if device.Transfers.Sets() > 1 {
		pieces = max(pieces, min(leastPieces, batch*(src+dst)/max(1, device.Transfers.Piece)))
	}
	images := ceilDiv(batch, pieces)
	if device.Transfers.Route == Lent && pieces > 1 && most >= lentImages {
		images = min(roundUp(images, lentImages), most/lentImages*lentImages)
	}
	return images
}

// memory returns how many bytes of buffers a plan of p with these chunks holds.
func memory(p conv.Problem, device Profile, chunk int, r Recipe) int {
	src, sums, dst := r.StoredBytes(p)
	moved := src + dst
	if device.Transfers.Route == Mapped {
		moved *= 2
	}
	image := device.Transfers.Sets()*moved + sums
	for _, s := range r.Scratch {
		image += s.ImageBytes
	}
	return chunk*image + 4*r.PackedFloats
}
