package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// A price estimates the time that a plan and all its runs take together, in cycles of a core. The plan's batch
// is that of the problem; images is the number of images that its runs compute together.
//
// The constants were measured on Zen 3 with AVX2. They need to be right only within about a third: if two prices are
// closer than that, either algorithm will do. TestChoicesPay compares the choices with measured times.
const (
	// packCycles is the cost of packing a weight without transforming it.
	packCycles = 5
	// kernelCycles is the cost of one channel of a filter, a 3×3 kernel. It is transformed, screened, and packed in two
	// forms: transformed for winograd, as it is for odd blocks. Most of the cost is for memory that is written for the
	// first time.
	kernelCycles = 380
	// filterCycles is the additional cost of screening a filter of 3×3, however many channels it has. One of 5×5 costs
	// split³ times as much.
	filterCycles = 13_000
	// transformCycles is the cost of a register of blocks per channel and per filter, without the products.
	transformCycles = 800
	// ownFloats is how many weights a core's own caches hold, sharedFloats how many the cache that all cores share. If
	// there are more than ownFloats, a core reads streamFloats per cycle; if more than sharedFloats, only memoryFloats.
	streamFloats = 3
	ownFloats    = 512 << 10 / 4
	memoryFloats = 0.7
	sharedFloats = 24 << 20 / 4
	// worthwhile is the largest ratio of winograd's price to direct's at which winograd is chosen.
	worthwhile = 1
	// screenLeast is the least number of channels with which the screen accepts most blocks of usual images:
	// TestOrdinary holds it to that. With 32 channels it rejects half of the blocks of rectified noise, and winograd
	// then takes 1.5 times as long as direct.
	screenLeast = 48
)

// priceDirect returns the price of direct.
func priceDirect(p conv.Problem, images int, sums conv.Shape, k *simd.Kernels) float64 {
	filters, taps := p.Weight[0]/p.Groups, float64(p.Weight[1]*p.Weight[2]*p.Weight[3])
	rows := slabFloats/(p.Weight[1]*paddedWidth(&p)) - (p.Weight[2]-1)*p.Dilation[0] // of a band, as in direct.fits
	_, _, perTap := cutBand(&p, sums, k, max(1, min(rows, sums.H())))
	return float64(p.Groups) * taps * (packCycles*float64(filters) + float64(images)*float64(sums.H())*perTap)
}

// priceWinograd returns the price of winograd, if no block is odd.
func priceWinograd(p conv.Problem, images int, sums conv.Shape, k *simd.Kernels) float64 {
	split := splitOf(p.Weight[2])
	channels, filters := p.Weight[1]*split*split, p.Weight[0]/p.Groups // as winograd.channels counts them
	across, down := ceilDiv(sums.W(), block), ceilDiv(sums.H(), block)
	most := blocksMost(channels, filters)
	rows := max(1, most/across)       // of blocks, in a task of a part of an image, as in winograd.fits
	blocks, tasks := across*rows, 0.0 // of a task; tasks of an image
	if together := most / (across * down); together > 0 {
		together = min(together, p.Src.N())
		blocks, tasks = together*across*down, 1/float64(together)
	} else {
		tasks = float64(ceilDiv(down, rows))
	}
	kernels := float64(channels * filters)
	_, perTap := cheapestPanels(filters, ceilDiv(blocks, k.Lanes), k)
	products := tasks * simd.PatchSize * float64(channels) * perTap
	if weights := simd.PatchSize * kernels; weights > ownFloats {
		products += tasks * weights / streamed(weights)
	}
	patches := channels * down * ceilDiv(across, k.Lanes)
	image := products + transformCycles*float64(patches+filters*ceilDiv(across*down, k.Lanes))
	return float64(p.Groups) * (kernels*kernelCycles + float64(filters*split*split*split)*filterCycles + float64(
		images)*image)
}

// streamed returns how many weights per cycle a core reads from an array of this many weights, which exceeds its own
// caches.
func streamed(weights float64) float64 {
	if weights > sharedFloats {
		return memoryFloats
	}
	return streamFloats
}

// worthWinograd returns nil, or an error that says why direct takes less time in all.
func worthWinograd(p conv.Problem, images int, sums conv.Shape, k *simd.Kernels) error {
	if p.Weight[1] < screenLeast {
		return fmt.Errorf("it pays from %d channels per group on, here are %d", screenLeast, p.Weight[1])
	}
	ratio := priceWinograd(p, images, sums, k) / priceDirect(p, images, sums, k)
	if ratio <= worthwhile {
		return nil
	}
	switch images {
	case anyNumber:
		return fmt.Errorf("it would take about %.2g times as long as direct", ratio)
	case 1:
		return fmt.Errorf("transforming its weights and computing 1 image would take about %.2g times as long as "+
			"direct", ratio)
	default:
		return fmt.Errorf("transforming its weights and computing %d images would take about %.2g times as long as "+
			"direct", images, ratio)
	}
}
