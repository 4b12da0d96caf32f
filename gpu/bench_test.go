//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gpuconv/conv"
)

func fill(t *conv.Tensor, r *rand.Rand) {
	for i := range t.Data {
		t.Data[i] = r.Float32() - 0.5
	}
}

// BenchmarkConv runs each algorithm that accepts a problem.
func BenchmarkConv(b *testing.B) {
	for _, c := range []struct{ n, c, h, w, k, size int }{
		{512, 1, 48, 64, 6, 7}, {4096, 1, 48, 64, 6, 7}, {512, 1, 48, 64, 6, 3}, {512, 1, 48, 64, 6, 5}, {512, 1, 48, 64, 6, 11},
		{128, 1, 48, 64, 6, 31}, {512, 1, 48, 64, 64, 7}, {64, 16, 48, 64, 16, 3}, {64, 1, 48, 64, 64, 31},
	} {
		p := conv.Problem{Src: conv.Shape{c.n, c.c, c.h, c.w}, Weight: conv.Shape{c.k, c.c, c.size, c.size}}
		p.Padding = conv.Pad(c.size/2, c.size/2)
		for _, algorithm := range AlgorithmNames() {
			name := fmt.Sprintf("alg=%s/n=%d/c=%d/hw=%dx%d/k=%d/filters=%d", algorithm, c.n, c.c, c.h, c.w, c.size, c.k)
			b.Run(name, func(b *testing.B) { benchmark(b, p, algorithm) })
		}
	}
}

func benchmark(b *testing.B, p conv.Problem, algorithm string) {
	d := openTest(b, Options{Algorithm: algorithm})
	if _, err := d.Explain(p); err != nil {
		b.Skip(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	src, _ := conv.NewTensor(p.Src)
	weight, _ := conv.NewTensor(p.Weight)
	shape, err := p.Dst()
	if err != nil {
		b.Fatal(err)
	}
	dst, _ := conv.NewTensor(shape)
	fill(src, r)
	fill(weight, r)
	plan, err := d.Plan(p, weight, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer plan.Close()
	if err := plan.Run(dst, src); err != nil { // compiles and warms up
		b.Fatal(err)
	}
	for b.Loop() {
		if err := plan.Run(dst, src); err != nil {
			b.Fatal(err)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(float64(p.Src.N())/seconds, "images/s")
	b.ReportMetric(2e-9*p.MACs()/seconds, "GFLOP/s")
}
