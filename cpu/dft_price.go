package cpu

import (
	"fmt"
	"math"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

const (
	// dftMargin: dft is chosen only if direct takes at least dftMargin times as many multiplications.
	dftMargin = 1.5
	// dftPack is how many multiplications of tiles take as long as one of packing, which is plain Go, in float64.
	dftPack = 16
	// dftWeights and dftBytes are how much memory dft's weights may take for dft to be chosen: this many times that of
	// the weights themselves, or this many bytes if that is more. The weights of a filter at all frequencies take
	// 2·T/KH times as much as the filter: 5 times for 31 rows and one channel, 26 times and more for 7 rows.
	dftWeights = 7
	dftBytes   = 64 << 20
)

// dftWindow returns how many rows of sums and of inputs a window has: those with which dft takes the fewest
// multiplications. The more rows of sums a window gives, the less its overlap costs each of them, but the more
// multiplications lead back to each.
func dftWindow(p *conv.Problem, sums conv.Shape) (step, window int) {
	least := math.Inf(1)
	for n := 1; n == 1 || n <= sums.H() && evenWindow(p, n) <= dftMost; n++ {
		if cost := dftCost(p, sums, n); cost < least {
			step, least = n, cost
		}
	}
	return step, evenWindow(p, step)
}

// evenWindow returns the rows of inputs of a window that gives this many rows of sums.
func evenWindow(p *conv.Problem, step int) int { return ceilDiv(step+kernelRows(p)-1, 2) * 2 }

// dftCost returns how many multiplications one image takes, with windows that give this many rows of sums.
func dftCost(p *conv.Problem, sums conv.Shape, step int) float64 {
	window, windows := float64(evenWindow(p, step)), float64(ceilDiv(sums.H(), step))
	channels, filters, width := float64(p.Src.C()), float64(p.Weight[0]), float64(sums.W())
	spectra := channels * windows * window * window * float64(paddedWidth(p))
	products := filters * windows * 2 * window * float64(p.Weight[1]*p.Weight[3]) * width
	return spectra + products + filters*float64(sums.H())*window*width
}

// worthDFT returns nil, or an error that says why direct is better: dft, with its packing, saves too few
// multiplications, or its weights take too much memory.
func worthDFT(p conv.Problem, images int, sums conv.Shape, k *simd.Kernels) error {
	step, window := dftWindow(&p, sums)
	one := p
	one.Src[0] = 1
	pack := dftPack * float64(window) * float64(p.Weight[0]*p.Weight[1]*p.Weight[2]*p.Weight[3])
	ratio := one.MACs() / (dftCost(&p, sums, step) + pack/float64(images))
	if ratio < dftMargin {
		return fmt.Errorf("direct takes %.2g times as many multiplications: it is worth it with at least %.2g times",
			ratio, dftMargin)
	}
	bytes := 4 * float64(prepareDFT(p, sums, k).packedLen())
	if most := max(dftBytes, dftWeights*p.Weight.Bytes()); bytes > most {
		return fmt.Errorf("its weights would take %.3g MB, it may take %.3g MB unless it is forced", bytes/1e6,
			most/1e6)
	}
	return nil
}

// tolerance is the RMS error that Description.Tolerance states. Three sums follow each other: of T, 2·C·KW and T terms.
// If their errors are independent, the error of all three grows with the root of the number of terms.
func (d *dft) tolerance() float64 {
	return dftUnit * math.Sqrt(float64(2*d.window+d.rowTaps()))
}

// dftUnit is five to twelve times what TestDFTTolerance measures: 3e-9 to 5e-9 with random numbers and up to 8e-9 with
// images of equal columns, whose errors are equal too. The rest is a margin for sums that partly cancel: they become
// smaller, but their errors, which are in proportion to pixels and weights, do not.
const dftUnit = 4e-8
