package stimuli

import (
	"fmt"
	"runtime"

	"gpuconv/conv"

	"golang.org/x/sync/errgroup"
)

// Sweep is a [Set]: a grating at each of a list of orientations, in its order.
type Sweep struct {
	grating       NMA
	orientations  Values
	rows, columns int
}

// NewSweep returns the set. It refuses what [NMA.Size] refuses, an empty list and
// orientations that are not finite.
func NewSweep(grating NMA, orientations Values) (*Sweep, error) {
	rows, columns, err := grating.Size()
	if err != nil {
		return nil, err
	}
	if orientations.Len() == 0 {
		return nil, fmt.Errorf("stimuli: no orientations: want at least one")
	}
	for _, v := range orientations.explicit { // those of a range are finite
		if err := checkOrientation(v); err != nil {
			return nil, err
		}
	}
	return &Sweep{grating: grating, orientations: orientations, rows: rows, columns: columns}, nil
}

// Shape returns [N, 1, H, W].
func (s *Sweep) Shape() conv.Shape { return conv.Shape{s.orientations.Len(), 1, s.rows, s.columns} }

// Orientation returns that of image i, in degrees from vertical, for
// 0 ≤ i < Shape().N().
func (s *Sweep) Orientation(i int) float64 { return s.orientations.At(i) }

// perWorker is how many pixels a goroutine is started for, about 0.1 ms of work:
// in BenchmarkSweep two images of 48×64 on two goroutines took longer than on one.
const perWorker = 1 << 14

// Draw implements [Set] on all cores.
func (s *Sweep) Draw(dst *conv.Tensor, first int) error {
	if err := dst.Check("dst"); err != nil {
		return err
	}
	n := dst.Shape.N()
	if dst.Shape.Image() != s.Shape().Image() || first < 0 || n > s.orientations.Len()-first {
		return fmt.Errorf("stimuli: images %d … %d of shape %v: want some of the %v", first, first+n-1, dst.Shape, s.Shape())
	}
	workers := max(1, min(runtime.GOMAXPROCS(0), n, len(dst.Data)/perWorker))
	if workers == 1 {
		return s.draw(dst, first, 0, n)
	}
	var group errgroup.Group
	for worker := range workers {
		group.Go(func() error { return s.draw(dst, first, n*worker/workers, n*(worker+1)/workers) })
	}
	return group.Wait()
}

// draw draws images lo ≤ i < hi of dst.
func (s *Sweep) draw(dst *conv.Tensor, first, lo, hi int) error {
	for i := lo; i < hi; i++ {
		if err := s.grating.Draw(dst.Plane(i, 0), s.Orientation(first+i)); err != nil {
			return err
		}
	}
	return nil
}
