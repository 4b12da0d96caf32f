package cpu

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// A price is an estimate of what a plan and all its runs cost together, in cycles of a core. The problem's batch is all
// images of the job.
//
// The constants were measured on Zen 3 with AVX2. They need to be right within a third or so: where two prices are
// closer, either algorithm will do. TestChoicesPay holds the choice to what is measured.
const (
	// packCycles is what a weight costs that is packed as it is.
	packCycles = 5
	// kernelCycles is what a kernel of 3×3 costs that is transformed, screened and packed in both forms, mostly for
	// memory that is written for the first time.
	kernelCycles = 380
	// filterCycles is what the screen costs for a filter on top of that.
	filterCycles = 13_000
	// transformCycles is what a block costs per channel and per filter beside the products.
	transformCycles = 100
	// streamFloats is how many weights a core reads per cycle that are in none of its own caches, which hold ownFloats.
	// It is memoryFloats where they exceed sharedFloats, which the cache of all cores holds.
	streamFloats = 3
	ownFloats    = 512 << 10 / 4
	memoryFloats = 0.7
	sharedFloats = 24 << 20 / 4
	// worthwhile is the part of the price of direct that winograd may cost.
	worthwhile = 1
	// screenLeast is from how many channels on the screen takes most blocks of usual images. With 32 it finds half of
	// the blocks of rectified noise odd, and winograd then takes 1.5 times as long as direct (TestOrdinary).
	screenLeast = 48
)

// priceDirect is the price of plain sums.
func priceDirect(p conv.Problem, sums conv.Shape, k *simd.Kernels) float64 {
	filters, taps := p.Weight[0]/p.Groups, float64(p.Weight[1]*p.Weight[2]*p.Weight[3])
	_, perTap := cheapestPanels(filters, ceilDiv(sums.W(), k.Lanes), k)
	return float64(p.Groups) * taps * (packCycles*float64(filters) + float64(p.Src.N())*float64(sums.H())*perTap)
}

// priceWinograd is the price of transforms.
func priceWinograd(p conv.Problem, sums conv.Shape, k *simd.Kernels) float64 {
	channels, filters := float64(p.Weight[1]), float64(p.Weight[0]/p.Groups)
	across, down := ceilDiv(sums.W(), block), ceilDiv(sums.H(), block)
	rows := min(down, max(1, elementFloats/(across*p.Weight[1]))) // of blocks in a band, as fits has it
	bands := float64(ceilDiv(down, rows))
	_, perTap := cheapestPanels(p.Weight[0]/p.Groups, ceilDiv(rows*across, k.Lanes), k)
	products := bands * simd.PatchSize * channels * perTap
	if weights := simd.PatchSize * channels * filters; weights > ownFloats {
		products += bands * weights / streamed(weights)
	}
	image := products + float64(across*down)*transformCycles*(channels+filters)
	return float64(p.Groups) * (channels*filters*kernelCycles + filters*filterCycles + float64(p.Src.N())*image)
}

// streamed returns how many of so many weights a core reads per cycle.
func streamed(weights float64) float64 {
	if weights > sharedFloats {
		return memoryFloats
	}
	return streamFloats
}

// worthWinograd returns nil, or why direct takes less time in all.
func worthWinograd(p conv.Problem, sums conv.Shape, k *simd.Kernels) error {
	if p.Weight[1] < screenLeast {
		return fmt.Errorf("it pays from %d channels per group on, here are %d", screenLeast, p.Weight[1])
	}
	ratio := priceWinograd(p, sums, k) / priceDirect(p, sums, k)
	if ratio <= worthwhile {
		return nil
	}
	switch n := p.Src.N(); n {
	case anyNumber:
		return fmt.Errorf("it would take about %.2g times as long as direct", ratio)
	case 1:
		return fmt.Errorf("transforming its weights and computing 1 image would take about %.2g times as long as direct", ratio)
	default:
		return fmt.Errorf("transforming its weights and computing %d images would take about %.2g times as long as direct",
			n, ratio)
	}
}
