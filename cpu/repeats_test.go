package cpu_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// banks say which filters are copies or negatives of others: filters of the same number are copies, and −1 is the
// negative of 1.
var banks = []struct {
	filters  []int
	repeated int // filters that need not be computed
}{
	{[]int{1, -1, 2, 3, 4, 5}, 1},           // the tutorial's
	{[]int{1, -1, 2, -2, 3, -3}, 3},         // centre-surround pairs
	{[]int{1, 2, 3, 4, 1, 2, -3, 4}, 4},     // half turns
	{[]int{1, 1, 1, -1, 1, 1}, 5},           // all alike
	{[]int{1, 2, 3, 4, 5, 6}, 0},            // none
	{[]int{1, 2, -1, 3, 4, 5, -4, 6, 7}, 0}, // not the same number of filters apart
	{tiled(40, 34), 6},                      // enough different ones for winograd
	{tiled(36, 30), 6},                      // too few
}

// tiled returns a bank of filters. The first distinct ones differ from each other, and the rest are their negatives.
func tiled(filters, distinct int) (all []int) {
	for k := range filters {
		all = append(all, (1-k/distinct*2)*(k%distinct+1))
	}
	return all
}

// arrange changes the weights and the biases of c: filter k becomes filters[k], as banks has it.
func arrange(c *compare.Case, filters []int) {
	size, weight, bias := len(c.Weight.Data)/len(filters), slices.Clone(c.Weight.Data), slices.Clone(c.Bias)
	for k, from := range filters {
		sign := float32(1)
		if from < 0 {
			from, sign = -from, -1
		}
		for i, w := range weight[(from-1)*size:][:size] {
			c.Weight.Data[k*size+i] = sign * w
		}
		if c.Bias != nil {
			c.Bias[k] = sign * bias[from-1]
		}
	}
}

func repeatedProblems() map[string]conv.Problem {
	of := func(text string, s conv.Spec) conv.Problem {
		var n, c, h, w, kh, kw int
		if _, err := fmt.Sscan(text, &n, &c, &h, &w, &kh, &kw); err != nil {
			panic(err)
		}
		return conv.Problem{Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{6, c, kh, kw}, Bias: c > 1, Spec: s}
	}
	same := conv.Spec{Padding: conv.Pad(3, 3)}
	pool := conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	return map[string]conv.Problem{
		"seed":     of("3 1 48 64 7 7", same),
		"relu":     of("3 1 48 64 11 13", conv.Spec{Padding: conv.Pad(3, 3), Activation: conv.ReLU}),
		"energy":   of("2 2 20 33 5 7", conv.Spec{Activation: conv.Energy}),
		"pool":     of("2 1 20 33 11 13", conv.Spec{Activation: conv.ReLU, Pool: pool}),
		"small":    of("9 4 5 3 3 3", conv.Spec{Padding: conv.Pad(1, 1)}),
		"point":    of("2 256 7 9 1 1", conv.Spec{Activation: conv.ReLU}),
		"strided":  of("2 3 40 41 7 7", conv.Spec{Stride: [2]int{2, 2}, Padding: conv.Pad(3, 3)}),
		"many":     of("3 64 14 14 3 3", conv.Spec{Padding: conv.Pad(1, 1), Activation: conv.ReLU}),
		"wide":     of("1 1 9 600 7 7", conv.Spec{PaddingMode: conv.Circular, Padding: conv.Pad(3, 3)}),
		"one pass": of("1 1 31 7 9 7", conv.Spec{}),
		"slides":   of("2 1 20 33 5 5", conv.Spec{Padding: conv.Pad(2, 2)}),
	}
}

