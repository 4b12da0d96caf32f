package conv_test

import (
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestSame holds the padding against PyTorch's padding='same': the result keeps the size, and the odd one is added at
// the end.
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
