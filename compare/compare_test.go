package compare_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
)

// spoiled is a backend that computes what another one does, and then damages the output.
type spoiled struct {
	conv.Backend
	damage func(dst *conv.Tensor)
}

type spoiledPlan struct {
	conv.Plan
	damage func(dst *conv.Tensor)
}

func (s spoiled) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	plan, err := s.Backend.Plan(p, w, b)
	return spoiledPlan{plan, s.damage}, err
}

func (s spoiledPlan) Run(dst, src *conv.Tensor) error {
	err := s.Plan.Run(dst, src)
	s.damage(dst)
	return err
}

// unwriting is a plan that does not write one element.
type unwriting struct{ conv.Plan }

func (u unwriting) Run(dst, src *conv.Tensor) error {
	before := dst.Data[100]
	err := u.Plan.Run(dst, src)
	dst.Data[100] = before
	return err
}

type unwritingBackend struct{ conv.Backend }

func (u unwritingBackend) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	plan, err := u.Backend.Plan(p, w, b)
	return unwriting{plan}, err
}

// testCase has 2 images of 2 channels, 3 filters of 3×3 and a bias. Its sums have 19 terms of about 1.
func testCase() compare.Case {
	p := conv.Problem{Src: conv.Shape{2, 2, 8, 9}, Weight: conv.Shape{3, 2, 3, 3}, Bias: true}
	p.Padding = conv.Pad(1, 1)
	src, _ := conv.NewTensor(p.Src)
	weight, _ := conv.NewTensor(p.Weight)
	for i := range src.Data {
		src.Data[i] = float32(math.Sin(float64(i)))
	}
	for i := range weight.Data {
		weight.Data[i] = float32(math.Cos(float64(i * i)))
	}
	return compare.Case{Name: "test", Problem: p, Src: src, Weight: weight, Bias: []float32{1, -0.5, 0.25}}
}

func TestCheck(t *testing.T) {
	result, err := compare.Check(cpu.Engine{}, cpu.Reference{}, testCase())
	if err != nil || !result.OK() || result.Elements != 2*3*8*9 || result.MaxError == 0 || result.MaxRatio > 0.5 ||
		result.RMS == 0 {
		t.Fatalf("%+v, %v", result, err)
	}
	if text := result.String(); !strings.HasPrefix(text, "432 outputs agree: largest error ") {
		t.Errorf("%q", text)
	}
}

// TestCheckNotices damages element 250: image 1, filter 0, row 3, column 7.
func TestCheckNotices(t *testing.T) {
	// 19 terms: γ ≈ 19·2⁻²⁴ ≈ 1.13e-6, A ≤ 19.
	for name, damage := range map[string]func(v float32) float32{
		"a wrong value":      func(v float32) float32 { return v + 1 },
		"one part in 10⁴":    func(v float32) float32 { return v * 1.0001 },
		"just off the bound": func(v float32) float32 { return v + 4e-5 },
		"NaN":                func(v float32) float32 { return float32(math.NaN()) },
		"infinity":           func(v float32) float32 { return float32(math.Inf(1)) },
		"the other sign":     func(v float32) float32 { return -v },
		"zero":               func(v float32) float32 { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			test := spoiled{cpu.Engine{}, func(dst *conv.Tensor) { dst.Data[250] = damage(dst.Data[250]) }}
			result, err := compare.Check(test, cpu.Reference{}, testCase())
			if err != nil {
				t.Fatal(err)
			}
			if result.OK() || result.Wrong != 1 || result.Worst != [4]int{1, 0, 3, 7} || !(result.MaxRatio > 1) {
				t.Errorf("%+v", result)
			}
			if text := result.String(); !strings.Contains(text, "1 of 432 outputs are wrong") ||
				!strings.Contains(text, "image 1, channel 0, row 3, column 7") {
				t.Errorf("%q", text)
			}
		})
	}
}

