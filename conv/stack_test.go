package conv_test

import (
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestTutorialCounts checks the answers to the tutorial's Think! questions.
func TestTutorialCounts(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 48, 64}, Weight: conv.Shape{6, 1, 7, 7}}
	p.Padding = conv.Pad(3, 3)
	dst, err := p.Dst()
	if err != nil || dst != (conv.Shape{1, 6, 48, 64}) || dst.H()*dst.W() != 3072 {
		t.Fatalf("%v, %v", dst, err)
	}
	if p.Parameters() != 294 || p.FullyConnected() != 56623104 || p.MACs() != 6*3072*49 {
		t.Errorf("%v weights, %v fully connected, %v MACs", p.Parameters(), p.FullyConnected(), p.MACs())
	}
	p.Bias = true
	if p.Parameters() != 300 {
		t.Errorf("%v parameters with biases", p.Parameters())
	}
	if want := 4.0 * (3072 + 300 + 6*3072); p.Bytes() != want || p.Intensity() != 2*p.MACs()/want {
		t.Errorf("%v bytes, %v FLOP/B", p.Bytes(), p.Intensity())
	}
	p.Weight[2], p.Weight[3] = 8, 8 // padding K//2 with an even K
	p.Padding = conv.Pad(4, 4)
	if dst, _ = p.Dst(); dst.H() != 49 || dst.W() != 65 {
		t.Errorf("an even kernel gives %v, want one row and column more", dst)
	}
}

// TestReceptiveField holds the formula against what outputs really depend on.
func TestReceptiveField(t *testing.T) {
	pool := conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 2}, Stride: [2]int{2, 1}}
	for name, layers := range map[string][]conv.Layer{
		"one":     {{Filters: 1, Kernel: [2]int{3, 5}}},
		"padded":  {{Filters: 1, Kernel: [2]int{3, 5}, Spec: conv.Spec{Padding: conv.Padding{Top: 1, Left: 2}}}},
		"strided": {{Filters: 1, Kernel: [2]int{3, 3}, Spec: conv.Spec{Stride: [2]int{2, 3}}}, {Filters: 1, Kernel: [2]int{2, 2}}},
		"dilated": {{Filters: 1, Kernel: [2]int{2, 2}, Spec: conv.Spec{Dilation: [2]int{3, 2}}}, {Filters: 1, Kernel: [2]int{3, 2}, Spec: conv.Spec{Padding: conv.Pad(1, 1)}}},
		"pooled":  {{Filters: 1, Kernel: [2]int{3, 3}, Spec: conv.Spec{Padding: conv.Pad(1, 1), Pool: pool}}, {Filters: 1, Kernel: [2]int{3, 3}, Spec: conv.Spec{Stride: [2]int{1, 2}}}},
	} {
		t.Run(name, func(t *testing.T) {
			problems, err := conv.Stack(conv.Shape{1, 1, 23, 29}, layers...)
			if err != nil {
				t.Fatal(err)
			}
			field := conv.ReceptiveField(problems)
			last, _ := problems[len(problems)-1].Dst()
			for _, at := range [][2]int{{0, 0}, {1, 2}, {last.H() - 1, last.W() - 1}} {
				first, size := influence(t, problems, at)
				for axis, limit := range []int{23, 29} {
					want := max(field.First[axis]+at[axis]*field.Jump[axis], 0)
					end := min(field.First[axis]+at[axis]*field.Jump[axis]+field.Size[axis], limit)
					if first[axis] != want || first[axis]+size[axis] != end {
						t.Errorf("output %v, axis %d: depends on %d … %d, want %d … %d of %+v", at, axis, first[axis], first[axis]+size[axis]-1, want, end-1, field)
					}
				}
			}
		})
	}
}

// influence finds which pixels change an output when they change.
func influence(t *testing.T, problems []conv.Problem, at [2]int) (first, size [2]int) {
	src := problems[0].Src
	blank, _ := conv.NewTensor(src)
	low, high := [2]int{src.H(), src.W()}, [2]int{-1, -1}
	for i := range blank.Data {
		blank.Data[i] = 1
		if output(t, problems, blank, at) != 0 {
			for axis, v := range []int{i / src.W(), i % src.W()} {
				low[axis], high[axis] = min(low[axis], v), max(high[axis], v)
			}
		}
		blank.Data[i] = 0
	}
	return low, [2]int{high[0] - low[0] + 1, high[1] - low[1] + 1}
}

// output runs an image through layers of ones.
func output(t *testing.T, problems []conv.Problem, image *conv.Tensor, at [2]int) float32 {
	for _, p := range problems {
		weight, _ := conv.NewTensor(p.Weight)
		for i := range weight.Data {
			weight.Data[i] = 1
		}
		shape, err := p.Dst()
		if err != nil {
			t.Fatal(err)
		}
		dst, _ := conv.NewTensor(shape)
		plan, err := cpu.Engine{}.Plan(p, weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Run(dst, image); err != nil {
			t.Fatal(err)
		}
		image = dst
	}
	return image.Data[at[0]*image.Shape.W()+at[1]]
}

func TestStackRefuses(t *testing.T) {
	for want, layers := range map[string][]conv.Layer{
		"layer 1: conv: weight [1 2 9 9]: a kernel of 9":            {{Filters: 2, Kernel: [2]int{3, 3}}, {Filters: 1, Kernel: [2]int{9, 9}}},
		"layer 0: conv: groups 2: want a divisor of the 1 channels": {{Filters: 2, Kernel: [2]int{3, 3}, Spec: conv.Spec{Groups: 2}}},
		"layer 0: conv: groups -1:":                                 {{Filters: 2, Kernel: [2]int{3, 3}, Spec: conv.Spec{Groups: -1}}},
	} {
		if _, err := conv.Stack(conv.Shape{1, 1, 8, 8}, layers...); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

// TestSame holds the padding against PyTorch's padding='same': the result keeps
// the size, and the odd one is added at the end.
func TestSame(t *testing.T) {
	for _, k := range [][2]int{{1, 1}, {2, 3}, {4, 7}, {31, 8}} {
		for _, d := range [][2]int{{1, 1}, {2, 3}} {
			padding, err := conv.Same(k, [2]int{}, d)
			if err != nil {
				t.Fatal(err)
			}
			p := conv.Problem{Spec: conv.Spec{Padding: padding, Dilation: d}, Src: conv.Shape{1, 1, 9, 10}, Weight: conv.Shape{1, 1, k[0], k[1]}}
			dst, err := p.Dst()
			if err != nil || dst.H() != 9 || dst.W() != 10 || padding.Bottom-padding.Top != d[0]*(k[0]-1)%2 || padding.Right-padding.Left != d[1]*(k[1]-1)%2 {
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
