package compare_test

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// painter is a backend whose plans make images themselves, with a flaw or without.
type painter struct {
	conv.Backend
	flaw string
}

type paintingPlan struct {
	conv.Plan
	flaw string
}

func (p painter) Plan(problem conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	plan, err := p.Backend.Plan(problem, w, b)
	return paintingPlan{plan, p.flaw}, err
}

func (p paintingPlan) Paints() error {
	if p.flaw == "refuses" {
		return errors.ErrUnsupported
	}
	return nil
}

func (p paintingPlan) RunStripes(dst *conv.Tensor, images *conv.Stripes) (unsure []int, err error) {
	src, err := conv.NewTensor(images.Shape)
	if err != nil {
		return nil, err
	}
	for n := range images.Shape.N() {
		if sure := images.Paint(src.Plane(n, 0), n); !sure && (p.flaw != "too sure" || n != 4) {
			unsure = append(unsure, n)
		}
	}
	switch p.flaw {
	case "a pixel":
		src.Plane(9, 0)[33] *= -2
	case "breaks", "refuses":
		return nil, errors.New("the paint has dried")
	}
	return unsure, p.Run(dst, src)
}

// TestPainted: a plan that makes images itself is checked too.
func TestPainted(t *testing.T) {
	c := testCase()
	c.Problem.Src, c.Problem.Weight = conv.Shape{12, 1, 8, 9}, conv.Shape{3, 1, 3, 3}
	c.Src, _ = conv.NewTensor(c.Problem.Src)
	c.Weight = &conv.Tensor{Shape: c.Problem.Weight, Data: c.Weight.Data[:27]}
	for flaw, want := range map[string]string{
		"":         "",
		"refuses":  "",
		"too sure": "of 12 images that the plan makes [2 3 5 6 11] are not sure, want [2 3 4 5 6 11]",
		"a pixel":  "image 9 that the plan makes gives ",
		"breaks":   "images that the plan makes: the paint has dried",
	} {
		_, err := compare.Check(painter{cpu.Reference{}, flaw}, cpu.Reference{}, c)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", flaw, err, want)
		}
		if guard := (*compare.GuardError)(nil); errors.As(err, &guard) != (flaw == "too sure" || flaw == "a pixel") {
			t.Errorf("%q: %T", flaw, err)
		}
	}
}
