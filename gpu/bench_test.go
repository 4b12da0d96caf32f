//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

func fill(t *conv.Tensor, r *rand.Rand) {
	for i := range t.Data {
		t.Data[i] = r.Float32() - 0.5
	}
}

// BenchmarkConv runs each algorithm that accepts a problem.
func BenchmarkConv(b *testing.B) {
	for _, c := range benchCases() {
		for _, algorithm := range recipe.AlgorithmNames() {
			p := c.p
			name := fmt.Sprintf("alg=%s/n=%d/c=%d/hw=%dx%d/k=%d/filters=%d%s",
				algorithm, p.Src.N(), p.Src.C(), p.Src.H(), p.Src.W(), p.Weight[2], p.Weight[0], c.rest)
			b.Run(name, func(b *testing.B) { benchmark(b, p, algorithm) })
		}
	}
}

// benchCase is a problem, with what the name of a benchmark adds to its shapes.
type benchCase struct {
	p    conv.Problem
	rest string
}

// benchCases are the seed's problem with other kernels, filters and ends, and layers of networks.
func benchCases() (all []benchCase) {
	for _, c := range []struct{ n, c, h, w, k, size, stride, groups int }{
		{512, 1, 48, 64, 6, 7, 1, 1}, {4096, 1, 48, 64, 6, 7, 1, 1}, {512, 1, 48, 64, 6, 3, 1, 1}, {512, 1, 48, 64, 6, 5, 1, 1},
		{512, 1, 48, 64, 6, 11, 1, 1}, {128, 1, 48, 64, 6, 31, 1, 1}, {512, 1, 48, 64, 64, 7, 1, 1}, {64, 16, 48, 64, 16, 3, 1, 1}, {64, 1, 48, 64, 64, 31, 1, 1},
		{1, 1, 480, 640, 6, 7, 1, 1}, {8, 64, 56, 56, 64, 3, 1, 1}, {4, 3, 224, 224, 64, 7, 2, 1}, {8, 256, 14, 14, 256, 3, 1, 1},
		{4, 64, 56, 56, 256, 1, 1, 1}, {8, 128, 56, 56, 128, 3, 1, 128},
	} {
		p := conv.Problem{Src: conv.Shape{c.n, c.c, c.h, c.w}, Weight: conv.Shape{c.k, c.c / c.groups, c.size, c.size}}
		p.Padding, p.Stride, p.Groups = conv.Pad(c.size/2, c.size/2), [2]int{c.stride, c.stride}, c.groups
		all = append(all, benchCase{p, ""})
	}
	energy, largest := all[0].p, all[0].p
	energy.Activation = conv.Energy
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	return append(all, benchCase{energy, "/energy"}, benchCase{largest, "/max:2"})
}

// BenchmarkRoutes moves images by each route: a few bytes, which take as long as a call does, and the seed's case.
func BenchmarkRoutes(b *testing.B) {
	for _, width := range []int{16, 128, 512} {
		p := conv.Problem{Src: conv.Shape{1, 1, 64, width}, Weight: conv.Shape{1, 1, 1, 1}}
		routes(b, fmt.Sprintf("bytes=%d", 4*64*width), p)
	}
	routes(b, "seed/n=512", problems.Seed(512))
}

func routes(b *testing.B, name string, p conv.Problem) {
	for _, c := range []struct {
		route string
		how   recipe.Transfers
	}{
		{"copied", recipe.Transfers{Route: recipe.Copied}}, {"lent", lending()},
		{"mapped", recipe.Transfers{Route: recipe.Mapped, Flights: 3, LeastChunk: 4 << 20}},
	} {
		b.Run(name+"/route="+c.route, func(b *testing.B) {
			d := openTest(b, Options{Algorithm: "direct_soft", Device: Software()},
				profiled(func(d *recipe.Profile) { d.Transfers = c.how }))
			benchmarkOn(b, d, p)
		})
	}
}

func benchmark(b *testing.B, p conv.Problem, algorithm string) {
	benchmarkOn(b, openTest(b, Options{Algorithm: algorithm}), p)
}

func benchmarkOn(b *testing.B, d *Device, p conv.Problem) {
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
