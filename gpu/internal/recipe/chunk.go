package recipe

import "gpuconv/conv"

// chunkBytes is how much src or dst one submission takes at most. Larger chunks gain nothing once a dispatch fills the
// device, and they cost memory: a software renderer's buffers are the program's own memory. BenchmarkRun of cmd/gpuconv
// reports it.
const chunkBytes = 32 << 20

// chunkMACs is how many multiplications one submission to hardware has at most, unless one row of outputs has more.
// Images that have more are cut to bands. Drivers reset a device that computes for some seconds; Windows does after
// two. So many take 1.4 s on a laptop's GPU that makes 10¹¹ a second, and 14 ms on an H100 that makes 10¹³: next to
// either the cost of a submission is nothing. Sums of up to 31,000 taps still give an H100 264 blocks of 128×128, which
// keep it busy.
const chunkMACs = 1 << 37

// Where chunks overlap, a batch that fits into one chunk is still cut into leastPieces, unless these have less than
// pieceBytes. Only the upload of the first and the readback of the last then have nothing to overlap with. PCI Express
// 3 moves pieceBytes at 16 GB/s in 0.25 ms; next to that a submission costs little.
const (
	leastPieces = 4
	pieceBytes  = 4 << 20
)

// lentImages is a number of images, whose multiples take whole units of LentAlignment, whatever an image's size. A
// chunk of a multiple of it begins where the batch's own memory is aligned.
const lentImages = LentAlignment / 4

// largest returns how many bytes of a buffer one image takes at most.
func (r Recipe) largest(p conv.Problem) int {
	src, sums, dst := r.StoredBytes(p)
	largest := max(src, sums, dst)
	for _, s := range r.Scratch {
		largest = max(largest, s.ImageBytes)
	}
	return largest
}

// chunk returns how many images go to the device at once: at least 1, at most the problem's batch, and within the
// device's buffers, chunkBytes, chunkMACs and what each stage can count. All chunks have that size, but for the last,
// which may be smaller.
func chunk(p conv.Problem, device Profile, r Recipe, stages ...Stage) int {
	src, _, dst := r.StoredBytes(p)
	largest := r.largest(p)
	batch := max(1, p.Src.N())
	_, all, _ := ImageBytes(p) // acceptsImages holds these to the limit of buffers, stored or not
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

// staged returns how many numbers of a band, pixels or outputs, pass through memory of the plan's own, where bands are
// put together and taken apart. It is 0 if images are whole, or if that happens in mapped memory.
func (b Blueprint) staged() int {
	if !b.Bands.Cut() || b.Transfers.Route == Mapped {
		return 0
	}
	src, _, dst := ImageBytes(b.Piece)
	return max(src, dst) / 4
}
