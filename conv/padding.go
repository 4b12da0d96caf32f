package conv

import "fmt"

// Same returns the padding with which a convolution of stride 1 keeps the size of the image, as PyTorch's
// padding='same' does. Along each axis it is dilation·(kernel−1) in all, half of it before the image and half after.
// Where that is odd, one more is after the image. Pairs are (H, W); stride and dilation are 1 by default.
//
// It refuses other strides, as PyTorch does, and extents below 1, with a [*ShapeError].
func Same(kernel, stride, dilation [2]int) (Padding, error) {
	var before, after [2]int
	for axis := range 2 {
		k, s, d := kernel[axis], max1(stride[axis]), max1(dilation[axis])
		if s != 1 {
			return Padding{}, &ShapeError{"padding", "same", fmt.Sprintf("needs a stride of 1, not %d along %s", s, axisNames[axis])}
		}
		if k < 1 || d < 1 {
			return Padding{}, &ShapeError{"padding", "same", fmt.Sprintf("needs a kernel and a dilation of at least 1 along %s, not %d and %d", axisNames[axis], k, d)}
		}
		total, err := Product(d, k-1)
		if err != nil {
			return Padding{}, &ShapeError{"padding", "same", err.Error()}
		}
		before[axis], after[axis] = total/2, total-total/2
	}
	return Padding{Top: before[0], Bottom: after[0], Left: before[1], Right: after[1]}, nil
}
