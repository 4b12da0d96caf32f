package recipe

import (
	"errors"
	"fmt"

	"gpuconv/conv"
)

// gratingsConstants are the constants of gratings.comp.
type gratingsConstants struct{ localSize, width, height int }

func (c gratingsConstants) Defines() []Define {
	return []Define{{"LOCAL_SIZE", fmt.Sprint(c.localSize)}, {"SLACK", fmt.Sprintf("%du", conv.StripeSlack)},
		{"WIDTH", fmt.Sprintf("%du", c.width)}, {"HEIGHT", fmt.Sprintf("%du", c.height)}}
}

// gratingsLocalSize is the invocations of a work-group: a multiple of the waves of all classes.
const gratingsLocalSize = 64

// The binding points of the buffers of gratings.comp, which writes the images at BindDst.
const (
	BindAngles = BindSrc
	BindUnsure = BindWeight
)

// gratings returns the stage that makes the images of a chunk from [conv.Stripes], as far as it does not depend on
// these: the caller adds the uniforms light and dark. The error says why the host draws the images.
//
// On a software renderer the CPU draws in any case: for an image of 48×64 pixels the shader takes 87 µs there, the
// host's loop 7.5 µs (BenchmarkPaint).
func (b Blueprint) gratings(device Profile) (Stage, error) {
	src := b.Problem.Src
	h, w := src.H(), src.W()
	constants := gratingsConstants{min(gratingsLocalSize, device.WorkGroupSize[0], device.WorkGroupInvocations), w, h}
	most, chunk := device.units(constants.localSize)/(h*w), b.Description.Chunk
	switch {
	case device.Class == Software:
		return Stage{}, errors.New("a software renderer does not draw faster than the host")
	case src.C() != 1:
		return Stage{}, fmt.Errorf("images of %d channels, gratings have one", src.C())
	case b.Bands.Cut():
		return Stage{}, errors.New("the images are cut into bands")
	case chunk > most:
		return Stage{}, fmt.Errorf("%d images of %v at once, the device draws %d", chunk, src.Image(), most)
	case chunk > device.Block()/4/(h+w):
		return Stage{}, fmt.Errorf("the angles of %d images of %v, the device's buffers hold %d bytes", chunk,
			src.Image(), device.Block())
	}
	return Stage{
		Program: Key{Shader: "gratings", Constants: constants},
		Passes: func(images int) []Pass {
			pixels := images * h * w
			x, y := fold(ceilDiv(pixels, constants.localSize), device.WorkGroups)
			return []Pass{{Groups: [3]int{x, y, 1},
				Uniforms: []Uniform{{"pixels", pixels}}}}
		},
		MaxImages: most,
		Lanes:     constants.localSize,
	}, nil
}
