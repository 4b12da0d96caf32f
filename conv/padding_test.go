package conv_test

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestSource compares each mode with what numpy.pad makes of [0 1 2 3] in its own mode: reflect, edge, wrap or
// symmetric. Zeros are -1.
func TestSource(t *testing.T) {
	for mode, want := range map[conv.PaddingMode][]int{ // from -4 or -3 on
		conv.Zeros:     {-1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1},
		conv.Reflect:   {3, 2, 1, 0, 1, 2, 3, 2, 1, 0}, // it pads by one less than the size at most
		conv.Replicate: {0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3},
		conv.Circular:  {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3},
		conv.Symmetric: {3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0},
	} {
		for i, source := range want {
			if at := i - (len(want)-4)/2; mode.Source(at, 4) != source {
				t.Errorf("%v: place %d of 4 takes %d, want %d", mode, at, mode.Source(at, 4), source)
			}
		}
	}
	if all := conv.PaddingModes(); len(all) != 5 || all[0] != conv.Zeros || all[4] != conv.Symmetric {
		t.Errorf("%v", all)
	}
}

// TestSame compares the padding with PyTorch's padding='same': the output has the size of the input, and an odd pixel
// is added at the end.
func TestSame(t *testing.T) {
	for _, k := range [][2]int{{1, 1}, {2, 3}, {4, 7}, {31, 8}} {
		for _, d := range [][2]int{{1, 1}, {2, 3}} {
			padding, err := conv.Same(k, [2]int{}, d)
			if err != nil {
				t.Fatal(err)
			}
			p := conv.Problem{Spec: conv.Spec{Padding: padding, Dilation: d}, Src: conv.Shape{1, 1, 9, 10},
				Weight: conv.Shape{1, 1, k[0], k[1]}}
			dst, err := p.Dst()
			if err != nil || dst.H() != 9 || dst.W() != 10 || padding.Bottom-padding.Top != d[0]*(k[0]-1)%2 ||
				padding.Right-padding.Left != d[1]*(k[1]-1)%2 {
				t.Errorf("kernel %v, dilation %v: %v gives %v, %v", k, d, padding, dst, err)
			}
		}
	}
	for want, c := range map[string][3][2]int{
		"needs a stride of 1, not 2 along W":                   {{3, 3}, {1, 2}, {1, 1}},
		"needs a stride of 1, not 3 along H":                   {{3, 3}, {3, 1}, {1, 1}},
		"needs a kernel and a dilation of at least 1 along H":  {{0, 3}, {1, 1}, {1, 1}},
		"needs a kernel and a dilation of at least 1 along W,": {{3, 3}, {1, 1}, {1, -1}},
		"the product of the extents is more than":              {{1 << 62, 3}, {1, 1}, {8, 1}},
	} {
		if _, err := conv.Same(c[0], c[1], c[2]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", c, err, want)
		}
	}
}

// tensorFlow is the padding SAME of TensorFlow's documentation, computed from the remainder of size and stride.
func tensorFlow(size, kernel, stride, dilation int) int {
	window := (kernel-1)*dilation + 1
	if size%stride == 0 {
		return max(window-stride, 0)
	}
	return max(window-size%stride, 0)
}

// TestSameUpperLower compares the paddings with TensorFlow's formula and ONNX's: there are ⌈size/stride⌉ sums, and an
// odd pixel is added after the image or before it.
func TestSameUpperLower(t *testing.T) {
	cases := 0
	for size := 1; size <= 13; size++ {
		for kernel := 1; kernel <= 5; kernel++ {
			for stride := 1; stride <= 5; stride++ {
				for dilation := 1; dilation <= 3; dilation++ {
					image, k, s, d := [2]int{size, 7}, [2]int{kernel, 1}, [2]int{stride, 1}, [2]int{dilation, 2}
					upper, errUpper := conv.SameUpper(image, k, s, d)
					lower, errLower := conv.SameLower(image, k, s, d)
					total := tensorFlow(size, kernel, stride, dilation)
					want := conv.Padding{Top: total / 2, Bottom: total - total/2}
					if errUpper != nil || errLower != nil || upper != want ||
						lower != (conv.Padding{Top: want.Bottom, Bottom: want.Top}) {
						t.Fatalf("%d by %d, stride %d, dilation %d: %v and %v, %v, %v; want %v", size, kernel, stride,
							dilation, upper, lower, errUpper, errLower, want)
					}
					p := conv.Problem{Src: conv.Shape{1, 1, size, 7}, Weight: conv.Shape{1, 1, kernel, 1},
						Spec: conv.Spec{Stride: s, Dilation: d, Padding: lower}}
					if dst, err := p.Dst(); err != nil || dst.H() != (size+stride-1)/stride || dst.W() != 7 {
						t.Fatalf("%+v: %v, %v", p, dst, err)
					}
					cases++
				}
			}
		}
	}
	if cases != 13*5*5*3 {
		t.Errorf("%d cases", cases)
	}
}

