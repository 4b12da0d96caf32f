package conv

import (
	"fmt"
	"math/bits"
)

// Shape has the four extents of a dense array, outermost first. For images and activations they are N, C, H, W, for
// weights O, I, H, W: filters, channels per group, kernel rows, kernel columns.
type Shape [4]int

// N returns the number of images, or of filters.
func (s Shape) N() int { return s[0] }

// C returns the number of channels.
func (s Shape) C() int { return s[1] }

// H returns the number of rows.
func (s Shape) H() int { return s[2] }

// W returns the number of columns.
func (s Shape) W() int { return s[3] }

// String formats s as PyTorch prints a size, for example [5 1 48 64].
func (s Shape) String() string { return fmt.Sprintf("[%d %d %d %d]", s[0], s[1], s[2], s[3]) }

// Image returns s with a batch of one.
func (s Shape) Image() Shape { s[0] = 1; return s }

// WithN returns s with a batch of n.
func (s Shape) WithN(n int) Shape { s[0] = n; return s }

// Bytes returns the size of a float32 array of this shape. It is a float64 because it may be too large for an int.
func (s Shape) Bytes() float64 {
	return 4 * float64(s[0]) * float64(s[1]) * float64(s[2]) * float64(s[3])
}

// Len returns the number of elements. It reports a [*ShapeError] if an extent is negative, or if the number is too
// large for an int.
func (s Shape) Len() (int, error) {
	n, err := Product(s[:]...)
	if err != nil {
		return 0, &ShapeError{Arg: "shape", Value: s.String(), Rule: err.Error()}
	}
	return n, nil
}

// Product multiplies extents. It reports an error if one is negative, or if the product is too large for an int. The
// product of no extents is 1. If one is 0, the product is 0, however large the others are.
func Product(extents ...int) (int, error) {
	product := uint64(1)
	zero, overflow := false, false
	for _, e := range extents {
		if e < 0 {
			return 0, fmt.Errorf("extent %d is negative", e)
		}
		if e == 0 {
			zero = true
			continue
		}
		hi, lo := bits.Mul64(product, uint64(e))
		if hi != 0 || lo > maxInt {
			overflow = true
			lo = 1
		}
		product = lo
	}
	switch {
	case zero:
		return 0, nil
	case overflow:
		return 0, fmt.Errorf("the product of the extents is more than %d", uint64(maxInt))
	}
	return int(product), nil
}

const maxInt = uint64(^uint(0) >> 1)
