package stimuli

import (
	"fmt"
	"runtime"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
)

// painter draws image i of a set into its channels, one after the other. It belongs to one goroutine.
type painter func(image []float32, i int) error

// perWorker is how many pixels are worth a further goroutine, about 0.1 ms of work. In BenchmarkSweep two images of
// 48×64 took longer on two goroutines than on one.
const perWorker = 1 << 14

// draw draws images from first on into dst, on all cores. all is the shape of the set. Each core has a painter of its
// own.
func draw(dst *conv.Tensor, first int, all conv.Shape, newPainter func() painter) error {
	return drawOn(runtime.GOMAXPROCS(0), dst, first, all, newPainter)
}

// drawOn is draw on at most this many cores.
func drawOn(cores int, dst *conv.Tensor, first int, all conv.Shape, newPainter func() painter) error {
	if err := dst.Check("dst"); err != nil {
		return err
	}
	n := dst.Shape.N()
	if dst.Shape.Image() != all.Image() || first < 0 || n > all.N()-first {
		return fault.New("stimuli", fmt.Sprintf("images %d … %d of shape %v", first, first+n-1, dst.Shape), "",
			"want some of the %v", all)
	}
	workers := max(1, min(cores, n, len(dst.Data)/perWorker))
	group := parallel.NewGroup()
	for worker := range workers {
		part := func() error {
			paint := newPainter()
			for i := n * worker / workers; i < n*(worker+1)/workers; i++ {
				if err := paint(dst.Images(i, i+1).Data, first+i); err != nil {
					return err
				}
			}
			return nil
		}
		if workers == 1 {
			return part()
		}
		group.Go(part)
	}
	return group.Wait()
}
