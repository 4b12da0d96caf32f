package cpu_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// layers are the problems that bench/peers times with other libraries, too: N, Cin, H, W, Cout, K, padding, stride,
// groups.
var layers = []string{
	"64,1,48,64,6,7,3,1,1", "512,1,48,64,6,7,3,1,1", "4096,1,48,64,6,7,3,1,1", "512,1,48,64,64,7,3,1,1",
	"512,1,48,64,6,31,15,1,1", "16,1,480,640,6,7,3,1,1", "16,64,56,56,64,3,1,1,1", "16,3,224,224,64,7,3,2,1",
	"16,256,14,14,256,3,1,1,1", "16,64,56,56,256,1,0,1,1", "16,128,56,56,128,3,1,1,128",
}

func layer(tb testing.TB, text string) conv.Problem {
	var n, c, h, w, k, size, padding, stride, groups int
	if _, err := fmt.Sscanf(strings.ReplaceAll(text, ",", " "), "%d %d %d %d %d %d %d %d %d", &n, &c, &h, &w, &k, &size,
		&padding, &stride, &groups); err != nil {
		tb.Fatal(err)
	}
	return conv.Problem{Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{k, c / groups, size, size}, Bias: true,
		Spec: conv.Spec{Stride: [2]int{stride, stride}, Padding: conv.Pad(padding, padding), Groups: groups}}
}

// BenchmarkPeak is what one core can do at most, on registers alone. The fastest turn counts, since other work on the
// machine interrupts the slower ones.
func BenchmarkPeak(b *testing.B) {
	for _, isa := range cpu.AvailableISAs() {
		b.Run("isa="+isa.String(), func(b *testing.B) {
			probe, err := cpu.Engine{ISA: isa}.Probe()
			if err != nil {
				b.Fatal(err)
			}
			best := 0.0
			for b.Loop() {
				start := time.Now()
				operations := probe(100_000)
				best = max(best, operations/time.Since(start).Seconds())
			}
			b.ReportMetric(best/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkConv times every algorithm that accepts a layer, in wall time and in the CPU time of its threads. On a busy
// machine only the latter measures the engine. For medians, and beside the peers, use bench/peers/peers.py.
func BenchmarkConv(b *testing.B) {
	for _, text := range layers {
		p := layer(b, text)
		for _, name := range cpu.AlgorithmNames() {
			engine := cpu.Engine{Algorithm: name}
			if _, err := engine.Explain(p); err != nil {
				continue
			}
			b.Run(fmt.Sprintf("alg=%s/n=%d/c=%d/hw=%dx%d/k=%d/out=%d", name, p.Src.N(), p.Src.C(), p.Src.H(), p.Src.W(),
				p.Weight.H(), p.Weight[0]), func(b *testing.B) { benchmark(b, engine, p) })
		}
	}
}

func benchmark(b *testing.B, engine cpu.Engine, p conv.Problem) {
	plan, dst, src := planned(b, engine, p)
	start := cpuSeconds()
	for b.Loop() {
		if err := plan.Run(dst, src); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*2*p.MACs()/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	if used := cpuSeconds() - start; used > 0 {
		b.ReportMetric(float64(b.N)*2*p.MACs()/used/1e9, "GFLOP/cpu-s")
	}
	b.ReportMetric(float64(b.N)*float64(p.Src.N())/b.Elapsed().Seconds(), "images/s")
}

// planned returns a plan with inputs and outputs whose memory has been touched.
func planned(tb testing.TB, engine cpu.Engine, p conv.Problem) (plan conv.Plan, dst, src *conv.Tensor) {
	tb.Helper()
	shape, err := p.Dst()
	if err != nil {
		tb.Fatal(err)
	}
	var tensors [3]*conv.Tensor
	for i, s := range []conv.Shape{shape, p.Src, p.Weight} {
		if tensors[i], err = conv.NewTensor(s); err != nil {
			tb.Fatal(err)
		}
		for j := range tensors[i].Data {
			// these numbers use all bits: winograd leaves weights of few bits to direct
			tensors[i].Data[j] = float32(math.Sin(float64(j) * float64(j+i)))
		}
	}
	if plan, err = engine.Plan(p, tensors[2], make([]float32, p.Weight[0])); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { plan.Close() })
	return plan, tensors[0], tensors[1]
}

// TestRunAllocates: Run allocates nothing, for one image and for many.
func TestRunAllocates(t *testing.T) {
	for _, isa := range cpu.AvailableISAs() {
		for _, text := range []string{"1,1,48,64,6,7,3,1,1", "8,2,12,10,4,3,1,2,2", "2,16,14,14,16,3,1,1,1",
			"2,32,9,9,48,1,0,1,1"} {
			plan, dst, src := planned(t, cpu.Engine{ISA: isa}, layer(t, text))
			if n := testing.AllocsPerRun(20, func() {
				if err := plan.Run(dst, src); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v %s: a run allocates %v times", isa, text, n)
			}
		}
	}
}
