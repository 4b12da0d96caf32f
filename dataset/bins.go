package dataset

import (
	"math"
	"slices"
)

// Bins returns r's orientations, moved so that they divide a period evenly, and the period in degrees. Orientation i is
// that of stimulus i, as in r. The period is 360° if r's orientations span more than 180°, otherwise 180°. Package
// tuning needs even spacing, but a recorded orientation is the mean of the gratings in a bin, and only close to the
// middle of the bin. ok is false if an orientation would move by more than a quarter of a bin.
func (r *Recordings) Bins() (orientation []float64, period float64, ok bool) {
	n := len(r.Orientation)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := r.Orientation[a], r.Orientation[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	period = 180
	if span := r.Orientation[order[n-1]] - r.Orientation[order[0]]; span > 180 {
		period = 360
	}
	step, offset := period/float64(n), 0.0
	for rank, at := range order {
		offset += (r.Orientation[at] - float64(rank)*step) / float64(n)
	}
	orientation = make([]float64, n)
	for rank, at := range order {
		orientation[at] = offset + float64(rank)*step
		if math.Abs(orientation[at]-r.Orientation[at]) > step/4 {
			return nil, 0, false
		}
	}
	return orientation, period, true
}
