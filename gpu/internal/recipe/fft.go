package recipe

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Convolutions as products of spectra: pixels are cut to tiles that overlap and
// transformed (fft_src.comp), two channels at a time, multiplied with the transformed
// weights and transformed back (fft_dst.comp), two filters at a time. A tile of 64×64 has
// 34×34 sums of 31×31 taps, 1.1 million multiplications; its 4,096 points take a hundred each.
//
// Nothing is divided before the end. What overflows on the way, as where sums are beyond
// 4e34, shows as a sum that is not finite and is computed anew; what underflows counts for
// no more than in a direct sum: a spectrum or a product that is flushed to 0 is off by
// 2⁻¹²⁶ times weights, pixels or 1, and sums have no more such terms than points, by whose
// number they are divided.

// fftTolerance is what Description.Tolerance states, in parts of the largest output, for
// tiles of so many points and so many channels. The error of a transform is at most
// log₂(points) times a small multiple of u, in parts of its RMS (Higham, Accuracy and
// Stability of Numerical Algorithms, section 24.1), and sums over channels add theirs.
// TestFFTTolerance measures, with random numbers, an RMS error of 3.4e-8 for 256 points and
// 3.8e-8 for 4,096, 7.1e-8 for 64 channels and 1.1e-7 for 256, and 3.8e-7 as the largest
// error of any output. This is five to eight times as much: errors are in proportion to
// what pixels and weights are, not to their sums, which may partly cancel.
func fftTolerance(points, channels int) float64 {
	return 2.5e-8 * math.Log2(float64(points)) * math.Sqrt(1+float64(channels)/32)
}

// fft is the two stages, fitted to a problem and a device.
type fft struct {
	conv.Problem
	device         Profile
	finish         finish
	dst            conv.Shape // what fft_dst.comp leaves: sums, or the problem's outputs
	constants      fftConstants
	stepH, stepW   int // sums of a tile
	tilesH, tilesW int // of an image
}

// newFFT fits the tile to a valid problem. What follows the sums is made in it, unless the
// device has no room for that, or tiles that must not cut windows are so many more that
// sums might as well be stored and read again.
func newFFT(p conv.Problem, device Profile) (fft, error) {
	apart, err := tileFFT(p, device, finish{})
	fused, refused := tileFFT(p, device, finishOf(p, device))
	if refused != nil || fused.accept() != nil {
		return apart, err
	}
	if moved := float64(fftSum * apart.dst.C() * apart.dst.H() * apart.dst.W()); err == nil && fused.cost() > apart.cost()+moved {
		return apart, nil
	}
	return fused, nil
}

// tileFFT fits the tile to what it makes of sums.
func tileFFT(p conv.Problem, device Profile, made finish) (fft, error) {
	f := fft{Problem: p, device: device, finish: made, dst: made.outputs(p)}
	span := made.span()
	down, across, err := fftSides(p, [2]int{f.dst.H() * span, f.dst.W() * span}, span, device)
	if err != nil {
		return fft{}, err
	}
	f.constants = fftConstants{down.extent, across.extent, p.PaddingMode}
	f.stepH, f.stepW, f.tilesH, f.tilesW = down.step, across.step, down.tiles, across.tiles
	return f, nil
}

func (f fft) tiles() int   { return f.tilesH * f.tilesW }
func (f fft) filters() int { return f.Weight[0] / f.Groups } // of a group

// pairs counts the transforms of filters of a group, two by two.
func (f fft) pairs() int { return ceilDiv(f.filters(), 2) }

// sourcePairs counts the transforms of channels, two by two.
func (f fft) sourcePairs() int { return ceilDiv(f.Src.C(), 2) }

// fitFFT takes convolutions of stride 1 whose kernels fit into a tile.
func fitFFT(p conv.Problem, device Profile) (fft, error) {
	if p.Stride != [2]int{1, 1} {
		return fft{}, fmt.Errorf("stride %d,%d, it takes 1", p.Stride[0], p.Stride[1])
	}
	if err := acceptsImages(p, device); err != nil {
		return fft{}, err
	}
	f, err := newFFT(p, device)
	if err != nil {
		return fft{}, err
	}
	return f, f.accept()
}

// accept says why the device cannot hold or dispatch f, or nil.
func (f fft) accept() error {
	device := f.device
	if bytes, err := conv.Product(8, f.tiles(), f.Src.C(), f.constants.spectrum()); err != nil || bytes > device.Block() {
		return fmt.Errorf("%d bytes of spectra for an image, the device's buffers hold %d", bytes, device.Block())
	}
	if n, err := f.packedProduct(); err != nil || n > device.Block()/16 {
		return fmt.Errorf("spectra of weight %v, the device's buffers hold %d bytes", f.Weight, device.Block())
	}
	if n, err := f.Weight.Len(); err != nil || n+f.Weight[0] > device.Block()/4 {
		return fmt.Errorf("weight %v, the device's buffers hold %d bytes", f.Weight, device.Block())
	}
	if n, most := f.tiles()*max(f.sourcePairs(), f.Groups*f.pairs()), device.units(1); n > most {
		return fmt.Errorf("%d transforms of an image, the device dispatches %d at once", n, most)
	}
	if n := f.iterations(); device.LoopIterations > 0 && n > device.LoopIterations {
		return fmt.Errorf("%d iterations, computing what is not finite tap by tap: the device ends loops after %d", n, device.LoopIterations)
	}
	return nil
}

