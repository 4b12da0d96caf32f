package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// imageBytes returns the sizes of one image of p, of its sums and of what becomes
// of them. p must have been accepted, so that none overflows.
func ImageBytes(p conv.Problem) (src, sums, dst int) {
	in, _ := p.Src.Image().Len()
	between, _ := p.Sums()
	after, _ := p.Dst()
	held, _ := between.Image().Len()
	out, _ := after.Image().Len()
	return 4 * in, 4 * held, 4 * out
}

// storedBytes is imageBytes, with 0 for sums that have no buffer: they stand in dst, or a tile finishes them.
func (r Recipe) StoredBytes(p conv.Problem) (src, sums, dst int) {
	src, sums, dst = ImageBytes(p)
	if !finished(p) || r.Finishes {
		sums = 0
	}
	return src, sums, dst
}

// acceptsImages says why buffers cannot hold an image or what becomes of it, or what
// follows its sums cannot be computed; nil if they can.
func acceptsImages(p conv.Problem, device Profile) error {
	sums, err := p.Sums()
	if err != nil {
		return err
	}
	for _, image := range []conv.Shape{p.Src.Image(), sums.Image()} {
		if n, err := image.Len(); err != nil || n > device.Block()/4 {
			return fmt.Errorf("an image of %v, the device's buffers hold %d bytes", image, device.Block())
		}
	}
	return acceptsPool(p, device)
}