// TestRepeatsKeepBits: a bank with copies and negatives has the bits that it has if all filters are computed, by each
// algorithm that computes such a bank, on any number of threads. Some images have zeros, sums that are exactly 0,
// infinities and NaN.
func TestRepeatsKeepBits(t *testing.T) {
	pixel := func(c, y, x, h, w int) bool { return c == 0 && y == h/2 && x == w/2 }
	paints := []paint{normal, rectified, on(pixel, always(1), black), on(pixel, always(1e6), normal),
		on(pixel, always(math.Inf(1)), normal), on(pixel, always(math.Inf(-1)), normal),
		on(pixel, always(math.NaN()), normal)}
	for _, isa := range tested() {
		repeats := map[string]int{}
		for name, p := range repeatedProblems() {
			for i, bank := range banks {
				p.Weight[0] = len(bank.filters)
				if p.Weight[0]%2 > 0 && p.Activation == conv.Energy || p.Weight[0] > 9 && name != "many" {
					continue
				}
				for _, algorithm := range cpu.AlgorithmNames() {
					e, repeated := cpu.Engine{ISA: isa, Algorithm: algorithm}.Eager(), bank.repeated
					if _, err := e.Explain(p); err != nil {
						continue
					}
					if algorithm == "dft" || algorithm == "winograd" && p.Weight[0] == 36 {
						repeated = 0
					}
					repeats[algorithm] += repeated
					for j, f := range paints {
						c := painted(t, uint64(i), p, f)
						arrange(&c, bank.filters)
						checkRepeats(t, fmt.Sprintf("%v, %s, %v, %s, %d", isa, name, bank.filters, algorithm, j), e, c,
							repeated)
					}
				}
			}
		}
		for _, algorithm := range []string{"winograd", "depthwise", "direct"} {
			if repeats[algorithm] == 0 && (algorithm != "depthwise" || isa != cpu.Generic) {
				t.Errorf("%v, %s: nothing was filled in", isa, algorithm)
			}
		}
	}
}

// TestRepeatsKeepAlgorithm: repeats change neither the algorithm that Explain names nor the bits, and ExplainWeights
// describes the plan, also where fewer filters than winograd computes are distinct.
func TestRepeatsKeepAlgorithm(t *testing.T) {
	for _, distinct := range []int{34, 30, 18} {
		p := conv.Problem{Src: conv.Shape{2, 64, 28, 28}, Weight: conv.Shape{36, 64, 3, 3}, Bias: true,
			Spec: conv.Spec{Padding: conv.Pad(1, 1)}}
		c := painted(t, 3, p, normal)
		arrange(&c, tiled(36, distinct))
		for _, e := range []cpu.Engine{{}, {Precision: conv.Fast}, {Algorithm: "winograd"}, {Algorithm: "dft"}} {
			want, err := e.Explain(p)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := e.Plan(p, c.Weight, c.Bias)
			if err != nil {
				t.Fatal(err)
			}
			got := plan.(conv.Describer).Describe()
			plan.Close()
			if got.Algorithm != want.Algorithm {
				t.Errorf("%d distinct: the plan takes %s, Explain says %s", distinct, got.Algorithm, want.Algorithm)
			}
			if said, err := e.ExplainWeights(p, c.Weight, c.Bias); err != nil || fmt.Sprint(said) != fmt.Sprint(got) {
				t.Errorf("ExplainWeights says %v, %v, the plan %v", said, err, got)
			}
			repeated := 36 - distinct
			if got.Algorithm == "dft" || got.Algorithm == "winograd" && distinct < 32 {
				repeated = 0
			}
			checkRepeats(t, fmt.Sprintf("%d distinct, %s", distinct, got.Algorithm), e, c, repeated)
		}
	}
}

// checkRepeats compares e with an engine that computes every filter. repeated is how many e need not compute.
func checkRepeats(t *testing.T, name string, e cpu.Engine, c compare.Case, repeated int) {
	t.Helper()
	want := computed(t, e.Apart(), c)
	for _, threads := range []int{1, 3} {
		before := runtime.GOMAXPROCS(threads)
		got := computed(t, e, c)
		runtime.GOMAXPROCS(before)
		for i, v := range got.Data {
			if math.Float32bits(v) != math.Float32bits(want.Data[i]) && !(v != v && want.Data[i] != want.Data[i]) {
				t.Fatalf("%s, %d threads: output %d is %v, alone %v", name, threads, i, v, want.Data[i])
			}
		}
	}
	if n := repeatedIn(t, e, c); n != repeated {
		t.Errorf("%s: %d filters are not computed, want %d", name, n, repeated)
	}
}

// repeatedIn returns how many filters of c a plan of e does not compute.
func repeatedIn(t *testing.T, e cpu.Engine, c compare.Case) int {
	t.Helper()
	plan, err := e.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	return plan.(conv.Describer).Describe().Repeated
}

