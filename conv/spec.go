package conv

import (
	"fmt"
	"strconv"
	"strings"
)

// Spec says how a kernel moves over an image, and what is done with the sums. Pairs are (H, W). The zero value is a
// convolution in one group, with stride 1 and without padding.
type Spec struct {
	Stride      [2]int      `json:"stride"`   // 0 means 1
	Dilation    [2]int      `json:"dilation"` // 0 means 1
	Padding     Padding     `json:"padding"`
	PaddingMode PaddingMode `json:"padding_mode"`
	Groups      int         `json:"groups"` // 0 means 1
	Activation  Activation  `json:"activation"`
	Pool        Pool        `json:"pool"`
}

// Padding counts the rows and columns added at each side of every image.
type Padding struct{ Top, Bottom, Left, Right int }

// String returns top,bottom,left,right, the form that the command line takes.
func (p Padding) String() string {
	return fmt.Sprintf("%d,%d,%d,%d", p.Top, p.Bottom, p.Left, p.Right)
}

// Pad returns a padding of h rows at the top and h at the bottom, and of w columns at the left and w at the right.
func Pad(h, w int) Padding { return Padding{Top: h, Bottom: h, Left: w, Right: w} }

// PaddingMode says what the padding is filled with. In the examples below, a row of the image is 0 1 2, and the two
// numbers before the bar are the padding at its left.
type PaddingMode int

const (
	Zeros     PaddingMode = iota // 0
	Reflect                      // the image mirrored about its border pixel, which is not repeated: 2 1 | 0 1 2
	Replicate                    // the border pixel repeated: 0 0 | 0 1 2
	Circular                     // the opposite side of the image: 1 2 | 0 1 2
	Symmetric                    // the image mirrored about its edge, so that the border pixel is repeated: 1 0 | 0 1 2
)

// PaddingModes returns all modes, the zero value first.
func PaddingModes() []PaddingMode {
	return []PaddingMode{Zeros, Reflect, Replicate, Circular, Symmetric}
}

// String returns the name of m: zeros, reflect, replicate, circular or symmetric.
func (m PaddingMode) String() string { return paddingModes.text(int(m)) }

// MarshalText returns the name of m, or a [*ShapeError] if m has none.
func (m PaddingMode) MarshalText() ([]byte, error) { return paddingModes.marshal(int(m)) }

// UnmarshalText sets m to the mode with this name. It returns a [*ShapeError] for any other text.
func (m *PaddingMode) UnmarshalText(text []byte) error {
	return paddingModes.unmarshal((*int)(m), text)
}

// Activation is applied to the sums before pooling.
type Activation int

const (
	Identity Activation = iota // y
	ReLU                       // 0 if y < 0, else y; NaN stays NaN
	// Energy combines the sums a and b of filters 2m and 2m+1 into channel m: √(a²+b²), or NaN if a or b is NaN. Each
	// group must have an even number of filters. For a quadrature pair of filters, Energy is the response of a complex
	// cell (Adelson and Bergen, JOSA A 2(2), 1985).
	Energy
)

// String returns the name of a: none, relu or energy.
func (a Activation) String() string { return activations.text(int(a)) }

// MarshalText returns the name of a, or a [*ShapeError] if a has none.
func (a Activation) MarshalText() ([]byte, error) { return activations.marshal(int(a)) }

// UnmarshalText sets a to the activation with this name. It returns a [*ShapeError] for any other text.
func (a *Activation) UnmarshalText(text []byte) error { return activations.unmarshal((*int)(a), text) }

// PoolKind says how a window of activations becomes one value.
type PoolKind int

const (
	NoPool  PoolKind = iota
	MaxPool          // the largest value; NaN if any is NaN
	AvgPool          // the mean
)

// String returns the name of k: none, max or avg.
func (k PoolKind) String() string { return poolKinds.text(int(k)) }

// MarshalText returns the name of k, or a [*ShapeError] if k has none.
func (k PoolKind) MarshalText() ([]byte, error) { return poolKinds.marshal(int(k)) }

// UnmarshalText sets k to the kind with this name. It returns a [*ShapeError] for any other text.
func (k *PoolKind) UnmarshalText(text []byte) error { return poolKinds.unmarshal((*int)(k), text) }

// Pool reduces each window of Size activations to one value. Windows are Stride apart. Pairs are (H, W). There is no
// padding: a window that would reach beyond the border is left out, as in PyTorch with ceil_mode=False. The zero value
// pools nothing.
type Pool struct {
	Kind   PoolKind
	Size   [2]int
	Stride [2]int // 0 means Size
}

// String returns p in the form that the command line takes: none, or kind, size and stride as in max:3,2:2,1.
func (p Pool) String() string {
	if p.Kind == NoPool {
		return "none"
	}
	return fmt.Sprintf("%s:%d,%d:%d,%d", p.Kind, p.Size[0], p.Size[1], p.Stride[0], p.Stride[1])
}

// MarshalText returns what String does, with a stride of 0 replaced by the size. It returns a [*ShapeError] if the kind
// has no name.
func (p Pool) MarshalText() ([]byte, error) {
	if err := poolKinds.check(int(p.Kind)); err != nil {
		return nil, err
	}
	return []byte(p.withStride().String()), nil
}

// withStride replaces each stride of 0 by the size, its default.
func (p Pool) withStride() Pool {
	for axis := range 2 {
		if p.Stride[axis] == 0 {
			p.Stride[axis] = p.Size[axis]
		}
	}
	return p
}

// UnmarshalText reads a pool in the form that the command line takes: none, or max or avg with a size and perhaps a
// stride, such as max:2, max:3:2 or avg:2,1:2. One number applies to both axes, two are H,W. Each number is at least 1.
// The stride defaults to the size. UnmarshalText returns a [*ShapeError] for any other text.
func (p *Pool) UnmarshalText(text []byte) error {
	kind, extents, sized := strings.Cut(string(text), ":")
	var read Pool
	ok := read.Kind.UnmarshalText([]byte(kind)) == nil && sized == (read.Kind != NoPool)
	if sized {
		size, stride, strided := strings.Cut(extents, ":")
		if !strided {
			stride = size
		}
		ok = ok && parsePair(&read.Size, size) && parsePair(&read.Stride, stride)
	}
	if !ok {
		return &ShapeError{"pool", strconv.Quote(string(text)),
			"want none, or max or avg with a size and perhaps a stride: max:2, avg:3:2"}
	}
	*p = read
	return nil
}

// parsePair sets hw from text: one number for both axes, as in 2, or H,W, as in 2,1. Each number is at least 1. It
// reports whether text has this form.
func parsePair(hw *[2]int, text string) bool {
	h, w, two := strings.Cut(text, ",")
	if !two {
		w = h
	}
	for axis, number := range []string{h, w} {
		n, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || n < 1 {
			return false
		}
		hw[axis] = n
	}
	return true
}

// WithDefaults replaces every 0 that means a default: strides, dilations and groups become 1, the stride of a pool
// becomes its size.
func (s Spec) WithDefaults() Spec {
	for axis := range 2 {
		s.Stride[axis] = max1(s.Stride[axis])
		s.Dilation[axis] = max1(s.Dilation[axis])
	}
	s.Pool = s.Pool.withStride()
	s.Groups = max1(s.Groups)
	return s
}

// max1 replaces 0 by 1. It keeps negative values, so that validation refuses them.
func max1(v int) int {
	if v == 0 {
		return 1
	}
	return v
}
