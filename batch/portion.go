package batch

import "gpuconv/conv"

// Bounds of a portion. portionBytes bounds its images and outputs together, because three portions are in memory; in
// the tutorial's case that is 341 images. portionMACs bounds its multiply-accumulates, because progress is reported
// after each portion: one CPU core does 4·2³⁰ of them in about a second. TestPortion checks these figures.
const (
	portionBytes = 28 << 20
	portionMACs  = 4 << 30
)

// Portion returns p with the batch that a [Job] should take at a time: all images if they are few and small, otherwise
// fewer, but at least one. If p is not valid, the error is a [*conv.ShapeError].
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

// PortionOf returns how many images of a set should be in memory at a time if they are drawn but not convolved.
func PortionOf(images conv.Shape) int { return cut(images.N(), images.Image().Bytes(), 0) }

// cut returns how many of all images go at a time, at least 1. bytes and macs are the bytes and the
// multiply-accumulates of one image.
func cut(all int, bytes, macs float64) int {
	return max(1, int(min(float64(all), portionBytes/bytes, portionMACs/macs)))
}
