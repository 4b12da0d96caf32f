package batch

import "gpuconv/conv"

// Bounds of a portion. portionBytes bounds its images and outputs together, because three portions are in memory; in
// the tutorial's case that is 341 images. portionMACs bounds its multiply-accumulates, because progress is reported
// after each portion: one CPU core does 4·2³⁰ of them in about a second. TestPortion checks these figures.
//
// A small job has about portionsOfSmall portions, of leastBytes at least: while the first one is drawn, and while the
// last one is written, there is nothing else to do, and the system takes time to make memory for each. 4,000 images of
// the tutorial, 344 MB, take 0.45 s in portions of 8 MB, and 0.49 s in portions of 28 MB.
const (
	portionBytes    = 28 << 20
	leastBytes      = 8 << 20
	portionsOfSmall = 40
	portionMACs     = 4 << 30
)

// Portion returns p with the batch that a [Job] should take at a time: all images if they are few and small, otherwise
// fewer, but at least one. If p is not valid, the error is a [*conv.ShapeError].
func Portion(p conv.Problem) (conv.Problem, error) {
	return ofBytes(p, func(all float64) float64 { return max(leastBytes, all/portionsOfSmall) })
}

// Chunk is like [Portion], for a job that syncs each portion: a small job has as large ones as any.
func Chunk(p conv.Problem) (conv.Problem, error) {
	return ofBytes(p, func(float64) float64 { return portionBytes })
}

// InChunk returns a chunk in equal portions of about leastBytes, perhaps with a smaller last one: what follows drawing
// finds the images in a cache, and less memory is in use. p's batch is the chunk.
func InChunk(p conv.Problem) (conv.Problem, error) {
	dst, err := p.Dst()
	if err != nil {
		return p, err
	}
	portions := max(1, int((p.Src.Bytes()+dst.Bytes())/leastBytes))
	p.Src = p.Src.WithN((p.Src.N() + portions - 1) / portions)
	return p, nil
}

// ofBytes cuts a portion whose images and outputs have at most as many bytes as most returns for those of all.
func ofBytes(p conv.Problem, most func(all float64) float64) (conv.Problem, error) {
	all := p.Src.N()
	p.Src = p.Src.Image()
	dst, err := p.Dst()
	if err != nil {
		return p, err
	}
	image := p.Src.Bytes() + dst.Bytes()
	p.Src = p.Src.WithN(cut(all, image, p.MACs(), min(portionBytes, most(float64(all)*image))))
	return p, nil
}

// PortionOf returns how many images of a set should be in memory at a time if they are drawn but not convolved.
func PortionOf(images conv.Shape) int {
	return cut(images.N(), images.Image().Bytes(), 0, portionBytes)
}

// cut returns how many of all images go at a time, at least 1, in most bytes. bytes and macs are the bytes and the
// multiply-accumulates of one image.
func cut(all int, bytes, macs, most float64) int {
	return max(1, int(min(float64(all), most/bytes, portionMACs/macs)))
}
