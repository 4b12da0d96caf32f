package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// ImageBytes returns how many bytes one image of p, its sums and its outputs take. An algorithm must have accepted p
// (see acceptsImages), so that none of the three numbers overflows.
func ImageBytes(p conv.Problem) (src, sums, dst int) {
	in, _ := p.Src.Image().Len()
	between, _ := p.Sums()
	after, _ := p.Dst()
	held, _ := between.Image().Len()
	out, _ := after.Image().Len()
	return 4 * in, 4 * held, 4 * out
}

// StoredBytes is like [ImageBytes], but with 0 for sums that need no buffer: they are already the outputs, or the
// stages make the outputs from them without storing them (Finishes).
func (r Recipe) StoredBytes(p conv.Problem) (src, sums, dst int) {
	src, sums, dst = ImageBytes(p)
	if !goesOn(p) || r.Finishes {
		sums = 0
	}
	return src, sums, dst
}

// acceptsImages returns an error if the device's buffers cannot hold an image or its sums, or if pool.comp cannot
// compute, on this device, the energy or pool that follows the sums.
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
