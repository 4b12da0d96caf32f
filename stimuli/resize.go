package stimuli

import "math"

// resize returns a plane of rows × columns at another size. It interpolates linearly, and averages when it makes an
// image smaller, so that fine patterns do not alias: each output is the mean of the inputs under a triangle as wide as
// two outputs (or two inputs, if those are wider), cut at the border. This is Pillow's BILINEAR and torchvision's
// Resize with antialias. Sums are in float64.
func resize(plane []float32, rows, columns, newRows, newColumns int) []float32 {
	wide := make([]float32, rows*newColumns)
	along := triangles(columns, newColumns)
	for y := range rows {
		row := plane[y*columns:][:columns]
		for x, t := range along {
			sum := 0.0
			for i, w := range t.weights {
				sum += w * float64(row[t.first+i])
			}
			wide[y*newColumns+x] = float32(sum)
		}
	}
	out := make([]float32, newRows*newColumns)
	sums := make([]float64, newColumns)
	for y, t := range triangles(rows, newRows) {
		clear(sums)
		for i, w := range t.weights {
			for x, v := range wide[(t.first+i)*newColumns:][:newColumns] {
				sums[x] += w * float64(v)
			}
		}
		for x, v := range sums {
			out[y*newColumns+x] = float32(v)
		}
	}
	return out
}

// resizeBytes returns how many bytes a plane of rows × columns takes while it becomes the size that o.Resize says, with
// the result before o.Crop.
func (o Options) resizeBytes(rows, columns int) float64 {
	newRows, newColumns := o.resized(rows, columns)
	if newRows == rows && newColumns == columns {
		return 0
	}
	planes := 4 * (float64(rows) + float64(newRows)) * float64(newColumns)
	return planes + 8*float64(newColumns) + tapBytes(rows, newRows) + tapBytes(columns, newColumns)
}

// tapBytes returns how many bytes the taps of m outputs that are made from n inputs take at most.
func tapBytes(n, m int) float64 {
	const tap, weight = 32, 8
	return tap*float64(m) + weight*(2*max(float64(n), float64(m))+float64(m))
}

// taps are the weights of the inputs from first on.
type taps struct {
	first   int
	weights []float64 // sum to 1
}

// triangles returns the taps of each of m outputs that are made from n inputs.
func triangles(n, m int) []taps {
	scale := float64(n) / float64(m)
	support := math.Max(scale, 1)
	all := make([]taps, m)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		first, end := max(0, int(centre-support+0.5)), min(n, int(centre+support+0.5))
		t := taps{first: first, weights: make([]float64, end-first)}
		sum := 0.0
		for k := range t.weights {
			w := math.Max(0, 1-math.Abs((float64(first+k)-centre+0.5)/support))
			t.weights[k], sum = w, sum+w
		}
		for k := range t.weights {
			t.weights[k] /= sum
		}
		all[i] = t
	}
	return all
}
