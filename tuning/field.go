package tuning

import (
	"context"
	"fmt"
	"math"

	"gpuconv/fault"

	"gonum.org/v1/gonum/stat"
)

// Fields are the receptive fields of cells, by reverse correlation with noise:
//
//	w(x) = Σ (r − r̄)·(s(x) − s̄(x)) / (n·σ²)
//
// over the n images s with the responses r, where σ² is the variance of a pixel (the spike-triggered average: De Boer
// and Kuyper, IEEE Trans. Biomed. Eng. 15:169, 1968; Chichilnisky, Network 12:199, 2001). If the pixels are
// independent, w is the filter of a linear cell, and half of the filter of a cell that rectifies (Bussgang 1952).
// Correlated pixels smear it.
type Fields struct {
	Rows, Columns int
	Weights       [][]float64 // of each cell, row by row
	// Noise is, for each cell, the standard deviation that its weights have by chance alone: sd(r)/(σ·√n).
	Noise []float64
	// Neighbours is the correlation of pixels that are side by side, 0 for white noise.
	Neighbours float64
}

// ReverseCorrelation returns the receptive fields of all cells. images is the array of the stimuli, [N H W] or [N 1 H
// W], with an image for each response. It refuses other shapes, fewer than 2 images, pixels that never change, and
// responses or pixels that are not finite. It returns the errors of the source, and that of ctx once it is done.
func ReverseCorrelation(ctx context.Context, r *Responses, images Source) (*Fields, error) {
	shape := images.Shape()
	if err := r.check(); err != nil {
		return nil, err
	}
	if n := len(shape); n != 3 && !(n == 4 && shape[1] == 1) || shape[0] != r.Images || r.Images < 2 {
		return nil, fault.New("tuning", "stimuli", shape,
			"want %d images [N 1 H W], one for each response, and at least 2", r.Images)
	}
	f := &Fields{Rows: shape[len(shape)-2], Columns: shape[len(shape)-1]}
	pixels, n := f.Rows*f.Columns, float64(r.Images)
	means := make([]float64, r.Cells)
	for cell := range means {
		var all []float64
		for i := range r.Images {
			all = append(all, r.At(i, cell))
		}
		mean, deviation := stat.PopMeanStdDev(all, nil)
		if notFinite(mean) || notFinite(deviation) {
			return nil, fault.New("tuning", fmt.Sprintf("responses of cell %d", cell), "", "not finite: want numbers")
		}
		means[cell] = mean
		f.Weights, f.Noise = append(f.Weights, make([]float64, pixels)), append(f.Noise, deviation)
	}
	image, sum := make([]float32, pixels), make([]float64, pixels)
	total, squares, products := 0.0, 0.0, 0.0
	for i := range r.Images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := images.Read(image); err != nil {
			return nil, err
		}
		for x, v := range image {
			s := float64(v)
			sum[x] += s
			total, squares = total+s, squares+s*s
			if (x+1)%f.Columns != 0 {
				products += s * float64(image[x+1])
			}
		}
		for cell, w := range f.Weights {
			if deviation := r.At(i, cell) - means[cell]; deviation != 0 {
				for x, v := range image {
					w[x] += deviation * float64(v)
				}
			}
		}
	}
	grey := total / (n * float64(pixels))
	variance := squares/(n*float64(pixels)) - grey*grey
	if !(variance > 1e-12*grey*grey) || notFinite(variance) {
		return nil, fault.New("tuning", "stimuli", shape, "pixels of variance %v: want noise", variance)
	}
	if f.Columns > 1 {
		f.Neighbours = (products/(n*float64(f.Rows*(f.Columns-1))) - grey*grey) / variance
	}
	for cell, w := range f.Weights {
		for x := range w {
			w[x] /= n * variance // Σ (r − r̄)·s̄(x) is 0
		}
		f.Noise[cell] /= math.Sqrt(n * variance)
	}
	return f, nil
}

// A weight belongs to a field if its magnitude is more than 4.5 times Fields.Noise. Of 4,096 pixels, at least one has
// such a weight by chance in 3 % of the cells.
const certain = 4.5

// Fit fits a Gabor to the field of a cell, on the pixels around those that exceed chance. If there are none, or the fit
// explains less than half of the variance there, ok is false. Places are pixels from the centre of the image.
func (f *Fields) Fit(cell int) (g FieldGabor, ok bool, err error) {
	w := f.Weights[cell]
	top, bottom, left, right := f.Rows, -1, f.Columns, -1
	for x, v := range w {
		if math.Abs(v) > certain*f.Noise[cell] {
			row, column := x/f.Columns, x%f.Columns
			top, bottom, left, right = min(top, row), max(bottom, row), min(left, column), max(right, column)
		}
	}
	if bottom < 0 {
		return g, false, nil
	}
	margin := max(3, (max(bottom-top, right-left)+1)/2)
	top, left = max(0, top-margin), max(0, left-margin)
	bottom, right = min(f.Rows-1, bottom+margin), min(f.Columns-1, right+margin)
	part := window{rows: bottom - top + 1, columns: right - left + 1,
		x: float64(left) - float64(f.Columns-1)/2, y: float64(top) - float64(f.Rows-1)/2}
	for row := top; row <= bottom; row++ {
		part.data = append(part.data, w[row*f.Columns+left:row*f.Columns+right+1]...)
	}
	g, err = part.fit()
	return g, err == nil && g.R2 >= 0.5, err
}
