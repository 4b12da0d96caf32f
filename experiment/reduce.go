package experiment

import (
	"runtime"
	"slices"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/internal/parallel"
)

// A job with a [Summary] convolves a few images at a time, so that their maps are still in a core's cache when the
// numbers are made of them. The maps are judged and drawn as those of any job, and are not kept.

// cacheBytes is how many bytes of images and maps are convolved at a time on the CPU: with the weights they fit into
// the second-level cache of a core.
const cacheBytes = 1 << 20

// atOnce returns how many images of a portion are convolved at a time before numbers are made of their maps. A device
// whose plans overlap transfers gets whole portions.
func atOnce(p conv.Problem, plan conv.Plan) int {
	if _, ok := plan.(conv.Submitter); ok {
		return p.Src.N()
	}
	dst, err := p.Dst()
	if err != nil {
		return p.Src.N()
	}
	return max(1, min(p.Src.N(), int(cacheBytes/(p.Src.Image().Bytes()+dst.Image().Bytes()))))
}

// reduction returns what makes the numbers of the maps of p. numbers is their shape. The reduction also counts in found
// the values of the maps that are not finite, and calls look with the maps.
func (k Summary) reduction(numbers conv.Shape, p conv.Problem, plan conv.Plan, found *NotFinite,
	look func(first int, src, maps *conv.Tensor) error) *batch.Reduction {
	return &batch.Reduction{Shape: numbers, Images: atOnce(p, plan),
		Make: func(first int, src, maps, dst *conv.Tensor) error {
			k.reduceAll(dst, maps)
			if k.seesAll() && finite(dst.Data) {
				found.Outputs += len(maps.Data)
				return look(first, src, maps)
			}
			for piece := range slices.Chunk(maps.Data, pieceOfOutputs) {
				found.count(piece)
			}
			return look(first, src, maps)
		}}
}

// seesAll reports whether a value that is not finite, anywhere in a map, makes a number of the map that is not finite.
// A sum of all values does.
func (k Summary) seesAll() bool {
	return slices.ContainsFunc(k, func(s Statistic) bool { return s.Kind != Max && s.Kind != Position })
}

const (
	// floatsPerCore is how many outputs are worth waking a core for: about 0.1 ms of work (BenchmarkSummary).
	floatsPerCore = 1 << 19
	// A map takes as long as mapFloats outputs more than it has, and each of its numbers as long as numberFloats.
	mapFloats    = 256
	numberFloats = 32
)

// workers returns how many cores are worth waking to make this many numbers of each map.
func workers(maps conv.Shape, numbers int) int {
	planes, size := maps.N()*maps.C(), maps.H()*maps.W()
	work := float64(planes) * (float64(size) + mapFloats + numberFloats*float64(numbers))
	return int(min(float64(planes), work/floatsPerCore))
}

// reduceAll makes the numbers of all maps of some images, on all cores.
func (k Summary) reduceAll(dst, maps *conv.Tensor) {
	planes, size, count := maps.Shape.N()*maps.Shape.C(), maps.Shape.H()*maps.Shape.W(), dst.Shape.H()*dst.Shape.W()
	some := func(lo, hi int) {
		by := k.reducer(maps.Shape)
		for i := lo; i < hi; i++ {
			by.reduce(dst.Data[i*count:(i+1)*count], maps.Data[i*size:(i+1)*size])
		}
	}
	workers := min(runtime.GOMAXPROCS(0), workers(maps.Shape, count))
	if workers <= 1 {
		some(0, planes)
		return
	}
	parallel.Each(workers, func(i int) { some(planes*i/workers, planes*(i+1)/workers) })
}
