package conv_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"gpuconv/conv"

	"pgregory.net/rapid"
)

// valid is a valid problem. The refusals below break it in one place each.
func valid() conv.Problem {
	p := conv.Problem{Src: conv.Shape{2, 4, 9, 11}, Weight: conv.Shape{6, 2, 3, 5}, Bias: true}
	p.Groups = 2
	return p
}

// TestRefusals breaks every rule. The error is a *ShapeError of one line that names the argument, the value and the
// rule.
func TestRefusals(t *testing.T) {
	const huge = 1 << 62
	for name, c := range map[string]struct {
		change           func(p *conv.Problem)
		arg, value, rule string
	}{
		"negative batch":         {func(p *conv.Problem) { p.Src[0] = -1 }, "src", "[-1 4 9 11]", "want N of at least 0, got -1"},
		"no channels":            {func(p *conv.Problem) { p.Src[1] = 0 }, "src", "[2 0 9 11]", "want C of at least 1, got 0"},
		"no rows":                {func(p *conv.Problem) { p.Src[2] = 0 }, "src", "[2 4 0 11]", "want H of at least 1"},
		"negative columns":       {func(p *conv.Problem) { p.Src[3] = -5 }, "src", "[2 4 9 -5]", "want W of at least 1, got -5"},
		"no filters":             {func(p *conv.Problem) { p.Weight[0] = 0 }, "weight", "[0 2 3 5]", "want at least 1 filter, got 0"},
		"no weight channels":     {func(p *conv.Problem) { p.Weight[1] = 0 }, "weight", "[6 0 3 5]", "want at least 1 channel"},
		"no kernel rows":         {func(p *conv.Problem) { p.Weight[2] = 0 }, "weight", "[6 2 0 5]", "want at least 1 kernel row"},
		"negative kernel":        {func(p *conv.Problem) { p.Weight[3] = -3 }, "weight", "[6 2 3 -3]", "want at least 1 kernel column, got -3"},
		"src overflows":          {func(p *conv.Problem) { p.Src[0] = huge }, "src", "4 9 11]", "the product of the extents is more than"},
		"weight overflows":       {func(p *conv.Problem) { p.Weight[0] = huge }, "weight", "2 3 5]", "the product of the extents is more than"},
		"negative groups":        {func(p *conv.Problem) { p.Groups = -1 }, "groups", "-1", "want at least 1"},
		"groups of channels":     {func(p *conv.Problem) { p.Groups = 3 }, "groups", "3", "want a divisor of the 4 channels of src [2 4 9 11]"},
		"groups of filters":      {func(p *conv.Problem) { p.Weight[0] = 5 }, "groups", "2", "want a divisor of the 5 filters of weight [5 2 3 5]"},
		"weight channels":        {func(p *conv.Problem) { p.Weight[1] = 4 }, "weight", "[6 4 3 5]", "want 2 input channels (src C=4, groups=2)"},
		"negative stride":        {func(p *conv.Problem) { p.Stride[0] = -2 }, "stride", "-2", "want at least 1 along H"},
		"negative stride, W":     {func(p *conv.Problem) { p.Stride[1] = -1 }, "stride", "-1", "want at least 1 along W"},
		"negative dilation":      {func(p *conv.Problem) { p.Dilation[1] = -1 }, "dilation", "-1", "want at least 1 along W"},
		"negative top":           {func(p *conv.Problem) { p.Padding.Top = -1 }, "padding", "-1,0,0,0", "want at least 0 along H"},
		"negative bottom":        {func(p *conv.Problem) { p.Padding.Bottom = -1 }, "padding", "0,-1,0,0", "want at least 0 along H"},
		"negative left":          {func(p *conv.Problem) { p.Padding.Left = -1 }, "padding", "0,0,-1,0", "want at least 0 along W"},
		"negative right":         {func(p *conv.Problem) { p.Padding.Right = -1 }, "padding", "0,0,0,-1", "want at least 0 along W"},
		"huge padding":           {func(p *conv.Problem) { p.Padding.Right = 1 << 40 }, "src", "[2 4 9 11]", "of at most 536870912"},
		"reflect padding":        {func(p *conv.Problem) { p.PaddingMode, p.Padding.Top = conv.Reflect, 9 }, "padding", "9,0,0,0", "reflect padding must be less than the H of 9"},
		"reflect padding, right": {func(p *conv.Problem) { p.PaddingMode, p.Padding.Right = conv.Reflect, 11 }, "padding", "0,0,0,11", "less than the W of 11"},
		"circular padding":       {func(p *conv.Problem) { p.PaddingMode, p.Padding.Left = conv.Circular, 12 }, "padding", "0,0,12,0", "circular padding must be at most the W of 11"},
		"kernel too tall":        {func(p *conv.Problem) { p.Weight[2] = 10 }, "weight", "[6 2 10 5]", "a kernel of 10 with dilation 1 is larger than the padded H of 9"},
		"kernel too wide":        {func(p *conv.Problem) { p.Weight[3], p.Padding.Left = 13, 1 }, "weight", "[6 2 3 13]", "larger than the padded W of 12"},
		"dilated too far":        {func(p *conv.Problem) { p.Dilation[0] = 5 }, "weight", "[6 2 3 5]", "a kernel of 3 with dilation 5 is larger than the padded H of 9"},
		"dilation overflows":     {func(p *conv.Problem) { p.Dilation[1] = huge }, "weight", "[6 2 3 5]", "is larger than the padded W"},
		"symmetric padding":      {func(p *conv.Problem) { p.PaddingMode, p.Padding.Bottom = conv.Symmetric, 10 }, "padding", "0,10,0,0", "symmetric padding must be at most the H of 9"},
		"padding mode":           {func(p *conv.Problem) { p.PaddingMode = 5 }, "padding mode", "5", "want zeros, reflect, replicate, circular or symmetric"},
		"activation":             {func(p *conv.Problem) { p.Activation = -1 }, "activation", "-1", "want none, relu or energy"},
		"energy of odd filters":  {func(p *conv.Problem) { p.Activation = conv.Energy }, "activation", "energy", "want an even number of filters per group, weight [6 2 3 5] with groups=2 has 3"},
		"pool kind":              {func(p *conv.Problem) { p.Pool.Kind = 3 }, "pool", "3", "want none, max or avg"},
		"size without pool":      {func(p *conv.Problem) { p.Pool.Size[0] = 2 }, "pool", "none", "want no size and no stride with it"},
		"pool without size":      {func(p *conv.Problem) { p.Pool.Kind = conv.MaxPool }, "pool", "max:0,0", "want a size of at least 1 along H, got 0"},
		"negative pool stride": {func(p *conv.Problem) {
			p.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{1, -1}}
		}, "pool", "avg:2,2:1,-1", "want a stride of at least 1 along W, got -1"},
		"pool too tall": {func(p *conv.Problem) { p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{8, 2}} }, "pool", "max:8,2", "its size 8 along H is larger than the 7 sums there"},
		"dst overflows": {func(p *conv.Problem) {
			p.Src = conv.Shape{1 << 27, 2, 1, 1}
			p.Weight = conv.Shape{1 << 20, 1, 1, 1}
			p.Padding = conv.Pad(1<<20, 1<<20)
		}, "dst", "[134217728 1048576 2097153 2097153]", "the product of the extents is more than"},
	} {
		t.Run(name, func(t *testing.T) {
			p := valid()
			if _, err := p.Dst(); err != nil {
				t.Fatalf("refused before the change: %v", err)
			}
			c.change(&p)
			_, err := p.Dst()
			checkShapeError(t, err, c.arg, c.value, c.rule)
			if p.MACs() != 0 {
				t.Errorf("%v MACs", p.MACs())
			}
		})
	}
}

