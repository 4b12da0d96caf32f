package experiment

import (
	"math/rand/v2"

	"gpuconv/conv"
)

// edges draws outputs where faults hide: at the borders of an image, where padding is read; on both sides of the seams
// between tiles, bands and chunks; in the last filters, which fill only a part of a tile.
type edges struct {
	border [2]int // how many rows and columns of outputs at each border see padding
	band   int    // rows of outputs in a band, 0 if images are not cut
	chunk  int    // images in a chunk
}

func newEdges(p conv.Problem, dst conv.Shape, d conv.Description) edges {
	e := edges{band: d.Band, chunk: max(1, d.Chunk)}
	s := p.WithDefaults()
	for axis, padding := range [2]int{max(s.Padding.Top, s.Padding.Bottom), max(s.Padding.Left, s.Padding.Right)} {
		e.border[axis] = min(max(1, padding/s.Stride[axis]), dst[2+axis])
	}
	return e
}

// tiles are sizes of tiles in rows and columns: on every device a tile has one of these sizes, or a multiple of one.
var tiles = [...]int{8, 16, 32, 64, 128}

// draw draws one output of a portion of outputs of this shape, and returns its index.
func (e edges) draw(r *rand.Rand, shape conv.Shape) int {
	at := [4]int{r.IntN(shape[0]), r.IntN(shape[1]), r.IntN(shape[2]), r.IntN(shape[3])}
	switch r.IntN(4) {
	case 0: // a side
		axis := r.IntN(2)
		at[2+axis] = border(r, shape[2+axis], e.border[axis])
	case 1: // a corner
		at[2], at[3] = border(r, shape[2], e.border[0]), border(r, shape[3], e.border[1])
	case 2: // a seam, of a band if images are cut
		axis := 2 + r.IntN(2)
		size := tiles[r.IntN(len(tiles))]
		if axis == 2 && e.band > 0 {
			size = e.band
		}
		at[axis] = seam(r, shape[axis], size)
	case 3: // the last filters, or the first and last image of a chunk
		at[1] = shape[1] - 1 - r.IntN(min(4, shape[1]))
		at[0] = seam(r, shape[0], e.chunk)
	}
	return ((at[0]*shape[1]+at[1])*shape[2]+at[2])*shape[3] + at[3]
}

// border draws a number from 0 to n−1: one of the first few or of the last few.
func border(r *rand.Rand, n, few int) int {
	at := r.IntN(few)
	if r.IntN(2) == 0 {
		return at
	}
	return n - 1 - at
}

// seam draws a number from 0 to n−1: the last in a tile of this size, or the first in the next tile.
func seam(r *rand.Rand, n, size int) int {
	if n <= size {
		return n - 1
	}
	return size*(1+r.IntN((n-1)/size)) - r.IntN(2)
}
