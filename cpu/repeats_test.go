package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	}
}

// TestRepeatsKeepBits: a bank with copies and negatives has the bits that it has if all filters are computed, with each
// algorithm, on any number of threads. Some images have zeros, sums that are exactly 0, infinities and NaN.
func TestRepeatsKeepBits(t *testing.T) {
	nothing := func(*rand.Rand, int, int, int, int, int) float64 { return 0 }
	paints := []paint{on(onePixel, always(1), nothing), normal, rectified,
		on(onePixel, always(math.Inf(-1)), normal), on(onePixel, always(math.NaN()), normal)}
	for _, isa := range tested() {
		for name, p := range repeatedProblems() {
			for i, bank := range banks {
				if p.Weight[0] = len(bank.filters); p.Weight[0]%2 > 0 && p.Activation == conv.Energy {
					continue
				}
				for _, algorithm := range cpu.AlgorithmNames() {
					e := cpu.Engine{ISA: isa, Algorithm: algorithm}.Eager()
					if _, err := e.Explain(p); err != nil {
						continue
					}
					c, repeated := painted(t, uint64(i), p, paints[i%len(paints)]), bank.repeated
					arrange(&c, bank.filters)
					if algorithm == "dft" {
						repeated = 0
					}
					checkRepeats(t, fmt.Sprintf("%v, %s, %v, %s", isa, name, bank.filters, algorithm), e, c, repeated)
				}
			}
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
		"few taps":       {Src: conv.Shape{1, 2, 9, 9}, Weight: conv.Shape{6, 2, 3, 3}},
		"most rectified": {Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{6, 1, 7, 7}, Spec: conv.Spec{Activation: conv.ReLU}},
		"groups":         {Src: conv.Shape{1, 2, 9, 9}, Weight: conv.Shape{6, 1, 7, 7}, Spec: conv.Spec{Groups: 2}},
	} {
		c := painted(t, 1, p, normal)
		arrange(&c, pair)
		if n := repeatedIn(t, cpu.Engine{}, c); n != 0 {
			t.Errorf("%s: %d filters are not computed", name, n)
		}
	}
	p := conv.Problem{Src: conv.Shape{1, 1, 9, 9}, Weight: conv.Shape{6, 1, 7, 7}, Bias: true}
	for name, change := range map[string]func(c *compare.Case){
		"weight": func(c *compare.Case) { c.Weight.Data[97] = math.Nextafter32(c.Weight.Data[97], 9) },
		"bias":   func(c *compare.Case) { c.Bias[1] = c.Bias[0] },
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
