package filters

import (
	"math"
	"slices"
	"testing"

	"gpuconv/conv"
)

// TestPyTorchInit compares the largest deviation of the sample from the uniform distribution with Kolmogorov's 1e-6
// quantile, 2.7/√n. Seeds are fixed, so the test cannot fail by chance.
func TestPyTorchInit(t *testing.T) {
	for _, shape := range []conv.Shape{{6, 1, 7, 7}, {64, 3, 7, 7}, {128, 1, 3, 3}, {2000, 1, 1, 1}} {
		weight, bias, err := PyTorch{Seed: 1}.Init(shape)
		if err != nil {
			t.Fatal(err)
		}
		bound := 1 / math.Sqrt(float64(shape[1]*shape[2]*shape[3])) // 1/7 for the tutorial's layer
		for name, values := range map[string][]float32{"weight": weight.Data, "bias": bias} {
			sorted := slices.Sorted(slices.Values(values))
			n, worst := float64(len(sorted)), 0.0
			for i, v := range sorted {
				uniform := (float64(v)/bound + 1) / 2
				worst = max(worst, math.Abs(uniform-float64(i)/n), math.Abs(uniform-float64(i+1)/n))
			}
			if first, last := float64(sorted[0]), float64(sorted[len(sorted)-1]); first < -bound || last > bound ||
				worst > 2.7/math.Sqrt(n) {
				t.Errorf("%v %s: %v … %v, %.3f off uniform in ±%v", shape, name, first, last, worst, bound)
			}
		}
		if len(bias) != shape[0] || weight.Shape != shape {
			t.Errorf("%v: %d biases, weight %v", shape, len(bias), weight.Shape)
		}
	}
}

func TestPyTorchInitSeeds(t *testing.T) {
	shape := conv.Shape{6, 1, 7, 7}
	first, firstBias, _ := PyTorch{Seed: 5}.Init(shape)
	again, againBias, _ := PyTorch{Seed: 5}.Init(shape)
	other, _, _ := PyTorch{Seed: 6}.Init(shape)
	if !slices.Equal(first.Data, again.Data) || !slices.Equal(firstBias, againBias) {
		t.Error("a seed gives two sets of weights")
	}
	if slices.Equal(first.Data, other.Data) {
		t.Error("two seeds give the same weights")
	}
	for _, bad := range []conv.Shape{{}, {6, 0, 7, 7}, {6, 1, -7, 7}, {1 << 40, 1 << 40, 1, 1}, {1 << 29, 1, 1, 1}} {
		if _, _, err := (PyTorch{}).Init(bad); err == nil {
			t.Errorf("weights of %v are made", bad)
		}
	}
}