func checkShapeError(t *testing.T, err error, arg, value, rule string) {
	t.Helper()
	var shape *conv.ShapeError
	if !errors.As(err, &shape) {
		t.Fatalf("%v: want a *conv.ShapeError", err)
	}
	if shape.Arg != arg || !strings.Contains(shape.Value, value) || !strings.Contains(shape.Rule, rule) {
		t.Errorf("%q %q %q: want %q %q %q", shape.Arg, shape.Value, shape.Rule, arg, value, rule)
	}
	if text := err.Error(); !strings.HasPrefix(text, "conv: "+arg+" ") || strings.Contains(text, "\n") {
		t.Errorf("%q: want one line that begins conv: %s", text, arg)
	}
}

// TestPlanAndRunRefusals breaks the rules that depend on the tensors.
func TestPlanAndRunRefusals(t *testing.T) {
	p := valid()
	weight, err := conv.NewTensor(p.Weight)
	if err != nil {
		t.Fatal(err)
	}
	bias := make([]float32, 6)
	if err := p.CheckPlan(weight, bias); err != nil {
		t.Fatal(err)
	}
	plain := p
	plain.Bias = false
	cut := &conv.Tensor{Shape: p.Weight, Data: weight.Data[1:]}
	other, _ := conv.NewTensor(conv.Shape{6, 2, 5, 3})
	for _, c := range []struct {
		err              error
		arg, value, rule string
	}{
		{p.CheckPlan(nil, bias), "weight", "nil", "want a tensor"},
		{p.CheckPlan(cut, bias), "weight", "[6 2 3 5]", "want 180 elements, it holds 179"},
		{p.CheckPlan(other, bias), "weight", "[6 2 5 3]", "want [6 2 3 5]"},
		{p.CheckPlan(weight, bias[:5]), "bias", "[5]", "want 6 values, one per filter of weight [6 2 3 5]"},
		{p.CheckPlan(weight, nil), "bias", "[0]", "want 6 values"},
		{plain.CheckPlan(weight, bias), "bias", "[6]", "the problem has no bias"},
	} {
		checkShapeError(t, c.err, c.arg, c.value, c.rule)
	}
	tensor := func(n, c, h, w int) *conv.Tensor {
		made, err := conv.NewTensor(conv.Shape{n, c, h, w})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	src, dst := tensor(2, 4, 9, 11), tensor(2, 6, 7, 7)
	for _, n := range []int{0, 1, 2} {
		if err := p.CheckRun(dst.Images(0, n), src.Images(0, n)); err != nil {
			t.Errorf("batch of %d: %v", n, err)
		}
	}
	for _, c := range []struct {
		err              error
		arg, value, rule string
	}{
		{p.CheckRun(dst, nil), "src", "nil", "want a tensor"},
		{p.CheckRun(nil, src), "dst", "nil", "want a tensor"},
		{p.CheckRun(tensor(3, 6, 7, 7), tensor(3, 4, 9, 11)), "src", "[3 4 9 11]", "want [2 4 9 11] or a smaller batch"},
		{p.CheckRun(dst, tensor(2, 4, 11, 9)), "src", "[2 4 11 9]", "want [2 4 9 11]"},
		{p.CheckRun(dst, src.Images(0, 1)), "dst", "[2 6 7 7]", "want [1 6 7 7] for src [1 4 9 11]"},
		{p.CheckRun(&conv.Tensor{Shape: dst.Shape}, src), "dst", "[2 6 7 7]", "it holds 0"},
		{p.CheckRun(dst, &conv.Tensor{Shape: conv.Shape{-1, 4, 9, 11}}), "src", "[-1 4 9 11]", "extent -1 is negative"},
	} {
		checkShapeError(t, c.err, c.arg, c.value, c.rule)
	}
}

// TestProduct compares the checked product with big integers.
func TestProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		extents := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 10), rapid.IntRange(0, 1<<62), rapid.Just(1<<31)), 0,
			5).Draw(t, "extents")
		want := big.NewInt(1)
		for _, e := range extents {
			want.Mul(want, big.NewInt(int64(e)))
		}
		got, err := conv.Product(extents...)
		if want.IsInt64() != (err == nil) || err == nil && int64(got) != want.Int64() {
			t.Fatalf("%v: %d, %v; want %v", extents, got, err, want)
		}
	})
	if _, err := conv.Product(3, -1, 0); err == nil {
		t.Error("a negative extent is multiplied")
	}
}