// TestSameValues computes ONNX's own example of SAME_LOWER (its test conv_with_autopad_same), whose padding is even.
// The second image, of 4×4, has an odd padding and was summed by hand.
func TestSameValues(t *testing.T) {
	ones := &conv.Tensor{Shape: conv.Shape{1, 1, 3, 3}, Data: []float32{1, 1, 1, 1, 1, 1, 1, 1, 1}}
	type same func(image, kernel, stride, dilation [2]int) (conv.Padding, error)
	for _, c := range []struct {
		size int
		same same
		want []float32
	}{
		{5, conv.SameLower, []float32{12, 27, 24, 63, 108, 81, 72, 117, 84}},
		{5, conv.SameUpper, []float32{12, 27, 24, 63, 108, 81, 72, 117, 84}},
		{4, conv.SameUpper, []float32{45, 39, 66, 50}},
		{4, conv.SameLower, []float32{10, 24, 51, 90}},
	} {
		src, err := conv.NewTensor(conv.Shape{1, 1, c.size, c.size})
		if err != nil {
			t.Fatal(err)
		}
		for i := range src.Data {
			src.Data[i] = float32(i)
		}
		spec := conv.Spec{Stride: [2]int{2, 2}}
		if spec.Padding, err = c.same([2]int{c.size, c.size}, [2]int{3, 3}, spec.Stride, [2]int{}); err != nil {
			t.Fatal(err)
		}
		dst, err := conv.Apply(cpu.Reference{}, spec, ones, nil, src)
		if err != nil || !slices.Equal(dst.Data, c.want) {
			t.Errorf("%d×%d padded by %v: %v, %v; want %v", c.size, c.size, spec.Padding, dst, err, c.want)
		}
	}
}

// TestSameRefuses: extents below 1 are refused, and so are kernels that exceed an int.
func TestSameRefuses(t *testing.T) {
	type padder func(image, kernel, stride, dilation [2]int) (conv.Padding, error)
	for _, same := range []padder{conv.SameUpper, conv.SameLower} {
		for want, c := range map[string][4][2]int{
			"needs an image and a stride of at least 1 along H, not 0 and 1":  {{0, 3}, {3, 3}, {1, 1}, {1, 1}},
			"needs an image and a stride of at least 1 along W, not 3 and -1": {{3, 3}, {3, 3}, {1, -1}, {1, 1}},
			"needs a kernel and a dilation of at least 1 along H":             {{3, 3}, {0, 3}, {1, 1}, {1, 1}},
			"the product of the extents is more than":                         {{3, 3}, {1 << 62, 3}, {1, 1}, {8, 1}},
		} {
			if _, err := same(c[0], c[1], c[2], c[3]); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q", c, err, want)
			}
		}
	}
}

// TestFlipped: an impulse convolved with flipped weights gives the weights, and flipping twice changes nothing.
func TestFlipped(t *testing.T) {
	weight := &conv.Tensor{Shape: conv.Shape{2, 1, 2, 3}, Data: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	impulse := &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}
	full := conv.Spec{Padding: conv.Pad(1, 2)} // numpy.convolve's and scipy.signal.convolve2d's mode full
	dst, err := conv.Apply(cpu.Reference{}, full, weight.Flipped(), nil, impulse)
	if err != nil || !slices.Equal(dst.Data, weight.Data) ||
		!slices.Equal(weight.Flipped().Flipped().Data, weight.Data) {
		t.Errorf("%v, %v: want %v", dst, err, weight)
	}
	if weight.Data[0] != 1 {
		t.Error("the weights themselves were flipped")
	}
}
