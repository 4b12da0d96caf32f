package conv

import "fmt"

// Source returns which of size rows, or columns, the place at of an image and its padding takes, or -1 if it is 0. The
// image's own places are 0 … size−1, those before it are negative. For places beyond a padding that [Problem.Dst]
// accepts the result means nothing.
func (m PaddingMode) Source(at, size int) int {
	if at >= 0 && at < size {
		return at
	}
	return m.beyond(at, size)
}

// beyond is Source outside the image. It is a function of its own so that Source is inlined.
func (m PaddingMode) beyond(at, size int) int {
	switch m {
	case Reflect:
		if at < 0 {
			return -at
		}
		return 2*(size-1) - at
	case Replicate:
		return min(max(at, 0), size-1)
	case Circular:
		return (at + size) % size
	case Symmetric:
		if at < 0 {
			return -1 - at
		}
		return 2*size - 1 - at
	}
	return -1
}

// Same returns the padding with which a convolution of stride 1 keeps the size of the image, as PyTorch's
// padding='same' does. Along each axis it is dilation·(kernel−1) in all, half of it before the image and half after.
// Where that is odd, one more is after the image. Pairs are (H, W); stride and dilation are 1 by default.
//
// It refuses other strides, as PyTorch does, and extents below 1, with a [*ShapeError]. [SameUpper] takes any stride.
func Same(kernel, stride, dilation [2]int) (Padding, error) {
	var before, after [2]int
	for axis := range 2 {
		if s := max1(stride[axis]); s != 1 {
			return Padding{}, &ShapeError{"padding", "same",
				fmt.Sprintf("needs a stride of 1, not %d along %s", s, axisNames[axis])}
		}
		total, err := spanOf("same", axis, kernel, dilation)
		if err != nil {
			return Padding{}, err
		}
		before[axis], after[axis] = total/2, total-total/2
	}
	return sides(before, after), nil
}

// SameUpper returns the padding with which the sums are ⌈size/stride⌉ along each axis, as those of TensorFlow's SAME
// and ONNX's SAME_UPPER. In all it is what the last window lacks,
//
//	max(0, (⌈size/stride⌉−1)·stride + dilation·(kernel−1) + 1 − size)
//
// half of it before the image and half after. Where that is odd, one more is after the image. Pairs are (H, W); 0 means
// 1 for stride and dilation. With a stride of 1 it is [Same].
//
// It refuses extents below 1 with a [*ShapeError].
func SameUpper(image, kernel, stride, dilation [2]int) (Padding, error) {
	less, more, err := samePadding("same-upper", image, kernel, stride, dilation)
	return sides(less, more), err
}

// SameLower is [SameUpper] but for an odd padding, of which one more is before the image: ONNX's SAME_LOWER.
func SameLower(image, kernel, stride, dilation [2]int) (Padding, error) {
	less, more, err := samePadding("same-lower", image, kernel, stride, dilation)
	return sides(more, less), err
}

// samePadding returns the two halves of the padding of SameUpper, the smaller first.
func samePadding(name string, image, kernel, stride, dilation [2]int) (less, more [2]int, err error) {
	for axis := range 2 {
		span, err := spanOf(name, axis, kernel, dilation)
		if err != nil {
			return less, more, err
		}
		size, s := image[axis], max1(stride[axis])
		if size < 1 || s < 1 {
			return less, more, &ShapeError{"padding", name, fmt.Sprintf("needs an image and a stride of at least 1 along %s, not %d and %d",
				axisNames[axis], size, s)}
		}
		last := (size - 1) / s * s // where the last window begins
		total := max(0, span-(size-1-last))
		less[axis], more[axis] = total/2, total-total/2
	}
	return less, more, nil
}

// spanOf returns dilation·(kernel−1), how far a kernel reaches beyond its first tap.
func spanOf(name string, axis int, kernel, dilation [2]int) (int, error) {
	k, d := kernel[axis], max1(dilation[axis])
	if k < 1 || d < 1 {
		return 0, &ShapeError{"padding", name,
			fmt.Sprintf("needs a kernel and a dilation of at least 1 along %s, not %d and %d", axisNames[axis], k, d)}
	}
	span, err := Product(d, k-1)
	if err != nil {
		return 0, &ShapeError{"padding", name, err.Error()}
	}
	return span, nil
}

func sides(before, after [2]int) Padding {
	return Padding{Top: before[0], Bottom: after[0], Left: before[1], Right: after[1]}
}
