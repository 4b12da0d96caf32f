package cpu_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
)

// dftProblems are at the edges of windows, blocks, registers, panels and chunks of filters.
func dftProblems() (all []conv.Problem) {
	add := func(spec conv.Spec, src, weight conv.Shape) {
		all = append(all, conv.Problem{Spec: spec, Src: src, Weight: weight, Bias: true})
	}
	half := func(rows, columns int) conv.Spec { return conv.Spec{Padding: conv.Pad(rows/2, columns/2)} }
	add(half(31, 31), conv.Shape{2, 1, 87, 40}, conv.Shape{7, 1, 31, 31})
	add(half(31, 31), conv.Shape{1, 1, 44, 259}, conv.Shape{29, 1, 31, 31}) // two blocks; several chunks
	add(conv.Spec{}, conv.Shape{2, 2, 40, 33}, conv.Shape{4, 2, 9, 12})
	add(conv.Spec{}, conv.Shape{1, 3, 12, 17}, conv.Shape{3, 3, 12, 17}) // one sum
	add(half(1, 9), conv.Shape{2, 1, 5, 20}, conv.Shape{2, 1, 1, 9})
	add(half(9, 1), conv.Shape{1, 2, 33, 1}, conv.Shape{5, 2, 9, 1})
	add(half(5, 5), conv.Shape{2, 40, 21, 70}, conv.Shape{13, 40, 5, 5}) // spectra of blocks of many channels
	grouped, dilated, relu, pooled, energy := half(7, 7), half(5, 5), half(7, 5), half(7, 7), half(7, 7)
	grouped.Groups = 3
	dilated.Dilation, dilated.Padding = [2]int{3, 2}, conv.Padding{Top: 1, Bottom: 7, Left: 6}
	relu.Activation = conv.ReLU
	pooled.Activation = conv.ReLU
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 2}, Stride: [2]int{2, 3}}
	energy.Activation = conv.Energy
	energy.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{5, 5}, Stride: [2]int{1, 1}}
	add(grouped, conv.Shape{2, 6, 19, 23}, conv.Shape{12, 2, 7, 7})
	add(dilated, conv.Shape{2, 2, 30, 31}, conv.Shape{5, 2, 5, 5})
	add(relu, conv.Shape{2, 2, 16, 32}, conv.Shape{6, 2, 7, 5})
	add(pooled, conv.Shape{2, 1, 60, 30}, conv.Shape{4, 1, 7, 7})
	add(energy, conv.Shape{2, 1, 43, 30}, conv.Shape{4, 1, 7, 7})
	for _, mode := range conv.PaddingModes()[1:] {
		spec := conv.Spec{Padding: conv.Padding{Top: 2, Bottom: 3, Left: 1, Right: 4}, PaddingMode: mode}
		add(spec, conv.Shape{2, 1, 26, 7}, conv.Shape{3, 1, 6, 5})
	}
	return all
}

func eachDFT(t *testing.T, f func(t *testing.T, e cpu.Engine, p conv.Problem)) {
	for _, isa := range tested() {
		for i, p := range dftProblems() {
			if testing.Short() && i%4 != 0 { // the race detector slows the judge many times
				continue
			}
			name := fmt.Sprintf("%v/%v/%v/%v,%v,%v", isa, p.Src, p.Weight, p.PaddingMode, p.Activation, p.Pool)
			t.Run(name, func(t *testing.T) {
				f(t, cpu.Engine{ISA: isa, Algorithm: "dft"}.Eager(), p)
			})
		}
	}
}

// TestDFTConforms runs the suite with dft forced, on each instruction set.
func TestDFTConforms(t *testing.T) {
	for _, isa := range tested() {
		t.Run(isa.String(), func(t *testing.T) {
			convtest.RunAlgorithm(t, cpu.Engine{ISA: isa, Algorithm: "dft"}.Eager(), cpu.Reference{}, 200)
		})
	}
}

// TestDFT: outputs are within the tolerance, on tensors between guard pages. They have the same bits in a second run,
// if an image is computed alone, and with one worker.
func TestDFT(t *testing.T) {
	eachDFT(t, func(t *testing.T, e cpu.Engine, p conv.Problem) {
		got, c := runGuarded(t, e, p, p.Src.W()%2 == 0)
		answer, err := compare.NewAnswer(cpu.Reference{}, c)
		if err != nil {
			t.Fatal(err)
		}
		described, err := e.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := answer.Wrong(got, described); wrong != "" || described.Tolerance == 0 {
			t.Error(wrong, described)
		}
		for _, other := range []cpu.Engine{e, {ISA: e.ISA, Algorithm: "dft"}} {
			plan, err := other.Plan(p, c.Weight, c.Bias)
			if err != nil {
				t.Fatal(err)
			}
			if again := intoNaN(t, plan, p, c.Src); !slices.Equal(again.Data, got.Data) {
				t.Error("another run has other bits")
			}
			n := p.Src.N()
			last := intoNaN(t, plan, p, c.Src.Images(n-1, n))
			if !slices.Equal(last.Data, got.Images(n-1, n).Data) {
				t.Error("the last image has other bits where it is alone")
			}
			plan.Close()
		}
	})
}

