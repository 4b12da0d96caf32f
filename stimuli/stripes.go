package stimuli

import (
	"runtime"

	"gpuconv/conv"
	"gpuconv/internal/parallel"
)

// A device can make the tutorial's gratings itself, as [conv.Stripes]: they have two values, and what decides is the
// sum of an angle of the column and one of the row. Pixels whose sum is near a zero of the cosine are not sure. The set
// draws the images that have such a pixel.

// stripes returns n images of this size without their angles.
func (g NMA) stripes(n, rows, columns int) *conv.Stripes {
	low, high := float32(-0.5), float32(0.5)
	if g.Tutorial3 {
		low, high = 0, 1
	}
	s := &conv.Stripes{Shape: conv.Shape{n, 1, rows, columns}, Light: high, Dark: low}
	s.Angles = make([]uint32, n*conv.StripeAngles(s.Shape))
	return s
}

// near reports whether the arguments of all cosines are small enough for [conv.Stripes].
func (g NMA) near(rows, columns int) bool {
	return g.coordinate(columns-1)+g.coordinate(rows-1) < conv.FarthestStripe
}

// turn writes the angles of the columns and rows of an image, whose coordinates are given.
func turn(angles []uint32, at []float64, columns int, sin, cos float64) {
	across, down := angles[:columns], angles[columns:]
	for j := range across {
		across[j] = conv.StripeAngle(float64(at[j] * cos))
	}
	for i := range down {
		down[i] = conv.StripeAngle(float64(at[i] * sin))
	}
}

// leastSaving is how many times more pixels than angles an image must have, so that it is worth making from angles.
const leastSaving = 4

// Stripes returns the images first … first+n−1 as stripes. It returns nil if they are shown in a disc, which makes a
// third value, if the images have so few pixels that angles are no smaller, or if the spatial frequency is so high that
// angles are not exact enough.
func (s *Sweep) Stripes(first, n int) *conv.Stripes {
	g := s.grating.withDefaults()
	if g.Patch || s.rows*s.columns < leastSaving*(s.rows+s.columns) || !g.near(s.rows, s.columns) {
		return nil
	}
	images, at := g.stripes(n, s.rows, s.columns), g.coordinates(max(s.rows, s.columns))
	workers := max(1, min(runtime.GOMAXPROCS(0), n, len(images.Angles)/perWorker))
	parallel.Each(workers, func(worker int) {
		for i := n * worker / workers; i < n*(worker+1)/workers; i++ {
			sin, cos := g.direction(s.Orientation(first + i))
			turn(images.Images(i, i+1).Angles, at, s.columns, sin, cos)
		}
	})
	return images
}

// Stripes returns the images first … first+n−1 as stripes, or nil if they are none: see [Sweep.Stripes].
func (p *Part) Stripes(first, n int) *conv.Stripes {
	if of, ok := p.of.(interface {
		Stripes(first, n int) *conv.Stripes
	}); ok {
		return of.Stripes(p.first+first, n)
	}
	return nil
}