// TestRepeatsApart: every filter is computed where filling in repeats could take as long, with groups, and if weights
// or biases differ in a bit or are NaN.
func TestRepeatsApart(t *testing.T) {
	pair := banks[0].filters
	for name, p := range map[string]conv.Problem{
		"few taps": {Src: conv.Shape{1, 2, 9, 9}, Weight: conv.Shape{6, 2, 3, 3}},
		"groups":   {Src: conv.Shape{1, 2, 9, 9}, Weight: conv.Shape{6, 1, 7, 7}, Spec: conv.Spec{Groups: 2}},
		"most rectified": {Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{6, 1, 7, 7},
			Spec: conv.Spec{Activation: conv.ReLU}},
	} {
		c := painted(t, 1, p, normal)
		arrange(&c, pair)
		if n := repeatedIn(t, cpu.Engine{}, c); n != 0 {
			t.Errorf("%s: %d filters are not computed", name, n)
		}
	}
	large := conv.Problem{Src: conv.Shape{1, 1000, 10, 10}, Weight: conv.Shape{6, 1000, 10, 10}}
	for i, want := range []int{1, 0} { // only the second must copy its weights, which are large
		c := painted(t, 1, large, normal)
		arrange(&c, banks[i].filters)
		if n := cpu.Repeated(large, c.Weight.Data); n != want {
			t.Errorf("large bank %d: %d filters are not computed, want %d", i, n, want)
		}
	}
	p := conv.Problem{Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{6, 1, 7, 7}, Bias: true}
	for name, change := range map[string]func(c *compare.Case){
		"weight": func(c *compare.Case) { c.Weight.Data[97] = math.Nextafter32(c.Weight.Data[97], 9) },
		"bias":   func(c *compare.Case) { c.Bias[1] = c.Bias[0] },
		"−0":     func(c *compare.Case) { c.Bias[0], c.Bias[1] = 0, float32(math.Copysign(0, -1)) },
		"−0, too": func(c *compare.Case) {
			copy(c.Weight.Data[49:98], c.Weight.Data[:49])
			c.Bias[0], c.Bias[1] = float32(math.Copysign(0, -1)), float32(math.Copysign(0, -1))
		},
		"NaN": func(c *compare.Case) {
			c.Weight.Data[3], c.Weight.Data[49+3] = float32(math.NaN()), float32(math.NaN())
		},
	} {
		c := painted(t, 1, p, normal)
		arrange(&c, pair)
		if n := repeatedIn(t, cpu.Engine{}, c); n != 1 {
			t.Errorf("%d filters are not computed, want 1", n)
		}
		change(&c)
		if n := repeatedIn(t, cpu.Engine{}, c); n != 0 {
			t.Errorf("%s: %d filters are not computed", name, n)
		}
	}
}

// TestRepeatsLook: looking for repeats among filters that are 0 but for one weight, or of 1 and −1, takes at most 20
// times the CPU time that normally distributed weights take. It took over 100 times as long when filters were told
// apart by a few weights.
func TestRepeatsLook(t *testing.T) {
	const n = 2048
	p := conv.Problem{Src: conv.Shape{1, n, 1, 1}, Weight: conv.Shape{n, n, 1, 1}}
	c := painted(t, 1, p, normal)
	look := func() float64 {
		return processorTime(func() {
			if found := cpu.Repeated(p, c.Weight.Data); found != 0 {
				t.Errorf("%d filters are not computed", found)
			}
		})
	}
	usual := look()
	for i, w := range c.Weight.Data {
		c.Weight.Data[i] = float32(math.Copysign(1, float64(w)))
	}
	signs := look()
	clear(c.Weight.Data)
	for i := range n {
		c.Weight.Data[i*n+i] = 1
	}
	if one := look(); max(signs, one) > 20*max(usual, 0.005) {
		t.Errorf("%.4f s for weights of ±1, %.4f s for one weight, %.4f s usually", signs, one, usual)
	}
}

// TestRepeatsPay: centre-surround pairs take at most 0.8 of the time that they take if all filters are computed. They
// took 0.63 (Zen 1).
func TestRepeatsPay(t *testing.T) {
	if testing.Short() {
		t.Skip("it times, which the race detector disturbs")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := layer(t, "16,1,48,64,6,7,3,1,1")
	c := painted(t, 1, p, normal)
	arrange(&c, banks[1].filters)
	plans := []conv.Plan{}
	for _, e := range []cpu.Engine{{}, cpu.Engine{}.Apart()} {
		plan, err := e.Plan(p, c.Weight, c.Bias)
		if err != nil {
			t.Fatal(err)
		}
		defer plan.Close()
		plans = append(plans, plan)
	}
	holdPlans(t, "pairs", plans[0], plans[1], intoNaN(t, plans[1], p, c.Src), c.Src, 1/0.8)
}
