package batch

import "gpuconv/conv"

// A portion is the images that a job takes at a time. Three of them are in memory, so that they are bounded in bytes,
// with what becomes of them; and each is bounded in multiplications, of which a CPU core does so many in about a
// second, so that progress shows. At 28 MiB, the tutorial's case goes 341 images at a time.
const (
	portionBytes = 28 << 20
	portionMACs  = 4 << 30
)

// Portion returns p with a batch of as many of its images as a [Job] should take at a time: all, if they are few and
// small, and at least one. p must be valid.
func Portion(p conv.Problem) (conv.Problem, error) {
	all := p.Src.N()
	p.Src = p.Src.Image()
	dst, err := p.Dst()
	if err != nil {
		return p, err
	}
	p.Src = p.Src.WithN(portion(all, p.Src.Bytes()+dst.Bytes(), p.MACs()))
	return p, nil
}

// PortionOf returns how many of a set of images should be in memory at a time, if nothing is computed of them.
func PortionOf(images conv.Shape) int { return portion(images.N(), images.Image().Bytes(), 0) }

// portion returns how many of all images go at a time, if one takes these bytes and multiplications.
func portion(all int, bytes, macs float64) int {
	return max(1, int(min(float64(all), portionBytes/bytes, portionMACs/macs)))
}
