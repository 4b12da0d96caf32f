package batch

import "gpuconv/conv"

// Bounds of a portion. Three of them are in memory, so the bytes of its images and of what becomes of them are bounded.
// So are its multiplications: a CPU core does as many in about a second, and progress shows after each portion. In the
// tutorial's case 28 MiB are 341 images. TestPortion holds these figures.
const (
	portionBytes = 28 << 20
	portionMACs  = 4 << 30
)

// Portion returns p with a smaller batch: as many of its images as a [Job] should take at a time. That is all of them
// if they are few and small, and at least one. It reports a [*conv.ShapeError] if p is not valid.
func Portion(p conv.Problem) (conv.Problem, error) {
	all := p.Src.N()
	p.Src = p.Src.Image()
	dst, err := p.Dst()
	if err != nil {
		return p, err
	}
	p.Src = p.Src.WithN(cut(all, p.Src.Bytes()+dst.Bytes(), p.MACs()))
	return p, nil
}

// PortionOf returns how many of a set of images should be in memory at a time if they are not convolved.
func PortionOf(images conv.Shape) int { return cut(images.N(), images.Image().Bytes(), 0) }

// cut returns how many of all images go at a time, if one takes these bytes and multiplications.
func cut(all int, bytes, macs float64) int {
	return max(1, int(min(float64(all), portionBytes/bytes, portionMACs/macs)))
}