// TestDFTOdd: if a pixel is not finite, or so large that spectra could overflow, the outputs of its blocks have the
// bits of direct. All others have the bits that dft computes without that pixel. It lies in the middle of a block, and
// in the columns and rows that blocks share.
func TestDFTOdd(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 2, 90, 300}, Weight: conv.Shape{3, 2, 9, 9}, Bias: true,
		Spec: conv.Spec{Padding: conv.Pad(4, 4)}}
	drawn := randomly(t, 3, p.Src, p.Weight, conv.Shape{1, 1, 1, 3})
	src, weight, bias := drawn[0], drawn[1], drawn[2].Data
	var plans [2]conv.Plan
	for i, algorithm := range []string{"direct", "dft"} {
		plan, err := cpu.Engine{Algorithm: algorithm}.Eager().Plan(p, weight, bias)
		if err != nil {
			t.Fatal(err)
		}
		defer plan.Close()
		plans[i] = plan
	}
	usual := intoNaN(t, plans[1], p, src)
	check := func(v float32, row, column int) {
		image := &conv.Tensor{Shape: src.Shape, Data: slices.Clone(src.Data)}
		image.Plane(0, 1)[row*300+column] = v
		direct, got := intoNaN(t, plans[0], p, image), intoNaN(t, plans[1], p, image)
		odd, kept := 0, 0
		for i, g := range got.Data {
			switch {
			case alike(g, usual.Data[i]):
				kept++
			case alike(g, direct.Data[i]):
				odd++
			default:
				t.Fatalf("%v in row %d, column %d: element %d is %v, dft has %v without it, direct %v with it",
					v, row, column, i, g, usual.Data[i], direct.Data[i])
			}
		}
		if odd < 81 || kept < len(got.Data)/4 {
			t.Errorf("%v in row %d, column %d: %d outputs as direct's, %d as without it", v, row, column, odd, kept)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 3e38} {
		check(float32(v), 20, 7)
	}
	for row := 10; row < 60; row += 3 {
		check(float32(math.NaN()), row, 162)
	}
}

// alike reports whether two numbers have the same bits, or are both NaN.
func alike(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b }

// TestDFTTolerance measures the error of dft, for windows of 6 to 256 rows and up to 64 channels, with random numbers
// and with images of equal columns, whose errors do not cancel. The stated tolerance must cover it, and must not be
// much larger.
func TestDFTTolerance(t *testing.T) {
	if testing.Short() {
		t.Skip("the judge takes long under the race detector")
	}
	for _, c := range []struct{ channels, size, kernel, filters int }{
		{1, 64, 31, 4}, {1, 48, 15, 4}, {1, 32, 7, 4}, {1, 160, 128, 1}, {8, 40, 9, 4}, {64, 24, 5, 4}, {1, 24, 3, 4},
	} {
		p := conv.Problem{Src: conv.Shape{1, c.channels, c.size, c.size},
			Weight: conv.Shape{c.filters, c.channels, c.kernel, c.kernel},
			Spec:   conv.Spec{Padding: conv.Pad(c.kernel/2, c.kernel/2)}}
		for _, kind := range []string{"random", "columns"} {
			made, err := compare.Random("tolerance", p)
			if err != nil {
				t.Fatal(err)
			}
			for i := range made.Src.Data {
				if kind == "columns" {
					made.Src.Data[i] = float32(0.5 + 0.5*math.Cos(0.3*float64(i/c.size%c.size)))
				}
			}
			engine := cpu.Engine{Algorithm: "dft"}
			result, err := compare.Check(engine, cpu.Reference{}, made)
			if err != nil {
				t.Fatal(err)
			}
			described, err := engine.Explain(p)
			if err != nil {
				t.Fatal(err)
			}
			stated := described.Tolerance
			t.Logf("%v %s: RMS %.2g of the largest output, worst %.2g, stated %.2g", p.Weight, kind, result.RMS,
				result.MaxError/result.Largest, stated)
			if !result.OK() || result.RMS > stated || result.RMS < stated/15 {
				t.Errorf("%v %s: RMS %.2g, stated %.2g; %v", p.Weight, kind, result.RMS, stated, result)
			}
		}
	}
}