// iterations is how many fft_dst.comp may take in one invocation: for its part of a tile's
// spectrum the channels, in every pass one or two lines, for sixteen sums the taps, and of
// pools two windows.
func (f fft) iterations() int {
	multiplied := ceilDiv(f.constants.spectrum(), f.constants.lanes())*(f.Weight[1]+2) + 1
	const anew = 2 * 8
	passes := 4 * 3
	if f.finish.pools() {
		passes += 3
	}
	return multiplied + passes + anew*(f.Weight[1]*f.Weight[2]*f.Weight[3]+2) + 2
}

// What fft costs, in multiplications that a multiprocessor could make meanwhile; derived
// from Hopper's, which makes 128 in the time that its shared memory takes 128 bytes and its
// share of the second cache 24. None was timed.
const (
	// A point of a transform is 8 reads and writes of 8 bytes, and about 30 operations.
	fftPoint = 64 + 32
	// A point of a channel and a pair of filters, of which half is stored, loads 8 bytes of
	// pixels, and 16 of weights that the first cache holds of few channels.
	fftPixels  = 128 * 8 / 24 / 2
	fftWeights = 128 * 16 / 24 / 2
	// A sum that is pooled apart is stored and loaded again, 4 bytes each.
	fftSum = 128 * 8 / 24
	// Of how many channels it does: two tiles' spectra are 66 KiB.
	fftCached = 2
	// How many times less it must be than the multiplications of direct sums: barriers
	// keep more of the above from being reached.
	fftMargin = 1.5
)

// cost counts multiplications, or their like, of an image.
func (f fft) cost() float64 {
	perChannel := fftPixels
	if f.Weight[1] > fftCached {
		perChannel += fftWeights
	}
	back := f.Groups * f.pairs()
	return float64(f.tiles()*f.constants.points()) * (fftPoint*float64(f.sourcePairs()+back) + float64(perChannel)*float64(back)*float64(f.Weight[1]))
}

// worth compares with what direct sums take. Of 64 filters on one channel that is from
// kernels of about 13×13 on.
func (f fft) worth() error {
	one := f.Problem
	one.Src[0] = 1
	if most := one.MACs() / fftMargin; f.cost() > most {
		return fmt.Errorf("transforms that cost what %.2g multiplications do, it is worth it up to %.2g", f.cost(), most)
	}
	return nil
}

func (f fft) recipe() Recipe {
	spectra := scratchPlace(0)
	return Recipe{
		Stages: []Stage{{
			Program:   Key{Shader: "fft_src", Constants: f.constants},
			Writes:    spectra,
			Passes:    func(images int) []Pass { return f.transform(images, f.sourcePairs(), nil) },
			MaxImages: f.device.units(1) / (f.tiles() * f.sourcePairs()),
		}, {
			Program:   Key{Shader: "fft_dst", Constants: fftDstConstants{f.constants, f.finish}},
			Reads:     spectra,
			Passes:    func(images int) []Pass { return f.transform(images, f.Groups*f.pairs(), f.dstUniforms()) },
			MaxImages: f.device.units(1) / (f.tiles() * f.Groups * f.pairs()),
		}},
		Scratch:      []Scratch{{"spectra", 8 * f.tiles() * f.Src.C() * f.constants.spectrum()}},
		Pack:         f.pack,
		PackedFloats: 4*f.packedVectors() + f.Weight[0] + f.Weight[0]*f.Weight[1]*f.Weight[2]*f.Weight[3],
		Finishes:     f.finish.finishes(),
		Tolerance:    fftTolerance(f.constants.points(), f.Weight[1]),
	}
}

// transform dispatches a work-group for each tile of the images and each of so many pairs
// of its planes, with uniforms that only it has.
func (f fft) transform(images, pairs int, own []Uniform) []Pass {
	tiles := images * f.tiles()
	x, y := fold(tiles*pairs, f.device.WorkGroups)
	return []Pass{{Groups: [3]int{x, y, 1}, Uniforms: append(own, []Uniform{
		{"srcH", f.Src.H()}, {"srcW", f.Src.W()}, {"allChannels", f.Src.C()},
		{"tilesH", f.tilesH}, {"tilesW", f.tilesW}, {"tiles", tiles}, {"stepH", f.stepH}, {"stepW", f.stepW},
		{"padTop", f.Padding.Top}, {"padLeft", f.Padding.Left},
	}...)}}
}

func (f fft) dstUniforms() []Uniform {
	return []Uniform{
		{"dstH", f.dst.H()}, {"dstW", f.dst.W()}, {"channels", f.Weight[1]},
		{"allFilters", f.Weight[0]}, {"filters", f.filters()}, {"pairs", f.pairs()}, {"allPairs", f.Groups * f.pairs()},
		{"kernelH", f.Weight[2]}, {"kernelW", f.Weight[3]}, {"dilationH", f.Dilation[0]}, {"dilationW", f.Dilation[1]},
		{"rectify", number(f.Activation == conv.ReLU)},
	}
}
