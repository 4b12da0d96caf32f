package conv

import "fmt"

// Problem describes a convolution without its data: the shapes of images and weights, whether a bias is added, and how
// the kernel moves. Its JSON is one flat object.
type Problem struct {
	Src    Shape `json:"src"`    // [N, C, H, W]; N is the largest batch
	Weight Shape `json:"weight"` // [filters, channels per group, kernel rows, kernel columns]
	Bias   bool  `json:"bias"`   // whether each filter adds one value of its own
	Spec
}

// Dst validates p and returns the shape of its output, [images, channels, rows, columns]: that of [Problem.Sums], with
// half the channels after energy. A pool makes ⌊(sums − size) / stride⌋ + 1 outputs along each axis. Every error is a
// [*ShapeError] that names the argument and the rule.
func (p Problem) Dst() (Shape, error) {
	sum, err := p.Sums()
	if err != nil {
		return Shape{}, err
	}
	p.Spec = p.WithDefaults()
	dst := sum
	if p.Activation == Energy {
		dst[1] /= 2
	}
	if p.Pool.Kind != NoPool {
		for axis := range 2 {
			dst[2+axis] = (sum[2+axis]-p.Pool.Size[axis])/p.Pool.Stride[axis] + 1
		}
	}
	return dst, nil
}

// Sums validates p and returns the shape of the sums, before energy and pooling: [images, filters, rows, columns].
// Along each axis there are
//
//	⌊(size + padding on both sides − dilation·(kernel−1) − 1) / stride⌋ + 1
//
// sums. Without energy and pooling, this is the shape that Dst returns.
func (p Problem) Sums() (Shape, error) {
	if err := p.checkNames(); err != nil {
		return Shape{}, err
	}
	p.Spec = p.WithDefaults()
	if err := p.checkShapes(); err != nil {
		return Shape{}, err
	}
	sums := Shape{p.Src.N(), p.Weight[0], 0, 0}
	for axis := range 2 {
		extent, err := p.sumExtent(axis)
		if err != nil {
			return Shape{}, err
		}
		sums[2+axis] = extent
	}
	if err := p.checkPool(sums); err != nil {
		return Shape{}, err
	}
	if _, err := sums.Len(); err != nil {
		return Shape{}, &ShapeError{"dst", sums.String(), err.(*ShapeError).Rule}
	}
	return sums, nil
}

// MACs returns how many multiplications a direct convolution of p.Src.N() images takes: sums × channels per group ×
// kernel elements. It is a float64 because it may be too large for an int. It is 0 if p is invalid.
func (p Problem) MACs() float64 {
	sums, err := p.Sums()
	if err != nil {
		return 0
	}
	macs := 1.0
	for _, e := range []int{sums[0], sums[1], sums[2], sums[3], p.Weight[1], p.Weight[2], p.Weight[3]} {
		macs *= float64(e)
	}
	return macs
}

var axisNames = [2]string{"H", "W"}

// checkNames refuses a padding mode, activation or kind of pool that is not one of the constants.
func (p Problem) checkNames() error {
	if err := paddingModes.check(int(p.PaddingMode)); err != nil {
		return err
	}
	if err := activations.check(int(p.Activation)); err != nil {
		return err
	}
	return poolKinds.check(int(p.Pool.Kind))
}

func (p Problem) checkShapes() error {
	for i, axis := range [4]string{"N", "C", "H", "W"} {
		if p.Src[i] < 1 && (i > 0 || p.Src[i] < 0) {
			return &ShapeError{"src", p.Src.String(), fmt.Sprintf("want %s of at least %d, got %d", axis, min(i, 1),
				p.Src[i])}
		}
	}
	for i, axis := range [4]string{"filter", "channel", "kernel row", "kernel column"} {
		if p.Weight[i] < 1 {
			return &ShapeError{"weight", p.Weight.String(), fmt.Sprintf("want at least 1 %s, got %d", axis,
				p.Weight[i])}
		}
	}
	if _, err := p.Src.Len(); err != nil {
		return &ShapeError{"src", p.Src.String(), err.(*ShapeError).Rule}
	}
	if _, err := p.Weight.Len(); err != nil {
		return &ShapeError{"weight", p.Weight.String(), err.(*ShapeError).Rule}
	}
	return p.checkGroups()
}

func (p Problem) checkGroups() error {
	switch {
	case p.Groups < 1:
		return &ShapeError{"groups", fmt.Sprint(p.Groups), "want at least 1"}
	case p.Src.C()%p.Groups != 0:
		return &ShapeError{"groups", fmt.Sprint(p.Groups), fmt.Sprintf("want a divisor of the %d channels of src %v",
			p.Src.C(), p.Src)}
	case p.Weight[0]%p.Groups != 0:
		return &ShapeError{"groups", fmt.Sprint(p.Groups), fmt.Sprintf("want a divisor of the %d filters of weight %v",
			p.Weight[0], p.Weight)}
	case p.Weight[1] != p.Src.C()/p.Groups:
		return &ShapeError{"weight", p.Weight.String(),
			fmt.Sprintf("want %d input channels (src C=%d, groups=%d)", p.Src.C()/p.Groups, p.Src.C(), p.Groups)}
	case p.Activation == Energy && p.Weight[0]/p.Groups%2 != 0:
		return &ShapeError{"activation", "energy",
			fmt.Sprintf("want an even number of filters per group, weight %v with groups=%d has %d", p.Weight, p.Groups,
				p.Weight[0]/p.Groups)}
	}
	return nil
}

