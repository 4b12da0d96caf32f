package filters

import (
	"math"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// PyTorch describes the weights and biases that PyTorch's Conv2d starts with. All are uniform in ±1/√n, where n is
// channels per group × kernel rows × kernel columns. Seed makes them repeatable. They have PyTorch's distribution, but
// a seed does not give the numbers that PyTorch draws.
//
// Source: torch.nn.modules.conv, reset_parameters: Kaiming uniform with a = √5.
type PyTorch struct{ Seed uint64 }

// Init returns weights of a shape [filters, channels per group, rows, columns], and a bias for each filter. It refuses
// extents below 1 and weights of more than 1 GiB.
func (f PyTorch) Init(shape conv.Shape) (weight *conv.Tensor, bias []float32, err error) {
	for _, e := range shape {
		if e < 1 {
			return nil, nil, fault.New("filters", "weight", shape, "want extents of at least 1")
		}
	}
	if n, err := shape.Len(); err != nil || n > maxElements {
		return nil, nil, fault.New("filters", "weight", shape, "want at most %d elements", maxElements)
	}
	if weight, err = conv.NewTensor(shape); err != nil {
		return nil, nil, err
	}
	bias = make([]float32, shape[0])
	bound := 1 / math.Sqrt(float64(shape[1]*shape[2]*shape[3]))
	random := param.Seed(f.Seed).Rand()
	for _, values := range [][]float32{weight.Data, bias} {
		for i := range values {
			values[i] = float32(bound * (2*random.Float64() - 1))
		}
	}
	return weight, bias, nil
}