func TestTensor(t *testing.T) {
	made, err := conv.NewTensor(conv.Shape{3, 2, 2, 2})
	if err != nil || len(made.Data) != 24 {
		t.Fatalf("%v, %v", made, err)
	}
	made.Images(1, 3).Data[0] = 7
	made.Plane(2, 1)[3] = 9
	if made.Data[8] != 7 || made.Data[23] != 9 {
		t.Error("images and planes do not share the tensor's storage")
	}
	for _, shape := range []conv.Shape{{-1, 1, 1, 1}, {1 << 40, 1 << 40, 1, 1}, {1 << 61, 1, 1, 1}} {
		if _, err := conv.NewTensor(shape); err == nil {
			t.Errorf("a tensor of %v is made", shape)
		}
	}
}

func TestStrings(t *testing.T) {
	for want, got := range map[string]string{
		"[5 1 48 64]": conv.Shape{5, 1, 48, 64}.String(), "circular": conv.Circular.String(), "relu": conv.ReLU.String(), "7": conv.PaddingMode(7).String(),
		"avg": conv.AvgPool.String(), "none": conv.Pool{}.String(), "max:2,3:1,2": conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 3}, Stride: [2]int{1, 2}}.String(),
		"1,2,3,4": conv.Padding{Top: 1, Bottom: 2, Left: 3, Right: 4}.String(),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzProblem: validation never panics, and what it accepts can be computed: the shapes fit into int, and every window
