package compare_test

import (
	"math"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestSampleScale: the error that an algorithm of transforms may have depends on the largest output of the batch, and
// not on which outputs are judged together. A wrong output that is huge does not excuse the others.
func TestSampleScale(t *testing.T) {
	const tolerance = 1e-3 // an error may be this × 8 × the largest output, which is 8
	p := conv.Problem{Src: conv.Shape{1, 1, 1, 64}, Weight: conv.Shape{1, 1, 1, 8}}
	weight, _ := conv.NewTensor(p.Weight)
	src, _ := conv.NewTensor(p.Src)
	for i := range weight.Data {
		weight.Data[i] = 1
	}
	for i := range 32 {
		src.Data[i] = 1 // outputs are 8 on the left, 0 on the right
	}
	right, err := conv.Apply(cpu.Engine{}, conv.Spec{}, weight, nil, src)
	if err != nil {
		t.Fatal(err)
	}
	s, err := compare.NewSampling(cpu.Reference{}, compare.Case{Name: "step", Problem: p, Weight: weight})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	judge := func(change func(outputs []float32), judged ...int) bool {
		got, _ := conv.NewTensor(right.Shape)
		copy(got.Data, right.Data)
		change(got.Data)
		b, err := s.Batch(src, got, conv.Description{Tolerance: tolerance})
		if err != nil {
			t.Fatal(err)
		}
		result, err := b.Compare(judged)
		if err != nil {
			t.Fatal(err)
		}
		return result.OK()
	}
	small := func(outputs []float32) { outputs[50] = 8 * tolerance * 6 }
	if !judge(small, 50) || !judge(small, 3, 50) {
		t.Error("an error within the tolerance of the whole batch is refused")
	}
	if judge(func(outputs []float32) { outputs[50] = 8 * tolerance * 10 }, 50) {
		t.Error("an error beyond the tolerance is accepted")
	}
	if judge(func(outputs []float32) { outputs[3], outputs[50] = 1e6, 8*tolerance*10 }, 50) {
		t.Error("a huge output excuses the error of another")
	}
}

// TestSampleScaleCancels: with weights of 1 and −1 that cancel, outputs are far smaller than the sum of the magnitudes
// of their terms. A wrong output that is not judged does not raise the limit of others to that sum, however large it
// is.
func TestSampleScaleCancels(t *testing.T) {
	const tolerance = 1e-3 // an error may be this × 8 × the norm of the weights, 2.83; their magnitudes add up to 8
	p := conv.Problem{Src: conv.Shape{1, 1, 1, 64}, Weight: conv.Shape{1, 1, 1, 8}}
	weight, _ := conv.NewTensor(p.Weight)
	src, _ := conv.NewTensor(p.Src)
	for i := range weight.Data {
		weight.Data[i] = float32(1 - 2*(i%2))
	}
	for i := range src.Data {
		src.Data[i] = 1 // outputs are 0
	}
	s, err := compare.NewSampling(cpu.Reference{}, compare.Case{Name: "cancel", Problem: p, Weight: weight})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, unjudged := range []float32{0, 3, 8, 1e6, float32(math.Inf(1)), float32(math.NaN())} {
		for e, ok := range map[float32]bool{8 * tolerance * 2.8: true, 8 * tolerance * 2.9: false} {
			got, _ := conv.NewTensor(conv.Shape{1, 1, 1, 57})
			got.Data[3], got.Data[50] = unjudged, e
			b, err := s.Batch(src, got, conv.Description{Tolerance: tolerance})
			if err != nil {
				t.Fatal(err)
			}
			if result, err := b.Compare([]int{50, 40}); err != nil || result.OK() != ok {
				t.Errorf("beside %v an error of %v: %v, %v, want %v", unjudged, e, result.OK(), err, ok)
			}
		}
	}
}