// TestDFTChosen: the engine takes dft only with conv.Fast, and only where it saves enough multiplications.
func TestDFTChosen(t *testing.T) {
	for _, c := range []struct {
		layer     string
		images    int
		precision conv.Precision
		want      string
	}{
		{"64,1,256,256,64,31,15,1,1", 0, conv.Fast, "dft"},
		{"64,1,256,256,64,31,15,1,1", 0, conv.Exact, "direct"},
		{"1,1,256,256,64,31,15,1,1", 1, conv.Fast, "dft"},
		{"64,1,48,64,6,7,3,1,1", 0, conv.Fast, "direct"},
		{"16,64,56,56,64,3,1,1,1", 0, conv.Fast, "winograd"},
		{"16,3,224,224,64,7,3,2,1", 0, conv.Fast, "direct"},
		{"1,1,16,16,64,15,7,1,1", 1, conv.Fast, "direct"},
	} {
		p := layer(t, c.layer)
		d, err := cpu.Engine{Images: c.images, Precision: c.precision}.Explain(p)
		if err != nil || d.Algorithm != c.want {
			t.Errorf("%s, %d images, %v: %s, %v, want %s", c.layer, c.images, c.precision, d.Algorithm, err, c.want)
		}
		if (d.Tolerance > 0) != (c.want == "dft") {
			t.Errorf("%s: a tolerance of %g", c.layer, d.Tolerance)
		}
	}
	if got := cpu.Spreading(); !slices.Equal(got, []string{"dft"}) {
		t.Errorf("algorithms that spread errors: %v", got)
	}
}

// TestDFTMemory: unless dft is forced, the engine takes it only if the transformed weights take at most 64 MiB, or at
// most seven times the memory of the weights. The memory that a plan reports includes them.
func TestDFTMemory(t *testing.T) {
	for _, c := range []struct{ layer, want string }{
		{"1,64,128,128,64,7,3,1,1", "dft"},
		{"1,512,128,128,512,7,3,1,1", "direct"},
		{"1,2048,128,128,2048,7,3,1,1", "direct"},
		{"1,1,256,256,4096,31,15,1,1", "dft"}, // 6 times 16 MB
	} {
		p := layer(t, c.layer)
		d, err := cpu.Engine{Precision: conv.Fast}.Explain(p)
		if err != nil || d.Algorithm != c.want {
			t.Errorf("%s: %s, %v, %v, want %s", c.layer, d.Algorithm, d.Rejected, err, c.want)
		}
		forced, err := cpu.Engine{Algorithm: "dft"}.Explain(p)
		if err != nil {
			t.Fatal(err)
		}
		most := max(64<<20, 7*p.Weight.Bytes())
		packed := float64(cpu.PackedBytes(p))
		if packed > float64(forced.Memory) || packed <= most != (c.want == "dft") {
			t.Errorf("%s: weights of %g bytes, a plan of %d, chosen up to %g", c.layer, packed, forced.Memory, most)
		}
	}
}

// TestDFTTasks: a run of one image has tasks for all workers, though its windows are few. Outputs have the same bits as
// with one worker, also in a block that is computed as plain sums.
func TestDFTTasks(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 4, 60, 40}, Weight: conv.Shape{130, 2, 31, 31}, Bias: true,
		Spec: conv.Spec{Padding: conv.Pad(15, 15), Groups: 2}}
	drawn := randomly(t, 5, p.Src, p.Weight, conv.Shape{1, 1, 1, 130})
	odd := &conv.Tensor{Shape: p.Src, Data: slices.Clone(drawn[0].Data)}
	odd.Data[0] = float32(math.NaN())
	var outputs [2][]*conv.Tensor
	for i, workers := range []int{1, 6} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
			plan, err := cpu.Engine{Algorithm: "dft"}.Eager().Plan(p, drawn[1], drawn[2].Data)
			if err != nil {
				t.Fatal(err)
			}
			defer plan.Close()
			outputs[i] = []*conv.Tensor{intoNaN(t, plan, p, drawn[0]), intoNaN(t, plan, p, odd)}
			if n := cpu.Tasks(plan); n < workers {
				t.Errorf("%d tasks for %d workers", n, workers)
			}
		}()
	}
	for i := range outputs[0] {
		if !slices.EqualFunc(outputs[0][i].Data, outputs[1][i].Data, alike) {
			t.Errorf("output %d has other bits with many workers", i)
		}
	}
}
