package cpu_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestLocalityOfChannelsAlike: if all channels have the same pixels and the same kernel, except for signs, their
// roundings are the same and add up. Outputs beside large pixels are within the bound nevertheless, also if a part of
// the weights is drawn at random.
func TestLocalityOfChannelsAlike(t *testing.T) {
	for _, c := range []struct{ channels, side int }{{32, 3}, {64, 3}, {256, 3}, {32, 5}, {64, 5}} {
		if testing.Short() && (c.channels > 32 || c.side > 3) {
			continue // the race detector slows the judge many times
		}
		for _, same := range []float64{1, 0.7, 0.3} {
			worst := 0.0
			r := rand.New(rand.NewPCG(uint64(c.channels), uint64(10*same)))
			for range 60 - c.channels/5 {
				drawn := channelsAlike(t, r, c.channels, c.side, same)
				worst = max(worst, local(t, cpu.Engine{Algorithm: "winograd"}, drawn))
			}
			t.Logf("%d channels, %d rows, %v of the weights alike: at most %.3g γₙA", c.channels, c.side, same, worst)
		}
	}
}

// channelsAlike draws filters, and an image of one block in which each row, or each column, is darker than the one
// before it by the same factor. All channels of the image are alike except for their signs. A filter is the sum of two
// parts: a kernel that all channels share except for its sign, with about the share same of the squared weights, and
// random weights.
func channelsAlike(t *testing.T, r *rand.Rand, channels, side int, same float64) compare.Case {
	size, taps := side+3, side*side
	p := conv.Problem{Src: conv.Shape{1, channels, size, size}, Weight: conv.Shape{32, channels, side, side}}
	c := painted(t, r.Uint64(), p, normal)
	sign := make([]float64, channels)
	for i := range sign {
		sign[i] = float64(1 - 2*r.IntN(2))
	}
	kernel := make([]float64, taps)
	for i, v := range c.Weight.Data {
		if i%(taps*channels) == 0 {
			for tap := range kernel {
				kernel[tap] = 0.5 + r.Float64()
			}
		}
		c.Weight.Data[i] = float32(math.Sqrt(same)*sign[i/taps%channels]*kernel[i%taps] + math.Sqrt(1-same)*float64(v))
	}
	factor, across := 1+4*r.Float64(), r.IntN(2) == 0
	pixels := make([]float64, size*size)
	for i := range pixels {
		at := i / size
		if across {
			at = i % size
		}
		pixels[i] = (0.2 + r.Float64()) * math.Pow(factor, -float64(at))
	}
	for i := range c.Src.Data {
		c.Src.Data[i] = float32(pixels[i%len(pixels)] * sign[i/len(pixels)])
	}
	return c
}

// TestLocalityOfMeans: outputs are within the bound for weights that are drawn around a mean, and an image that is the
// same in all channels. If the mean is not 0, partial sums grow with the number of channels, not with its root. So do
// their roundings, although these differ in sign.
func TestLocalityOfMeans(t *testing.T) {
	for _, size := range []struct{ channels, side int }{{64, 3}, {512, 3}, {64, 5}} {
		channels := size.channels
		if testing.Short() && (channels > 64 || size.side > 3) {
			continue
		}
		for _, mean := range []float64{0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3} { // its share of the squared weights
			worst := 0.0
			r := rand.New(rand.NewPCG(uint64(channels), uint64(100*mean)))
			for range 6 {
				p := conv.Problem{Src: conv.Shape{1, channels, 14, 14},
					Weight: conv.Shape{32, channels, size.side, size.side}}
				c := painted(t, r.Uint64(), p, normal)
				each(c.Weight.Data, func(_ int, v float32) float32 {
					return float32(math.Sqrt(mean) + math.Sqrt(1-mean)*float64(v))
				})
				bright, part := 0.7*math.Pow(10, 2+r.Float64()), 0.02+0.04*r.Float64()
				var pixels [14 * 14]float32
				for i := range pixels {
					if pixels[i] = 0.7; r.Float64() < part {
						pixels[i] = float32(bright)
					}
				}
				each(c.Src.Data, func(i int, _ float32) float32 { return pixels[i%len(pixels)] })
				worst = max(worst, local(t, cpu.Engine{Algorithm: "winograd"}, c))
			}
			t.Logf("%d channels, %d rows, a mean of %v of the squares: at most %.3g γₙA", channels, size.side, mean,
				worst)
		}
	}
}
