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

// NewSweep returns the set. It refuses what [NMA.Size] refuses.
func NewSweep(grating NMA, orientations Values) (*Sweep, error) {
	rows, columns, err := grating.Size()
	if err != nil {
		return nil, err
	}
	if orientations.Len() == 0 {
		return nil, fmt.Errorf("stimuli: no orientations: want at least one")
	}
	return &Sweep{grating: grating, orientations: orientations, rows: rows, columns: columns}, nil
}

// Shape returns [N, 1, H, W].
func (s *Sweep) Shape() conv.Shape { return conv.Shape{s.orientations.Len(), 1, s.rows, s.columns} }

// Orientation returns that of image i, in degrees from vertical.
func (s *Sweep) Orientation(i int) float64 { return s.orientations.At(i) }

// Draw implements [Set] on all cores.
func (s *Sweep) Draw(dst *conv.Tensor, first int) error {
	if err := dst.Check("dst"); err != nil {
		return err
	}
	n := dst.Shape.N()
	if dst.Shape.Image() != s.Shape().Image() || first < 0 || n > s.orientations.Len()-first {
		return fmt.Errorf("stimuli: images %d … %d of shape %v: want some of the %v", first, first+n-1, dst.Shape, s.Shape())
	}
	workers := min(runtime.GOMAXPROCS(0), n)
	var group errgroup.Group
	for worker := range workers {
		group.Go(func() error {
			for i := n * worker / workers; i < n*(worker+1)/workers; i++ {
				if err := s.grating.Draw(dst.Plane(i, 0), s.Orientation(first+i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
