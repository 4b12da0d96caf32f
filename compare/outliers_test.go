package compare

import (
	"math"
	"testing"

	"gpuconv/conv"
)

// TestOutliers: a trial of several images has several kinds of outliers, or one of every kind if the case asks for it.
// The case's name determines the kinds. No sum overflows, however large the weights are.
func TestOutliers(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{3, 2, 8, 11}, Weight: conv.Shape{2, 2, 3, 3}}
	met := map[string]bool{}
	kind := func(image []float32) string {
		large, zeros, largest := 0, 0, 0.0
		for _, v := range image {
			a := math.Abs(float64(v))
			if largest = max(largest, a); a > 1 {
				large++
			}
			if a == 0 {
				zeros++
			}
		}
		switch {
		case zeros == len(image)-1 && largest == 1:
			return "point of 1"
		case zeros == len(image)-1:
			return "point"
		case large == 1 && largest < 1e7:
			return "pixel of 1e6"
		case large == 1:
			return "pixel of 1e20"
		case large == 2*8 && largest < 1e7:
			return "column of 1e6"
		case large == 2*8:
			return "column of 1e20"
		case large == 2*(8*11-6*9) && largest < 1e7:
			return "frame of 1e6"
		case large == 2*(8*11-6*9):
			return "frame of 1e20"
		case largest == 60000:
			return "16 bits"
		case large > 60 && largest < 65536:
			return "half"
		}
		return "?"
	}
	c, err := Random("a", p)
	if err != nil {
		t.Fatal(err)
	}
	for first := 0; first < len(outlierKinds); first += 3 {
		filled := outliers(c, first)
		if filled.Src.Shape != p.Src || Differ(filled.Src.Data, outliers(c, first).Src.Data) >= 0 {
			t.Errorf("%v, or other numbers the second time", filled.Src.Shape)
		}
		for n := range 3 {
			met[kind(filled.Src.Images(n, n+1).Data)] = true
		}
	}
	if len(met) != len(outlierKinds) || met["?"] {
		t.Errorf("%d kinds: %v", len(met), met)
	}
	c.EveryOutlier = true
	trial, err := NewTrial(judgeOfZeros{}, c)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(trial.fillings); n != 2+4+1 {
		t.Errorf("%d fillings, want integers, four times three images of outliers, and its own", n)
	}
	for i := range c.Weight.Data {
		c.Weight.Data[i] *= 1e37
	}
	for n := range 10 {
		sum := 0.0
		for _, v := range outliers(c, n).Src.Data {
			sum = max(sum, math.Abs(float64(v)))
		}
		if sum*1e37*18 > math.MaxFloat32 || sum == 0 {
			t.Errorf("pixels of %g with weights of 1e37", sum)
		}
	}
	c.Src.Shape[0], c.Src.Data = 65, make([]float32, 65*176)
	if n := outliers(c, 0).Src.Shape.N(); n != len(outlierKinds) {
		t.Errorf("%d images, want one of each kind", n)
	}
}

// judgeOfZeros returns 0 for everything.
type judgeOfZeros struct{}

func (judgeOfZeros) Plan(conv.Problem, *conv.Tensor, []float32) (conv.Plan, error) {
	return judgeOfZeros{}, nil
}
func (judgeOfZeros) Run(_, _ *conv.Tensor) error                     { return nil }
func (judgeOfZeros) Close() error                                    { return nil }
func (judgeOfZeros) RunFloat64(_, _ []float64, _ *conv.Tensor) error { return nil }