// is within the padded image.
func FuzzProblem(f *testing.F) {
	f.Add(2, 4, 9, 11, 6, 2, 3, 5, 1, 1, 1, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0)
	f.Add(1, 1, 48, 64, 6, 1, 7, 7, 1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 8, 8, 8, 8)
	f.Add(1<<62, 1, 1<<29, 1<<29, 1, 1, 1<<30, 1, 0, 0, 1<<40, 1, 1<<29, 1<<29, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	f.Fuzz(func(t *testing.T, n, c, h, w, k, i, kh, kw, sh, sw, dh, dw, top, bottom, left, right, mode, groups, pool,
		ph, pw, psh, psw int) {
		p := conv.Problem{Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{k, i, kh, kw}, Spec: conv.Spec{
			Stride: [2]int{sh, sw}, Dilation: [2]int{dh, dw}, PaddingMode: conv.PaddingMode(mode), Groups: groups,
			Padding: conv.Padding{Top: top, Bottom: bottom, Left: left, Right: right},
			Pool:    conv.Pool{Kind: conv.PoolKind(pool), Size: [2]int{ph, pw}, Stride: [2]int{psh, psw}}}}
		dst, err := p.Dst()
		if err != nil {
			if !errors.As(err, new(*conv.ShapeError)) {
				t.Fatalf("%+v: %v is not a *conv.ShapeError", p, err)
			}
			return
		}
		sums, err := p.Sums()
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		for _, shape := range []conv.Shape{p.Src, p.Weight, sums, dst} {
			if _, err := shape.Len(); err != nil {
				t.Fatalf("%+v: accepted, but %v", p, err)
			}
		}
		s := p.WithDefaults()
		for axis, padded := range []int{h + top + bottom, w + left + right} {
			end := (sums[2+axis]-1)*s.Stride[axis] + (p.Weight[2+axis]-1)*s.Dilation[axis] + 1
			if sums[2+axis] < 1 || dst[2+axis] < 1 || dst[2+axis] > sums[2+axis] || end < 1 || end > padded {
				t.Fatalf("%+v: %v sums, %v outputs; the last window ends at %d of %d", p, sums, dst, end, padded)
			}
		}
	})
}
