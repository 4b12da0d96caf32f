package compare

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gpuconv/conv"
)

// outlierKinds draw images in which a few pixels are far larger than the others, or the only ones that are not 0. If an
// algorithm spreads errors to outputs that do not see these pixels, the errors are large beside those outputs.
// Neighbours in the list differ in shape, so that a few kinds in a row test much. Each function draws one image, [1 C H
// W]. most, at least 1, is the largest pixel with which no sum overflows: larger pixels are drawn as most. Outliers of
// one image have one sign: at random, or positive if they are the pixels of a 16-bit camera.
var outlierKinds = [...]func(r *rand.Rand, image *conv.Tensor, most float64){
	pixelOf(1e20), pointOf(1), columnOf(1e6), sixteenBits, frameOf(1e20), pixelOf(1e6), columnOf(1e20), halfBright,
	frameOf(1e6), pointOf(1e20),
}

// OutlierKinds is the number of kinds of outliers.
const OutlierKinds = len(outlierKinds)

// pixelOf draws one pixel of the given size among pixels in [−1, 1], like the fill value of missing data.
func pixelOf(size float64) func(*rand.Rand, *conv.Tensor, float64) {
	return func(r *rand.Rand, image *conv.Tensor, most float64) {
		noise(r, image, 1)
		image.Data[r.IntN(len(image.Data))] = signed(r, min(size, most))
	}
}

// pointOf draws one pixel of the given size in a black image.
func pointOf(size float64) func(*rand.Rand, *conv.Tensor, float64) {
	return func(r *rand.Rand, image *conv.Tensor, most float64) {
		clear(image.Data)
		image.Data[r.IntN(len(image.Data))] = signed(r, min(size, most))
	}
}

// columnOf draws a column of pixels of the given size, in all channels, among pixels in [−1, 1].
func columnOf(size float64) func(*rand.Rand, *conv.Tensor, float64) {
	return func(r *rand.Rand, image *conv.Tensor, most float64) {
		noise(r, image, 1)
		column, value := r.IntN(image.Shape.W()), signed(r, min(size, most))
		paint(image, func(_, x int) bool { return x == column }, value)
	}
}

// frameOf draws a border of pixels of the given size, in all channels, around pixels in [−1, 1].
func frameOf(size float64) func(*rand.Rand, *conv.Tensor, float64) {
	return func(r *rand.Rand, image *conv.Tensor, most float64) {
		noise(r, image, 1)
		bottom, right := image.Shape.H()-1, image.Shape.W()-1
		paint(image, func(y, x int) bool { return y == 0 || x == 0 || y == bottom || x == right },
			signed(r, min(size, most)))
	}
}

// sixteenBits draws pixels in 0 … 1, and one pixel in 35 as 60,000, as a 16-bit camera may give.
func sixteenBits(r *rand.Rand, image *conv.Tensor, most float64) {
	noise(r, image, 0)
	top, left := r.IntN(min(7, image.Shape.H())), r.IntN(min(5, image.Shape.W()))
	paint(image, func(y, x int) bool { return y%7 == top && x%5 == left }, float32(min(60000, most)))
}

// halfBright draws 0 … 65,535 in the left half and 0 … 1 in the right half.
func halfBright(r *rand.Rand, image *conv.Tensor, most float64) {
	noise(r, image, 0)
	width := image.Shape.W()
	for i := range image.Data {
		if i%width < width/2 {
			image.Data[i] *= float32(min(65535, most))
		}
	}
}

// noise draws pixels from least to 1. least is −1 or 0. No pixel is 0.
func noise(r *rand.Rand, image *conv.Tensor, least float32) {
	for i := range image.Data {
		image.Data[i] = 1 - r.Float32()
		if least != 0 && r.IntN(2) == 0 {
			image.Data[i] = -image.Data[i]
		}
	}
}

func signed(r *rand.Rand, size float64) float32 {
	if r.IntN(2) == 0 {
		return float32(-size)
	}
	return float32(size)
}

// paint sets the pixels of all channels for which where is true.
func paint(image *conv.Tensor, where func(y, x int) bool, value float32) {
	width := image.Shape.W()
	for i := range image.Data {
		if y := i / width % image.Shape.H(); where(y, i%width) {
			image.Data[i] = value
		}
	}
}

// outliers returns c with images of outliers in place of its own: one of each kind, or as many as c has images if that
// is fewer. The kind of the first image is first plus a random number, seeded by c's name; the following images have
// the next kinds, and the first kind follows the last one.
func outliers(c Case, first int) Case {
	r := Generator(c.Name + " " + outlierImages)
	first += r.IntN(len(outlierKinds))
	most := mostPixel(c)
	c.Src = &conv.Tensor{Shape: c.Src.Shape.WithN(min(c.Src.Shape.N(), len(outlierKinds)))}
	image := c.Src.Shape.C() * c.Src.Shape.H() * c.Src.Shape.W()
	c.Src.Data = make([]float32, c.Src.Shape.N()*image)
	for n := range c.Src.Shape.N() {
		kind := (first + n) % len(outlierKinds)
		outlierKinds[kind](Generator(fmt.Sprint(c.Name, outlierImages, kind)), c.Src.Images(n, n+1), max(1, most))
	}
	if most < 1 { // the weights are so large that even pixels of 1 would overflow: shrink all
		for i := range c.Src.Data {
			c.Src.Data[i] *= float32(most)
		}
	}
	c.Name += " " + outlierImages
	return c
}

// mostPixel returns the largest pixel with which neither a sum of c nor the sum over a pool's window overflows. It
// leaves a margin of a factor of 4.
func mostPixel(c Case) float64 {
	sums := 1.0
	filters := c.Problem.Weight[0]
	for k := range filters {
		sum := 0.0
		for _, w := range c.Weight.Data[k*len(c.Weight.Data)/filters : (k+1)*len(c.Weight.Data)/filters] {
			if a := math.Abs(float64(w)); !math.IsInf(a, 0) && !math.IsNaN(a) {
				sum += a
			}
		}
		sums = max(sums, sum)
	}
	if p := c.Problem.Pool; p.Kind == conv.AvgPool {
		sums *= float64(p.Size[0] * p.Size[1])
	}
	return math.MaxFloat32 / 4 / sums
}
