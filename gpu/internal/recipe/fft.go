package recipe

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Convolutions as products of spectra. fft_src.comp cuts images into tiles that overlap and transforms them, two
// channels at a time. fft_dst.comp multiplies them with the transformed weights and transforms back, two filters at a
// time. A tile of 64×64 pixels gives 34×34 sums of 31×31 taps. Direct sums take 1.1 million multiplications for that;
// with spectra each of the 4,096 points takes about a hundred.
//
// The only division is at the end. An overflow before it, for instance of sums beyond 4e34, gives a sum that is not
// finite; such a sum is computed again, tap by tap. An underflow matters no more than in a direct sum. A spectrum or a
// product that is flushed to 0 is wrong by 2⁻¹²⁶ times weights, pixels or 1. A sum has at most one such term for each
// point, and is divided by the number of points.

// fftTolerance is the RMS error that Description.Tolerance states, relative to the largest output, for tiles of this
// many points and for this many channels. The error of a transform, relative to its RMS, is at most log₂(points) times
// a small multiple of the unit roundoff (Higham, Accuracy and Stability of Numerical Algorithms, section 24.1). Sums
// over channels add their own. TestFFTTolerance measures, with random numbers, an RMS error of 3.4e-8 for 256 points
// and 3.8e-8 for 4,096, of 7.1e-8 for 64 channels and 1.1e-7 for 256. The largest error of any output is 3.8e-7. The
// tolerance is five to eight times the measured RMS error, since errors are in proportion to pixels and weights, not to
// their sums, which may partly cancel.
func fftTolerance(points, channels int) float64 {
	return 2.5e-8 * math.Log2(float64(points)) * math.Sqrt(1+float64(channels)/32)
}

// fft is the algorithm's two stages, fitted to a problem and a device.
type fft struct {
	conv.Problem
	device         Profile
	finish         finish
	dst            conv.Shape // what fft_dst.comp writes: sums, or the problem's outputs
	constants      fftConstants
	stepH, stepW   int // rows and columns of sums of a tile
	tilesH, tilesW int // how many an image has, down and across
}

// newFFT fits a tile to a valid problem. The tile also computes the energy or pool that follows the sums, with two
// exceptions. One is that the device has no room for it. The other is that tiles must not cut windows of the pool, and
// therefore become so many that storing and reading the sums again is cheaper.
func newFFT(p conv.Problem, device Profile) (fft, error) {
	apart, err := fitFFTWith(p, device, finish{})
	fused, refused := fitFFTWith(p, device, finishOf(p, device))
	if refused != nil || fused.accept() != nil {
		return apart, err
	}
	moved := float64(fftSum * apart.dst.C() * apart.dst.H() * apart.dst.W())
	if err == nil && fused.cost() > apart.cost()+moved {
		return apart, nil
	}
	return fused, nil
}

// fitFFTWith fits a problem to the tile that chooseFFTTile returns. The tile finishes its sums as made says.
func fitFFTWith(p conv.Problem, device Profile, made finish) (fft, error) {
	f := fft{Problem: p, device: device, finish: made, dst: made.outputs(p)}
	span := made.span()
	down, across, err := chooseFFTTile(p, [2]int{f.dst.H() * span, f.dst.W() * span}, span, device)
	if err != nil {
		return fft{}, err
	}
	f.constants = fftConstants{down.extent, across.extent, p.PaddingMode}
	f.stepH, f.stepW, f.tilesH, f.tilesW = down.step, across.step, down.tiles, across.tiles
	return f, nil
}

func (f fft) imageTiles() int { return f.tilesH * f.tilesW }
func (f fft) filters() int    { return f.Weight[0] / f.Groups } // of a group

// pairs is how many transforms the filters of a group take: two filters share one.
func (f fft) pairs() int { return ceilDiv(f.filters(), 2) }

// sourcePairs is how many transforms the channels take: two channels share one.
func (f fft) sourcePairs() int { return ceilDiv(f.Src.C(), 2) }

