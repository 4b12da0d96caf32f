package verify

import (
	"fmt"
	"slices"

	"gpuconv/conv"
)

// axis is one of the ways in which convolutions vary.
type axis struct {
	name   string
	plain  int // how many levels, from the first on, algorithms for plain layers accept
	levels []level
}

// level is one value of an axis.
type level struct {
	name string
	set  func(d *draft)
}

// draft is a case that is being composed: it has one level of every axis.
type draft struct {
	name     string
	stimulus Stimulus
	bank     Bank
	spec     conv.Spec
	bias     bool

	kernel            [2]int
	sums              [2]int // rows and columns before pooling; the image is made large enough for them
	batch             int    // images; one more is added for each further kind of the stimulus
	bands             int    // output rows of each band of an image; 0 for whole images
	channels, filters int    // per group
	padding           func(kernel [2]int, s conv.Spec) conv.Padding
}

// table returns the axes of the matrix. Every case is a combination of their levels; the first level of each axis is
// the plainest. Sums, batches, filters and channels are around the sizes of tiles, which have 1 to 8 filters, 4 or 8
// columns, 1 or 2 rows or 256 positions. The number after the name of an axis says how many of its levels, from the
// first on, algorithms for plain layers accept; 0 means all. Only general algorithms accept the other levels.
func table(stimuli []Stimulus, banks []Bank, kernels []pair) []axis {
	return []axis{
		each("stimulus", 0, stimuli, func(d *draft, s Stimulus) { d.stimulus = s }),
		each("bank", 0, banks, func(d *draft, b Bank) { d.bank = b }),
		each("kernel", 0, kernels, func(d *draft, k pair) { d.kernel = k }),
		each("sums", 6, []pair{{4, 8}, {2, 4}, {3, 16}, {5, 12}, {5, 9}, {1, 33}, {7, 17}, {1, 1}},
			func(d *draft, v pair) { d.sums = v }),
		each("batch", 0, []count{2, 1, 3, 5}, func(d *draft, n count) { d.batch = int(n) }),
		each("filters", 0, []count{6, 1, 2, 3, 5, 8, 9, 13}, func(d *draft, n count) { d.filters = int(n) }),
		each("channels", 0, []count{1, 2, 3}, func(d *draft, n count) { d.channels = int(n) }),
		each("padding", 3, paddings(), func(d *draft, p padding) { d.padding = p.of }),
		each("bands", 0, []count{0, 1, 2, 3}, func(d *draft, n count) { d.bands = int(n) }),
		each("bias", 0, []flag{true, false}, func(d *draft, b flag) { d.bias = bool(b) }),
		each("activation", 0, []conv.Activation{conv.Identity, conv.ReLU, conv.Energy},
			func(d *draft, a conv.Activation) { d.spec.Activation = a }),
		each("pool", 0, pools(), func(d *draft, p conv.Pool) { d.spec.Pool = p }),
		each("mode", 1, conv.PaddingModes(),
			func(d *draft, m conv.PaddingMode) { d.spec.PaddingMode = m }),
		each("stride", 1, []pair{{1, 1}, {2, 2}, {2, 1}, {1, 3}}, func(d *draft, v pair) { d.spec.Stride = v }),
		each("dilation", 1, []pair{{1, 1}, {2, 2}, {1, 3}}, func(d *draft, v pair) { d.spec.Dilation = v }),
		each("groups", 1, []count{1, 2, 3}, func(d *draft, n count) { d.spec.Groups = int(n) }),
	}
}

// each makes an axis of values. The names of its levels are the strings of the values.
func each[T fmt.Stringer](name string, plain int, values []T, set func(*draft, T)) axis {
	a := axis{name: name, plain: plain}
	if plain == 0 {
		a.plain = len(values)
	}
	for _, v := range values {
		a.levels = append(a.levels, level{v.String(), func(d *draft) { set(d, v) }})
	}
	return a
}

type pair [2]int

func (p pair) String() string { return fmt.Sprintf("%dx%d", p[0], p[1]) }

type count int

func (c count) String() string { return fmt.Sprint(int(c)) }

type flag bool

func (f flag) String() string { return map[flag]string{true: "yes", false: "no"}[f] }

// everyKernel returns all square kernels up to 31×31, and some that are not square.
func everyKernel() []pair {
	all := fewKernels()
	for k := 1; k <= 31; k++ {
		if square := (pair{k, k}); !slices.Contains(all, square) {
			all = append(all, square)
		}
	}
	return all
}

// fewKernels returns the kernels of Quick: one of each size that a tile or an unrolled loop treats differently.
func fewKernels() []pair {
	return []pair{{7, 7}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {8, 8}, {11, 11}, {16, 16}, {31, 31}, {1, 7}, {7, 1},
		{5, 2}}
}

// padding is a rule that gives the padding for a kernel.
type padding struct {
	name string
	of   func(kernel [2]int, s conv.Spec) conv.Padding
}

func (p padding) String() string { return p.name }

func paddings() []padding {
	return []padding{
		{"half", func(k [2]int, _ conv.Spec) conv.Padding { return conv.Pad(k[0]/2, k[1]/2) }},
		{"same", func(k [2]int, s conv.Spec) conv.Padding {
			same, err := conv.Same(k, [2]int{1, 1}, s.Dilation)
			if err != nil { // never: the stride given is 1
				return conv.Padding{}
			}
			return same
		}},
		{"none", func([2]int, conv.Spec) conv.Padding { return conv.Padding{} }},
		{"uneven", func([2]int, conv.Spec) conv.Padding { return conv.Padding{Top: 2, Bottom: 1, Left: 3} }},
		// For kernels of up to 4×4 the padding is as large as the kernel or larger: some windows hold padding alone.
		{"large", func(k [2]int, _ conv.Spec) conv.Padding {
			top, left := min(k[0], 4), min(k[1], 4)
			return conv.Padding{Top: top, Bottom: top + 1, Left: left + 2, Right: left}
		}},
	}
}

func pools() []conv.Pool {
	return []conv.Pool{
		{},
		{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}},
		{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}},
		{Kind: conv.MaxPool, Size: [2]int{3, 2}, Stride: [2]int{2, 1}},
		{Kind: conv.AvgPool, Size: [2]int{2, 3}, Stride: [2]int{1, 3}},
	}
}

// problem returns the convolution of a draft. Its image is just large enough for the wanted sums with the draft's
// padding, or larger if the pool's window or the padding mode needs that.
func (d draft) problem() conv.Problem {
	s := d.spec.WithDefaults()
	s.Padding = d.padding(d.kernel, s)
	groups, filters := s.Groups, d.filters
	if s.Activation == conv.Energy {
		filters += filters % 2
	}
	p := conv.Problem{Spec: s, Bias: d.bias, Src: conv.Shape{d.batch + max(d.stimulus.Kinds-1, 0), groups * d.channels,
		0, 0},
		Weight: conv.Shape{groups * filters, d.channels, d.kernel[0], d.kernel[1]}}
	before, after := [2]int{s.Padding.Top, s.Padding.Left}, [2]int{s.Padding.Bottom, s.Padding.Right}
	for axis := range 2 {
		sums := max(d.sums[axis], s.Pool.Size[axis])
		size := (sums-1)*s.Stride[axis] + s.Dilation[axis]*(d.kernel[axis]-1) + 1 - before[axis] - after[axis]
		least := 1
		switch s.PaddingMode {
		case conv.Reflect, conv.Circular:
			least = max(before[axis], after[axis]) + 1
		case conv.Symmetric:
			least = max(before[axis], after[axis], 1)
		}
		p.Src[2+axis] = max(size, least)
	}
	return p
}
