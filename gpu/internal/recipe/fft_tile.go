package recipe

import (
	"fmt"

	"gpuconv/conv"
)

// fftConstants are the constants of fft_src.comp: mainly the extents of the tile, which is in shared memory.
type fftConstants struct {
	tileH, tileW int
	paddingMode  conv.PaddingMode
}

// fftDstConstants are the constants of fft_dst.comp: those of fft_src.comp, and what the tile computes from its sums.
type fftDstConstants struct {
	fftConstants
	finish
}

func (c fftDstConstants) Defines() []Define {
	return append(c.finish.defines(), c.fftConstants.Defines()...)
}

// fftExtents are the extents that a tile may have along either axis. Each is the product of two factors, 4 or 8: an
// invocation transforms that many numbers at a time, in registers.
func fftExtents() []int { return []int{64, 32, 16} }

// fftFactors returns the factors of an extent.
func fftFactors(extent int) (first, second int) {
	switch extent {
	case 64:
		return 8, 8
	case 32:
		return 8, 4
	}
	return 4, 4
}

// fftRoots is how many roots of unity are stored before the spectra: those for the largest extent.
const fftRoots = 64

func (c fftConstants) points() int { return c.tileH * c.tileW }

// lanes is how many invocations a work-group has. Each has eight complex numbers, which take 16 registers. With 32
// registers for each invocation, a multiprocessor has room for four work-groups of 512; with 64, for two.
func (c fftConstants) lanes() int { return c.points() / 8 }

// spectrum is how many complex numbers the spectrum of a tile of real numbers has.
func (c fftConstants) spectrum() int { return (c.tileW/2 + 1) * c.tileH }

func (fftConstants) Includes() []string { return []string{"pixel.glsl", "fft.glsl"} }

func (c fftConstants) Defines() []Define {
	h1, h2 := fftFactors(c.tileH)
	w1, w2 := fftFactors(c.tileW)
	return []Define{
		sourceMode(c.paddingMode), sourceBinding(BindImages),
		{"TILE_H", fmt.Sprint(c.tileH)},
		{"TILE_W", fmt.Sprint(c.tileW)},
		{"LANES", fmt.Sprint(c.lanes())},
		{"H1", fmt.Sprint(h1)},
		{"H2", fmt.Sprint(h2)},
		{"W1", fmt.Sprint(w1)},
		{"W2", fmt.Sprint(w2)},
	}
}

// accept returns an error if the device has no room for the tile.
func (c fftConstants) accept(device Profile) error {
	if err := device.shared(8 * c.points()); err != nil {
		return err
	}
	return device.invocations(c.lanes())
}

// fftSide says how tiles lie along one axis of an image: their extent in pixels, the sums of each, and their number.
type fftSide struct{ extent, step, tiles int }

// newFFTSide lays tiles of an extent along an axis (0 is H, 1 is W) with this many sums; span of these make one output.
// It returns false if the kernel is larger than a tile, or if each of several tiles would have fewer sums than span.
//
// A tile has extent − reach + 1 sums whose pixels are all in it; see fftReach. Its other sums wrap around: in place of
// pixels beyond the tile they take pixels from its other end. This does no harm if both are padding of zeros. So one
// tile has all sums if the padding on either side is no wider than the part of the tile beyond the image. If there are
// several tiles, the sums of each are a multiple of span.
func newFFTSide(p conv.Problem, axis, sums, span, extent int) (fftSide, bool) {
	size := p.Src[2+axis]
	before, after := p.Padding.Top, p.Padding.Bottom
	if axis == 1 {
		before, after = p.Padding.Left, p.Padding.Right
	}
	reach := fftReach(p, axis)
	switch {
	case reach > extent:
		return fftSide{}, false
	case p.PaddingMode == conv.Zeros && size+max(before, after) <= extent && sums <= extent:
		return fftSide{extent, sums, 1}, true
	}
	step := extent - reach + 1
	if sums <= step {
		return fftSide{extent, step, 1}, true
	}
	step -= step % span
	return fftSide{extent, step, ceilDiv(sums, max(1, step))}, step > 0
}

// fftReach is how many pixels the taps of a kernel span along an axis. If they span more than 2²⁰, it is some number
// beyond 2²⁰.
func fftReach(p conv.Problem, axis int) int {
	return min(p.Weight[2+axis]-1, 1<<20)*min(p.Dilation[axis], 1<<20) + 1
}

// chooseFFTTile returns the tile, along H and along W, whose transforms of an image with this many rows and columns of
// sums have the fewest points. Among equals it returns the one with the largest extent along H, then along W. The error
// says why no tile is possible.
func chooseFFTTile(p conv.Problem, sums [2]int, span int, device Profile) (down, across fftSide, err error) {
	least := 0
	for _, h := range fftExtents() {
		for _, w := range fftExtents() {
			y, fitsH := newFFTSide(p, 0, sums[0], span, h)
			x, fitsW := newFFTSide(p, 1, sums[1], span, w)
			if !fitsH || !fitsW {
				continue
			}
			if refused := (fftConstants{tileH: h, tileW: w}).accept(device); refused != nil {
				err = refused
				continue
			}
			if points := y.tiles * h * x.tiles * w; least == 0 || points < least {
				least, down, across = points, y, x
			}
		}
	}
	switch {
	case least > 0:
		return down, across, nil
	case err == nil:
		err = fmt.Errorf("a kernel that spans %d×%d pixels: want at most %d",
			fftReach(p, 0), fftReach(p, 1), fftExtents()[0])
	}
	return down, across, err
}
