package recipe

import "gpuconv/conv"

// chunkBytes is the most bytes that a chunk takes in any one buffer. Larger chunks gain nothing once a dispatch fills
// the device, and they cost memory: a software renderer's buffers are the program's own memory. BenchmarkRun of
// cmd/gpuconv reports that memory.
const chunkBytes = 32 << 20

// chunkMACs is the most multiplications of a chunk on hardware, unless one row of outputs has more. Images with more
// are cut into bands. Drivers reset a device that computes for some seconds; Windows does so after two. A laptop's GPU
// with 10¹¹ multiplications a second takes 1.4 s for a chunk, and an H100 with 10¹³ takes 14 ms. Both are much longer
// than a submission. With up to 31,000 taps a chunk still has 264 blocks of 128×128 sums, which keep an H100 busy.
const chunkMACs = 1 << 37

// If chunks can overlap in time, a batch that fits into one chunk is still cut: into leastChunks, or into fewer so that
// each has at least leastBytes of images and outputs. Then only the upload of the first and the readback of the last
// overlap with nothing. PCI Express 3 moves leastBytes at 16 GB/s in 0.25 ms; a submission costs little beside that.
const (
	leastChunks = 4
	leastBytes  = 4 << 20
)

// lentImages is a number of images whose bytes are a multiple of LentAlignment, whatever the size of an image. If
// chunks have a multiple of lentImages images and the batch's memory is aligned, then so is each chunk's.
const lentImages = LentAlignment / 4

// largest returns how many bytes one image takes in the buffer in which it takes the most.
func (r Recipe) largest(p conv.Problem) int {
	src, sums, dst := r.StoredBytes(p)
	largest := max(src, sums, dst)
	for _, s := range r.Scratch {
		largest = max(largest, s.ImageBytes)
	}
	return largest
}

// chunk returns how many images go to the device at once: at least 1, and at most the problem's batch. It stays within
// the device's buffers, chunkBytes, chunkMACs and the MaxImages of each stage. All chunks have that size; only the last
// may be smaller.
func chunk(p conv.Problem, device Profile, r Recipe, stages ...Stage) int {
	src, _, dst := r.StoredBytes(p)
	largest := r.largest(p)
	batch := max(1, p.Src.N())
	_, all, _ := ImageBytes(p) // acceptsImages limits the sums too, even if they are not stored
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
	chunks := ceilDiv(batch, most)
	if device.Transfers.Sets() > 1 {
		chunks = max(chunks, min(leastChunks, batch*(src+dst)/max(1, device.Transfers.LeastChunk)))
	}
	images := ceilDiv(batch, chunks)
	if device.Transfers.Route == Lent && chunks > 1 && most >= lentImages {
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

// staged returns how many floats of host memory a band needs, where the plan puts its pixels together and takes its
// outputs apart. It is 0 if images are whole, or if that happens in mapped memory.
func (b Blueprint) staged() int {
	if !b.Bands.Cut() || b.Transfers.Route == Mapped {
		return 0
	}
	src, _, dst := ImageBytes(b.Piece)
	return max(src, dst) / 4
}
