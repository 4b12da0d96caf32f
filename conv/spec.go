package conv

import "fmt"

// Spec says how a kernel moves over an image and what follows the sum. Pairs are
// (H, W). The zero value is a dense "valid" convolution with stride 1.
type Spec struct {
	Stride, Dilation [2]int // 0 means 1
	Padding          Padding
	PaddingMode      PaddingMode
	Groups           int // 0 means 1
	Activation       Activation
	Pool             Pool
}

// Padding counts the rows and columns added at each side of every image.
type Padding struct{ Top, Bottom, Left, Right int }

// String formats p in the order that the command line takes.
func (p Padding) String() string {
	return fmt.Sprintf("%d,%d,%d,%d", p.Top, p.Bottom, p.Left, p.Right)
}

// Pad returns the same padding of h rows at the top and bottom and w columns at
// the left and right.
func Pad(h, w int) Padding { return Padding{Top: h, Bottom: h, Left: w, Right: w} }

// PaddingMode says what stands in the padding.
type PaddingMode int

const (
	Zeros     PaddingMode = iota // 0
	Reflect                      // the image mirrored about its border pixel, which is not repeated: 2 1 | 0 1 2
	Replicate                    // the border pixel repeated: 0 0 | 0 1 2
	Circular                     // the opposite side of the image: 1 2 | 0 1 2
)

var paddingModes = []string{"zeros", "reflect", "replicate", "circular"}

func (m PaddingMode) String() string { return name(paddingModes, int(m)) }

// Activation is applied to the sums before pooling.
type Activation int

const (
	Identity Activation = iota // y
	ReLU                       // 0 if y < 0, else y; NaN stays NaN
	// Energy is √(a²+b²) of the sums a and b of filters 2m and 2m+1, as channel m:
	// of a quadrature pair it is the response of a complex cell (Adelson and Bergen,
	// JOSA A 2(2), 1985). Groups have an even number of filters each; NaN if one is.
	Energy
)

var activations = []string{"none", "relu", "energy"}

func (a Activation) String() string { return name(activations, int(a)) }

// PoolKind says how a window of activations becomes one value.
type PoolKind int

const (
	NoPool  PoolKind = iota
	MaxPool          // the largest; NaN if one is NaN
	AvgPool          // the mean
)

var poolKinds = []string{"none", "max", "avg"}

func (k PoolKind) String() string { return name(poolKinds, int(k)) }

// Pool reduces windows of Size activations that start every Stride, without
// padding; windows that would stand over the border are left out (no ceil mode).
// The zero value pools nothing.
type Pool struct {
	Kind   PoolKind
	Size   [2]int
	Stride [2]int // 0 means Size
}

// String formats p as the command line takes it: none, max:2 or max:3,2:2,1.
func (p Pool) String() string {
	if p.Kind == NoPool {
		return "none"
	}
	return fmt.Sprintf("%s:%d,%d:%d,%d", p.Kind, p.Size[0], p.Size[1], p.Stride[0], p.Stride[1])
}

func name(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("%d", i)
	}
	return names[i]
}

// WithDefaults returns s with every 0 that means something else replaced by what
// it means: strides, dilations and groups of 1, a pool's stride of its size.
func (s Spec) WithDefaults() Spec {
	for axis := range 2 {
		s.Stride[axis] = max1(s.Stride[axis])
		s.Dilation[axis] = max1(s.Dilation[axis])
		if s.Pool.Stride[axis] == 0 {
			s.Pool.Stride[axis] = s.Pool.Size[axis]
		}
	}
	s.Groups = max1(s.Groups)
	return s
}

// max1 replaces only 0, so that a negative value reaches validation.
func max1(v int) int {
	if v == 0 {
		return 1
	}
	return v
}
