package cpu

import "gpuconv/cpu/internal/simd"

// kernelTransform transforms 3×3 kernels by means of tiles of sums: each of the 36 transformed elements is a sum of 9
// products.
type kernelTransform struct {
	kernels *simd.Kernels
	weight  []float32 // [6][9][6]: rows of elements, taps, elements of a row
	taps    simd.Taps
}

const (
	// packChannels is how many channels of a panel are transformed at a time, into a buffer. From there their elements
	// are copied to their final places. These are so far apart that direct writes would compete for the same cache
	// lines.
	packChannels = 16
	packColumns  = packChannels * simd.MaxFilters
	patchSide    = block + 2
	packVectors  = 2 // the width of a tile in registers; packColumns is a multiple of it for all instruction sets
)

func newKernelTransform(k *simd.Kernels) *kernelTransform {
	t := &kernelTransform{kernels: k, weight: make([]float32, 9*simd.PatchSize)}
	offsets := make([]int, 9)
	for tap := range offsets {
		offsets[tap] = tap * packColumns
		var unit [9]float32
		var elements [simd.PatchSize]float32
		unit[tap] = 1
		simd.TransformKernel(elements[:], 1, &unit)
		for i, v := range elements {
			t.weight[(i/patchSide*9+tap)*patchSide+i%patchSide] = v
		}
	}
	t.taps = simd.NewTaps(offsets)
	return t
}

// pack transforms the kernels of a panel of count filters, [filters][channels][9]. Element i of all kernels goes to
// packed[i·step:], as [channels][filters].
func (t *kernelTransform) pack(packed, weight []float32, step, channels, count int) {
	var inputs [9 * packColumns]float32
	var elements [simd.PatchSize * packColumns]float32
	var zeros [simd.MaxFilters]float32
	vectors := min(packVectors, t.kernels.Vectors(patchSide))
	width := vectors * t.kernels.Lanes
	tile := simd.Tile{X: inputs[:], Taps: t.taps, Bias: zeros[:], Plane: packColumns, XStep: width, DstStep: width}
	for first := 0; first < channels; first += packChannels {
		n := min(packChannels, channels-first)
		for k := range count {
			spreadTaps(inputs[k:], weight[(k*channels+first)*9:][:9*n], count)
		}
		tile.Tiles = ceilDiv(n*count, width)
		for row := range patchSide {
			tile.Weight, tile.Dst = t.weight[row*9*patchSide:], elements[row*patchSide*packColumns:]
			t.kernels.Run(patchSide, vectors, &tile)
		}
		for i := range simd.PatchSize {
			copy(packed[i*step+first*count:][:n*count], elements[i*packColumns:])
		}
	}
}

// spreadTaps copies the kernels of one filter, [channels][9], to inputs[9][packColumns], with consecutive channels step
// apart.
func spreadTaps(inputs, kernels []float32, step int) {
	for at := 0; len(kernels) > 0; at += step {
		for tap, w := range (*[9]float32)(kernels) {
			inputs[tap*packColumns+at] = w
		}
		kernels = kernels[9:]
	}
}
