package figure

import (
	"image"
	"math"

	"gpuconv/conv"
)

// plane is one channel of one image: rows×columns values, row 0 at the top.
type plane struct {
	data          []float32
	rows, columns int
}

func planeOf(t *conv.Tensor, n, c int) plane {
	return plane{t.Plane(n, c), t.Shape.H(), t.Shape.W()}
}

// fit returns how to show p in a square of side box: block×block values become one cell, and every cell is enlarged to
// enlarge×enlarge pixels. At least one of the two numbers is 1.
func (p plane) fit(box int) (block, enlarge int) {
	longer := max(p.rows, p.columns)
	if longer > box {
		return (longer + box - 1) / box, 1
	}
	return 1, box / longer
}

// reduce returns the means of the block×block squares of p. If block does not divide the extents, the squares at the
// right and bottom border have fewer values.
func (p plane) reduce(block int) plane {
	if block == 1 {
		return p
	}
	small := plane{rows: (p.rows + block - 1) / block, columns: (p.columns + block - 1) / block}
	small.data = make([]float32, 0, small.rows*small.columns)
	for row := 0; row < p.rows; row += block {
		for column := 0; column < p.columns; column += block {
			small.data = append(small.data, p.mean(row, min(row+block, p.rows), column, min(column+block, p.columns)))
		}
	}
	return small
}

func (p plane) mean(top, bottom, left, right int) float32 {
	sum := 0.0
	for row := top; row < bottom; row++ {
		for _, v := range p.data[row*p.columns+left : row*p.columns+right] {
			sum += float64(v)
		}
	}
	return float32(sum / float64((bottom-top)*(right-left)))
}

// paint returns p in the colours of m. Each value becomes a square of enlarge×enlarge pixels.
func (p plane) paint(m colorMap, enlarge int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.columns*enlarge, p.rows*enlarge))
	for row := range p.rows {
		top := row * enlarge * img.Stride
		line := img.Pix[top : top+img.Stride]
		for column, v := range p.data[row*p.columns : (row+1)*p.columns] {
			c := m.at(float64(v))
			for at := column * enlarge * 4; at < (column+1)*enlarge*4; at += 4 {
				line[at], line[at+1], line[at+2], line[at+3] = c.R, c.G, c.B, c.A
			}
		}
		for copies := 1; copies < enlarge; copies++ {
			copy(img.Pix[top+copies*img.Stride:], line)
		}
	}
	return img
}

// extent returns the range of the finite values of data. If they are all equal, it widens the range around them. If
// there are none, the range is 0 to 1.
func extent(data []float32) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range data {
		if f := float64(v); finite(f) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	switch {
	case lo > hi:
		return 0, 1
	case lo == hi:
		half := max(0.5, math.Abs(lo)/2)
		return lo - half, hi + half
	}
	return lo, hi
}

// largestMagnitude returns the largest absolute value of the finite data. It returns 1 if that is 0 or there is none.
func largestMagnitude(data []float32) float64 {
	largest := 0.0
	for _, v := range data {
		if f := math.Abs(float64(v)); finite(f) {
			largest = max(largest, f)
		}
	}
	if largest == 0 {
		return 1
	}
	return largest
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