// fitFFT accepts convolutions of stride 1 whose kernels fit into a tile.
func fitFFT(p conv.Problem, device Profile) (fft, error) {
	if p.Stride != [2]int{1, 1} {
		return fft{}, fmt.Errorf("stride %d,%d: want 1", p.Stride[0], p.Stride[1])
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

// accept returns an error if the device cannot hold or dispatch f.
func (f fft) accept() error {
	device := f.device
	bytes, err := conv.Product(8, f.imageTiles(), f.Src.C(), f.constants.spectrum())
	if err != nil || bytes > device.Block() {
		return fmt.Errorf("%d bytes of spectra for an image, the device's buffers hold %d", bytes, device.Block())
	}
	if n, err := f.packedProduct(); err != nil || n > device.Block()/16 {
		return fmt.Errorf("spectra of weight %v, the device's buffers hold %d bytes", f.Weight, device.Block())
	}
	if n, err := f.Weight.Len(); err != nil || n+f.Weight[0] > device.Block()/4 {
		return fmt.Errorf("weight %v, the device's buffers hold %d bytes", f.Weight, device.Block())
	}
	if n, most := f.imageTiles()*max(f.sourcePairs(), f.Groups*f.pairs()), device.units(1); n > most {
		return fmt.Errorf("%d transforms of an image, the device dispatches %d at once", n, most)
	}
	if n := f.iterations(); device.LoopIterations > 0 && n > device.LoopIterations {
		return fmt.Errorf("%d iterations, computing what is not finite tap by tap: the device ends loops after %d",
			n, device.LoopIterations)
	}
	return nil
}

// iterations is the most loop iterations of one invocation of fft_dst.comp. It loops over the channels for its part of
// a tile's spectrum, over one or two lines in every pass of the transform, over the taps if it computes its sixteen
// sums again, and over two windows if there is a pool.
func (f fft) iterations() int {
	multiplied := ceilDiv(f.constants.spectrum(), f.constants.lanes())*(f.Weight[1]+2) + 1
	const anew = 2 * 8
	passes := 4 * 3
	if f.finish.pools() {
		passes += 3
	}
	return multiplied + passes + anew*(f.Weight[1]*f.Weight[2]*f.Weight[3]+2) + 2
}

// What fft costs, in multiplications that a multiprocessor could do in the same time. This is derived from Hopper:
// while a multiprocessor does 128 multiplications, its shared memory moves 128 bytes, and its share of the L2 cache 24.
// Nothing was timed.
const (
	// A point of a transform takes 8 reads and writes of 8 bytes, and four passes of radix 8, each of 18 to 20
	// instructions: NAK takes 140 to 157 for the 8 points of a pass.
	fftPoint = 64 + 4*19
	// A point of a channel and a pair of filters loads 8 bytes of pixels and 16 of weights. The L1 cache holds the
	// weights if there are few channels. Only half of a spectrum is stored.
	fftPixels  = 128 * 8 / 24 / 2
	fftWeights = 128 * 16 / 24 / 2
	// A sum that is pooled in a dispatch of its own is stored and loaded again, 4 bytes each.
	fftSum = 128 * 8 / 24
	// Up to this many channels are few: the spectra of their weights take 66 KiB.
	fftCached = 2
	// fft is worth it if direct sums take at least fftMargin times its cost: barriers keep it from reaching the speeds
	// above.
	fftMargin = 1.5
)

// cost estimates what one image takes, in multiplications.
func (f fft) cost() float64 {
	perChannel := fftPixels
	if f.Weight[1] > fftCached {
		perChannel += fftWeights
	}
	back := f.Groups * f.pairs()
	transforms := fftPoint * float64(f.sourcePairs()+back)
	products := float64(perChannel) * float64(back) * float64(f.Weight[1])
	return float64(f.imageTiles()*f.constants.points()) * (transforms + products)
}

// worth compares cost with the multiplications that direct sums take. For 64 filters on one channel fft is worth it
// from kernels of about 15×15 on.
func (f fft) worth() error {
	one := f.Problem
	one.Src[0] = 1
	if most := one.MACs() / fftMargin; f.cost() > most {
		return fmt.Errorf("transforms that cost what %.2g multiplications do: it is worth it with at most %.2g",
			f.cost(), most)
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
			MaxImages: f.device.units(1) / (f.imageTiles() * f.sourcePairs()),
		}, {
			Program:   Key{Shader: "fft_dst", Constants: fftDstConstants{f.constants, f.finish}},
			Reads:     spectra,
			Passes:    func(images int) []Pass { return f.transform(images, f.Groups*f.pairs(), f.dstUniforms()) },
			MaxImages: f.device.units(1) / (f.imageTiles() * f.Groups * f.pairs()),
		}},
		Scratch:      []Scratch{{"spectra", 8 * f.imageTiles() * f.Src.C() * f.constants.spectrum()}},
		Pack:         f.pack,
		PackedFloats: 4*f.packedVectors() + f.Weight[0] + f.Weight[0]*f.Weight[1]*f.Weight[2]*f.Weight[3],
		Finishes:     f.finish.finishes(),
		Tolerance:    fftTolerance(f.constants.points(), f.Weight[1]),
	}
}

// transform returns the dispatch that has a work-group for each tile of the images and each pair of planes. pairs is
// how many pairs of planes an image has. own are the uniforms that only one of the two shaders has.
func (f fft) transform(images, pairs int, own []Uniform) []Pass {
	tiles := images * f.imageTiles()
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