// sumExtent validates one axis (0: H, 1: W) and returns the number of sums along it.
func (p Problem) sumExtent(axis int) (int, error) {
	size, kernel := p.Src[2+axis], p.Weight[2+axis]
	stride, dilation := p.Stride[axis], p.Dilation[axis]
	before, after := p.Padding.Top, p.Padding.Bottom
	if axis == 1 {
		before, after = p.Padding.Left, p.Padding.Right
	}
	if stride < 1 {
		return 0, &ShapeError{"stride", fmt.Sprint(stride), "want at least 1 along " + axisNames[axis]}
	}
	if dilation < 1 {
		return 0, &ShapeError{"dilation", fmt.Sprint(dilation), "want at least 1 along " + axisNames[axis]}
	}
	if err := p.checkPadding(axis, size, before, after); err != nil {
		return 0, err
	}
	const most = 1 << 29 // shaders compute positions as int32, which holds the sum of three of these
	if size > most || before > most || after > most {
		return 0, &ShapeError{"src", p.Src.String(), fmt.Sprintf("want %s and its padding %s of at most %d",
			axisNames[axis], p.Padding, most)}
	}
	span, err := Product(dilation, kernel-1)
	padded := size + before + after
	if err != nil || span >= padded {
		return 0, &ShapeError{"weight", p.Weight.String(),
			fmt.Sprintf("a kernel of %d with dilation %d is larger than the padded %s of %d", kernel, dilation,
				axisNames[axis], padded)}
	}
	return (padded-span-1)/stride + 1, nil
}

func (p Problem) checkPadding(axis, size, before, after int) error {
	refuse := func(rule string, args ...any) error {
		return &ShapeError{"padding", p.Padding.String(), fmt.Sprintf(rule, args...)}
	}
	larger := max(before, after)
	switch {
	case before < 0 || after < 0:
		return refuse("want at least 0 along %s", axisNames[axis])
	case p.PaddingMode == Reflect && larger >= size:
		return refuse("reflect padding must be less than the %s of %d", axisNames[axis], size)
	case (p.PaddingMode == Circular || p.PaddingMode == Symmetric) && larger > size:
		return refuse("%v padding must be at most the %s of %d", p.PaddingMode, axisNames[axis], size)
	}
	return nil
}

func (p Problem) checkPool(sums Shape) error {
	if p.Pool.Kind == NoPool {
		if p.Pool != (Pool{}) {
			return &ShapeError{"pool", "none", "want no size and no stride with it"}
		}
		return nil
	}
	for axis := range 2 {
		size, stride, extent := p.Pool.Size[axis], p.Pool.Stride[axis], sums[2+axis]
		switch {
		case size < 1:
			return &ShapeError{"pool", p.Pool.String(), fmt.Sprintf("want a size of at least 1 along %s, got %d",
				axisNames[axis], size)}
		case stride < 1:
			return &ShapeError{"pool", p.Pool.String(), fmt.Sprintf("want a stride of at least 1 along %s, got %d",
				axisNames[axis], stride)}
		case size > extent:
			return &ShapeError{"pool", p.Pool.String(),
				fmt.Sprintf("its size %d along %s is larger than the %d sums there", size, axisNames[axis], extent)}
		}
	}
	return nil
}

// CheckPlan validates the arguments of [Backend.Plan]: p itself, weight against p.Weight, and bias against p.Bias and
// the number of filters. Every error is a [*ShapeError].
func (p Problem) CheckPlan(weight *Tensor, bias []float32) error {
	if _, err := p.Dst(); err != nil {
		return err
	}
	if err := weight.Check("weight"); err != nil {
		return err
	}
	if weight.Shape != p.Weight {
		return &ShapeError{"weight", weight.Shape.String(), fmt.Sprintf("want %v, the problem's weight", p.Weight)}
	}
	switch {
	case !p.Bias && bias != nil:
		return &ShapeError{"bias", fmt.Sprintf("[%d]", len(bias)), "want none, the problem has no bias"}
	case p.Bias:
		return p.CheckBias(len(bias))
	}
	return nil
}

// CheckBias validates the number of values of a bias: one per filter. Its error is a [*ShapeError].
func (p Problem) CheckBias(values int) error {
	if values != p.Weight[0] {
		return &ShapeError{"bias", fmt.Sprintf("[%d]", values),
			fmt.Sprintf("want %d values, one per filter of weight %v",
				p.Weight[0], p.Weight)}
	}
	return nil
}

// CheckRun validates the arguments of [Plan.Run]: src must have the shape p.Src, with any batch up to its N, and dst
// the shape of p's output for that batch. Every error is a [*ShapeError].
func (p Problem) CheckRun(dst, src *Tensor) error {
	if err := src.Check("src"); err != nil {
		return err
	}
	return p.checkBatch(dst, src.Shape)
}

// checkBatch checks the outputs dst of images of shape src.
func (p Problem) checkBatch(dst *Tensor, src Shape) error {
	if src.Image() != p.Src.Image() || src.N() > p.Src.N() {
		return &ShapeError{"src", src.String(), fmt.Sprintf("want %v or a smaller batch", p.Src)}
	}
	want, err := p.Dst()
	if err != nil {
		return err
	}
	want[0] = src.N()
	if err := dst.Check("dst"); err != nil {
		return err
	}
	if dst.Shape != want {
		return &ShapeError{"dst", dst.Shape.String(), fmt.Sprintf("want %v for src %v", want, src)}
	}
	return nil
}