func TestCheckNoticesUnwritten(t *testing.T) {
	result, err := compare.Check(unwritingBackend{cpu.Engine{}}, cpu.Reference{}, testCase())
	if err != nil || result.OK() || result.NaNs != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestWarnings: an error can be within the bound and still be larger than is probable. With n terms the bound is n·u·A,
// and the probable size is 4·√n·u·A. From n = 16 on the bound is larger.
func TestWarnings(t *testing.T) {
	c := testCase()
	c.Problem.Src, c.Problem.Weight = conv.Shape{1, 64, 1, 1}, conv.Shape{1, 64, 1, 1}
	c.Problem.Padding, c.Problem.Bias, c.Bias = conv.Padding{}, false, nil
	c.Src, _ = conv.NewTensor(c.Problem.Src)
	c.Weight, _ = conv.NewTensor(c.Problem.Weight)
	for i := range c.Src.Data {
		c.Src.Data[i], c.Weight.Data[i] = 1, 1
	}
	// A = 64: the bound is 64·2⁻²⁴·64 = 2.4e-4, the probable size 1.2e-4
	for add, want := range map[float32]compare.Result{
		1e-4: {},
		2e-4: {Warnings: 1},
		3e-4: {Wrong: 1},
	} {
		got, err := compare.Check(spoiled{cpu.Reference{}, func(dst *conv.Tensor) { dst.Data[0] += add }},
			cpu.Reference{}, c)
		if err != nil || got.Wrong != want.Wrong || got.Warnings != want.Warnings {
			t.Errorf("error %v: %+v, %v; want %d wrong, %d warnings", add, got, err, want.Wrong, want.Warnings)
		}
	}
}

// TestSpecialValues: NaN must meet NaN, and infinity the same infinity. A NaN among the inputs hides no error
// elsewhere.
func TestSpecialValues(t *testing.T) {
	c := testCase()
	c.Src.Data[0] = float32(math.NaN())
	c.Src.Plane(1, 0)[40] = float32(math.Inf(1))
	result, err := compare.Check(cpu.Engine{}, cpu.Reference{}, c)
	if err != nil || !result.OK() || result.BothNaN == 0 || result.BothInf == 0 ||
		!strings.HasSuffix(result.String(), fmt.Sprintf("; %d of %d are NaN and %d infinite in both", result.BothNaN,
			result.Elements, result.BothInf)) {
		t.Fatalf("%v, %v", result, err)
	}
	nans, infinite := result.BothNaN, result.BothInf
	for name, damage := range map[string]func(dst *conv.Tensor){
		"0 for NaN":       func(dst *conv.Tensor) { dst.Data[0] = 0 },
		"a wrong value":   func(dst *conv.Tensor) { dst.Data[50] += 1 },
		"other infinity":  func(dst *conv.Tensor) { dst.Plane(1, 0)[40] *= -1 },
		"max for inf":     func(dst *conv.Tensor) { dst.Plane(1, 0)[40] = math.MaxFloat32 },
		"NaN for a value": func(dst *conv.Tensor) { dst.Data[50] = float32(math.NaN()) },
	} {
		result, err := compare.Check(spoiled{cpu.Engine{}, damage}, cpu.Reference{}, c)
		if err != nil || result.Wrong != 1 {
			t.Errorf("%s: %v, %v", name, result, err)
		}
		right := nans + infinite - result.BothNaN - result.BothInf
		if wasOdd := !strings.Contains(name, "value"); wasOdd != (right == 1) {
			t.Errorf("%s: %d NaN and %d infinite agree, of %d and %d", name, result.BothNaN, result.BothInf, nans,
				infinite)
		}
	}
	var merged compare.Result
	for range 2 {
		merged.Merge(result, 0)
	}
	if merged.BothNaN != 2*nans || merged.BothInf != 2*infinite {
		t.Errorf("merged: %+v", merged)
	}
}

func TestCheckErrors(t *testing.T) {
	short := testCase()
	short.Bias = short.Bias[:1]
	if _, err := compare.Check(cpu.Engine{}, cpu.Reference{}, short); err == nil ||
		!strings.Contains(err.Error(), "compare: case test: conv: bias [1]: want 3 values") {
		t.Errorf("short bias: %v", err)
	}
	if _, err := compare.Check(cpu.Reference{}, cpu.Engine{}, testCase()); err == nil ||
		!strings.Contains(err.Error(), "not a conv.Oracle") {
		t.Errorf("a judge in float32: %v", err)
	}
	if (compare.Result{}).OK() {
		t.Error("a comparison of nothing is OK")
	}
}

func TestMerge(t *testing.T) {
	c := testCase()
	held := func(got *conv.Tensor, part compare.Case) compare.Result {
		answer, err := compare.NewAnswer(cpu.Reference{}, part)
		if err != nil {
			t.Fatal(err)
		}
		result, err := answer.Compare(got, conv.Description{})
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	got, _ := conv.NewTensor(conv.Shape{2, 3, 8, 9})
	plan, _ := cpu.Engine{}.Plan(c.Problem, c.Weight, c.Bias)
	if err := plan.Run(got, c.Src); err != nil {
		t.Fatal(err)
	}
	got.Data[250]++
	var merged compare.Result
	for i := range 2 {
		part := c
		part.Src = c.Src.Images(i, i+1)
		merged.Merge(held(got.Images(i, i+1), part), i)
	}
	whole := held(got, c)
	if merged.Elements != whole.Elements || merged.Wrong != 1 || merged.Worst != whole.Worst ||
		merged.Worst != [4]int{1, 0, 3, 7} || merged.MaxError != whole.MaxError {
		t.Errorf("merged %+v, whole %+v", merged, whole)
	}
}

// TestAnswer: outputs of some images are compared with the bound. Outputs of all images are compared with the RMS
// error, too.
func TestAnswer(t *testing.T) {
	c := manyTerms(t)
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	plan, _ := cpu.Engine{}.Plan(c.Problem, c.Weight, c.Bias)
	got, err := compare.RunGuarded(plan, c.Problem, c.Src)
	if err != nil {
		t.Fatal(err)
	}
	if what := answer.Wrong(got, conv.Description{}); what != "" {
		t.Errorf("the engine: %s", what)
	}
	few, err := answer.Compare(got.Images(0, 0), conv.Description{})
	if err != nil || few.OK() || few.Elements != 0 {
		t.Errorf("of no images: %+v, %v", few, err)
	}
	for i, v := range got.Data {
		got.Data[i] = v * (1 + 2e-5)
	}
	if what := answer.Wrong(got, conv.Description{}); !strings.HasPrefix(what, "rms failed: RMS error ") {
		t.Errorf("two parts in 10⁵ everywhere: %q, want that the RMS gate alone finds it", what)
	}
	if result, err := answer.Compare(got, conv.Description{}); err != nil || !result.OK() {
		t.Errorf("two parts in 10⁵ everywhere: %v, %v: want it within the bound", result, err)
	}
	if what := answer.Wrong(got, conv.Description{Tolerance: 1e-4}); what != "" {
		t.Errorf("with a tolerance of 1e-4: %s", what)
	}
	got.Data[3] = float32(math.NaN())
	if what := answer.Wrong(got, conv.Description{}); !strings.HasPrefix(what,
		"bound failed: 1 of 128 outputs are wrong (1 NaN): image 0, channel 0, row 0, column 3 ") {
		t.Errorf("a NaN: %q", what)
	}
	other := &conv.Tensor{Shape: got.Shape.WithN(2)}
	if _, err := answer.Compare(other, conv.Description{}); err == nil ||
		err.Error() != "compare: case random: an output of [2 8 4 4], want at most [1 8 4 4]" {
		t.Errorf("two images: %v", err)
	}
	if what := answer.Wrong(other, conv.Description{}); what != "output [2 8 4 4], want [1 8 4 4]" {
		t.Errorf("two images: %q", what)
	}
}

// TestCheckGuards: damage to memory by a backend is an error that names the case and wraps the cause.
func TestCheckGuards(t *testing.T) {
	_, err := compare.Check(altered{around: func(dst, _ *conv.Tensor, _ int) { poke(dst, len(dst.Data)) }},
		cpu.Reference{}, testCase())
	var guard *compare.GuardError
	if !errors.As(err, &guard) || !strings.HasPrefix(err.Error(),
		"compare: case test: 7 was written 1 elements after dst") {
		t.Errorf("%v", err)
	}
	if got, want := fault.Plain(err), strings.TrimPrefix(err.Error(), "compare: "); got != want {
		t.Errorf("plain: %q, want %q", got, want)
	}
}
