package conv

import "fmt"

// Source returns the row of an image whose pixels fill row number at of the padded image, or -1 if zeros fill it. Rows
// are numbered from the image's first one: 0 … size−1 are the image itself, negative rows are the padding before it,
// and rows from size on are the padding after it. size is the number of rows of the image. Source works for columns,
// too. The result is meaningless outside a padding that [Problem.Dst] accepts.
func (m PaddingMode) Source(at, size int) int {
	if at >= 0 && at < size {
		return at
	}
	return m.beyond(at, size)
}

// beyond is Source outside the image. It is a separate function so that the compiler can inline Source.
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
// padding='same' does. Along each axis its total is dilation·(kernel−1): half before the image, half after it. If the
// total is odd, the extra row or column goes after the image. Pairs are (H, W). A stride or dilation of 0 means 1.
//
// Same refuses other strides, as PyTorch does, extents below 1 and dilations below 0, with a [*ShapeError]. [SameUpper]
// takes any stride.
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

// SameUpper returns the padding that makes ⌈size/stride⌉ sums along each axis, like TensorFlow's SAME and ONNX's
// SAME_UPPER. Along each axis its total is what the last window needs beyond the image,
//
//	max(0, (⌈size/stride⌉−1)·stride + dilation·(kernel−1) + 1 − size)
//
// half before the image, half after it. If the total is odd, the extra row or column goes after the image. Pairs are
// (H, W). A stride or dilation of 0 means 1. With a stride of 1 the result is that of [Same].
//
// SameUpper refuses extents below 1, and strides and dilations below 0, with a [*ShapeError].
func SameUpper(image, kernel, stride, dilation [2]int) (Padding, error) {
	less, more, err := samePadding("same-upper", image, kernel, stride, dilation)
	return sides(less, more), err
}

// SameLower is like [SameUpper], but if the total is odd, the extra row or column goes before the image: ONNX's
// SAME_LOWER.
func SameLower(image, kernel, stride, dilation [2]int) (Padding, error) {
	less, more, err := samePadding("same-lower", image, kernel, stride, dilation)
	return sides(more, less), err
}

// samePadding returns the two halves of SameUpper's padding, the smaller one first.
func samePadding(name string, image, kernel, stride, dilation [2]int) (less, more [2]int, err error) {
	for axis := range 2 {
		span, err := spanOf(name, axis, kernel, dilation)
		if err != nil {
			return less, more, err
		}
		size, s := image[axis], max1(stride[axis])
		if size < 1 || s < 1 {
			return less, more, &ShapeError{"padding", name,
				fmt.Sprintf("needs an image and a stride of at least 1 along %s, not %d and %d",
					axisNames[axis], size, s)}
		}
		last := (size - 1) / s * s // where the last window begins
		total := max(0, span-(size-1-last))
		less[axis], more[axis] = total/2, total-total/2
	}
	return less, more, nil
}

// spanOf returns dilation·(kernel−1): how far a kernel reaches beyond its first element.
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
