package convtest

import (
	"errors"
	"math"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// specialValues puts NaN and infinities into images and weights. Each sum that contains them must follow IEEE 754, and
// no other sum may change. If algorithm is true, the backend is forced to one algorithm and may refuse problems.
func specialValues(t *testing.T, backend, judge conv.Backend, algorithm bool) {
	relu := half(3, 3)
	relu.Activation = conv.ReLU
	pooled := relu
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}}
	mean := half(3, 3)
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 3}}
	circular := half(3, 3)
	circular.PaddingMode = conv.Circular
	energy := half(3, 3)
	energy.Activation = conv.Energy
	for name, spec := range map[string]conv.Spec{"plain": half(3, 3), "relu": relu, "max pool": pooled,
		"mean pool": mean,
		"strided":   {Stride: [2]int{2, 2}}, "circular": circular, "energy": energy} {
		for _, w := range []int{8, 9} { // rows that are a multiple of a vec4, and rows that are not
			p := problem(conv.Shape{2, 2, 8, w}, conv.Shape{6, 2, 3, 3}, spec)
			if !takes(backend, p) {
				p.Groups, p.Weight = 2, conv.Shape{8, 1, 3, 3} // depthwise
			}
			for kind, value := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)} {
				for _, place := range []string{"corner", "inside", "weight"} {
					t.Run(name+"/"+kind+" "+place, func(t *testing.T) {
						drawn := random(t, name+kind+place, p)
						switch place {
						case "corner":
							drawn.Src.Data[0] = float32(value)
						case "inside":
							drawn.Src.Plane(1, 1)[3*w+4] = float32(value)
						case "weight":
							drawn.Weight.Plane(2, p.Weight[1]-1)[4] = float32(value)
						}
						result, err := compare.Check(backend, judge, drawn)
						if algorithm && errors.Is(err, conv.ErrUnsupported) {
							t.Skip(err)
						}
						if err != nil {
							t.Fatal(err)
						}
						if !result.OK() {
							t.Fatal(result)
						}
					})
				}
			}
		}
	}
}

// takes reports whether a backend computes p. It is false only if the backend is a [conv.Explainer] and says that it
// cannot.
func takes(backend conv.Backend, p conv.Problem) bool {
	explainer, ok := backend.(conv.Explainer)
	if !ok {
		return true
	}
	_, err := explainer.Explain(p)
	return !errors.Is(err, conv.ErrUnsupported)
}
