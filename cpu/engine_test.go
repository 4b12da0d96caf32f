package cpu_test

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/cpu/internal/guarded"
)

// TestWidths compares the engine with the reference for every width from 1 to 70, on tensors between guard pages: with
// numbers of filters that do and do not fill a panel, strides and depthwise groups.
func TestWidths(t *testing.T) {
	for _, isa := range tested() {
		for w := 1; w <= 70; w++ {
			if testing.Short() && w%11 > 1 {
				continue
			}
			for i, weight := range []conv.Shape{{6, 1, 3, 3}, {7, 2, 1, 1}, {3, 1, 5, 2}, {4, 2, 3, 3}} {
				p := conv.Problem{Src: conv.Shape{2, weight[1], 5, w}, Weight: weight, Bias: true,
					Spec: conv.Spec{Padding: conv.Pad(weight[2]/2, weight[3]/2), Stride: [2]int{1, 1 + i%2}}}
				if i == 2 {
					p.Groups, p.Src[1] = 3, 3
				}
				t.Run(fmt.Sprintf("%v/%v/%v", isa, p.Src, weight),
					func(t *testing.T) { checkGuarded(t, cpu.Engine{ISA: isa}.Eager(), p, w%2 == 0) })
			}
		}
	}
}

// TestWinogradStaysInside runs winograd on tensors between guard pages. TestWinograd judges what it computes.
func TestWinogradStaysInside(t *testing.T) {
	for _, isa := range tested() {
		for w := 4; w <= 40; w += 3 {
			if testing.Short() && w%2 == 0 {
				continue
			}
			p := conv.Problem{Src: conv.Shape{2, 32, w/2 + 3, w}, Weight: conv.Shape{33, 32, 3, 3}, Bias: true,
				Spec: conv.Spec{Padding: conv.Pad(1, 1)}}
			runGuarded(t, cpu.Engine{ISA: isa, Algorithm: "winograd"}.Eager(), p, w%2 == 0)
		}
	}
}

// TestPixels compares the engine with the reference for 1×1 kernels. For some of these sizes reshape gives the rows
// another width.
func TestPixels(t *testing.T) {
	for _, isa := range tested() {
		for _, size := range [][2]int{{1, 32}, {8, 8}, {7, 16}, {5, 32}, {96, 1}, {56, 56}, {14, 14}} {
			for _, activation := range []conv.Activation{conv.Identity, conv.ReLU, conv.Energy} {
				p := conv.Problem{Src: conv.Shape{2, 9, size[0], size[1]}, Weight: conv.Shape{10, 9, 1, 1}, Bias: true,
					Spec: conv.Spec{Activation: activation}}
				t.Run(fmt.Sprintf("%v/%v/%v", isa, p.Src, activation),
					func(t *testing.T) { checkGuarded(t, cpu.Engine{ISA: isa}.Eager(), p, true) })
			}
		}
	}
}

// runGuarded runs p on tensors between guard pages. The test fails if that changes an input.
func runGuarded(t *testing.T, e cpu.Engine, p conv.Problem, atEnd bool) (got *conv.Tensor, c compare.Case) {
	t.Helper()
	shape, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	drawn := randomly(t, 4, p.Src, p.Weight, conv.Shape{1, 1, 1, p.Weight[0]})
	c = compare.Case{Problem: p, Bias: drawn[2].Data}
	var inside [3]*conv.Tensor
	for i, s := range []conv.Shape{p.Src, p.Weight, shape} {
		inside[i] = &conv.Tensor{Shape: s, Data: guarded.Copy(t, make([]float32, s[0]*s[1]*s[2]*s[3]), atEnd)}
		if i < 2 {
			copy(inside[i].Data, drawn[i].Data)
		}
	}
	c.Src, c.Weight = drawn[0], drawn[1]
	for i := range inside[2].Data {
		inside[2].Data[i] = -1e30
	}
	plan, err := e.Plan(p, inside[1], c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	if err := plan.Run(inside[2], inside[0]); err != nil {
		t.Fatal(err)
	}
	for i, tensor := range inside[:2] {
		if !reflect.DeepEqual(tensor.Data, drawn[i].Data) {
			t.Fatalf("input %d was changed", i)
		}
	}
	return inside[2], c
}

// checkGuarded calls runGuarded and compares the outputs with the reference's.
func checkGuarded(t *testing.T, e cpu.Engine, p conv.Problem, atEnd bool) {
	t.Helper()
	got, c := runGuarded(t, e, p, atEnd)
	answer, err := compare.NewAnswer(cpu.Reference{}, c)
	if err != nil {
		t.Fatal(err)
	}
	result, err := answer.Compare(got, conv.Description{})
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK() {
		t.Fatal(result)
	}
}

// TestAwake: a run with little work wakes few workers, and computes the same bits as with all workers.
func TestAwake(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct {
		problem string
		images  int
		want    int
		brisk   int // if helpers begin at once
	}{
		{"64,1,48,64,6,7,3,1,1", 0, 1, 1}, {"64,1,48,64,6,7,3,1,1", 1, 1, 2}, {"64,1,48,64,6,7,3,1,1", 4, 1, 4}, {"64,1,48,64,6,7,3,1,1", 8, 2, 4},
		{"64,1,48,64,6,7,3,1,1", 12, 3, 4}, {"64,1,48,64,6,7,3,1,1", 64, 4, 4}, {"1,64,56,56,64,3,1,1,1", 1, 4, 4},
		{"1,1,12,12,6,7,3,1,1", 1, 1, 1}, {"8,64,56,56,64,3,1,1,64", 8, 4, 4}, // little to multiply (14 million), but much memory (3.2 million numbers)
	} {
		p := layer(t, c.problem)
		plan, few, src := planned(t, cpu.Engine{}, p)
		if got := cpu.Awake(plan, c.images, false); got != c.want {
			t.Errorf("%s, %d images: %d workers, want %d", c.problem, c.images, got, c.want)
		}
		if got := cpu.Awake(plan, c.images, true); got != c.brisk {
			t.Errorf("%s, %d images, brisk: %d workers, want %d", c.problem, c.images, got, c.brisk)
		}
		eager, all, _ := planned(t, cpu.Engine{}.Eager(), p)
		if got := cpu.Awake(eager, c.images, false); got != 4 {
			t.Errorf("%s, %d images, eager: %d workers, want 4", c.problem, c.images, got)
		}
		for plan, dst := range map[conv.Plan]*conv.Tensor{plan: few, eager: all} {
			if err := plan.Run(dst.Images(0, c.images), src.Images(0, c.images)); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(few.Data, all.Data) {
			t.Errorf("%s, %d images: other bits than with all workers", c.problem, c.images)
		}
	}
}

// TestExplains: Explain says what Plan does.
func TestExplains(t *testing.T) {
	for _, text := range layers {
		p := layer(t, text)
		p.Src[0] = 1
		for _, isa := range tested() {
			e := cpu.Engine{ISA: isa}
			explained, err := e.Explain(p)
			if err != nil {
				t.Fatal(err)
			}
			plan, _, _ := planned(t, e, p)
			if described := plan.(conv.Describer).Describe(); !reflect.DeepEqual(explained, described) {
				t.Errorf("%s: Explain says %+v, Describe %+v", text, explained, described)
			}
		}
	}
}

// TestRefuses: a forced algorithm is taken or refused.
func TestRefuses(t *testing.T) {
	p := layer(t, "1,1,8,8,6,7,3,1,1")
	for algorithm, want := range map[string]string{
		"winograd": "cpu: winograd: it computes kernels of 3x3 and 5x5, not of 7x7: not supported by this backend",
		"fast":     `cpu: algorithm "fast": want one of [winograd dft depthwise direct]`,
	} {
		if _, err := (cpu.Engine{Algorithm: algorithm}).Explain(p); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := (cpu.Engine{ISA: 99}).Explain(p); err == nil {
		t.Error("instruction set 99 was taken")
	}
}

// settled returns how many goroutines there are when those of closed plans have ended.
func settled() int {
	n := runtime.NumGoroutine()
	for still := 0; still < 20; still++ {
		time.Sleep(time.Millisecond)
		if now := runtime.NumGoroutine(); now != n {
			n, still = now, 0
		}
	}
	return n
}

// TestGoroutinesEnd: a plan's goroutines end when it is closed, and when it is dropped.
func TestGoroutinesEnd(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	before := settled()
	p := layer(t, "1,1,8,8,6,7,3,1,1")
	weight := randomly(t, 5, p.Weight)[0]
	open := func() conv.Plan {
		plan, err := cpu.Engine{}.Plan(p, weight, make([]float32, 6))
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	plan := open()
	open() // and drop it
	if n := runtime.NumGoroutine(); n != before+6 {
		t.Fatalf("%d goroutines after %d, want 6 more", n, before)
	}
	if err := plan.Close(); err != nil {
		t.Fatal(err)
	}
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 5*time.Second {
			t.Fatalf("%d goroutines are left, want %d", runtime.NumGoroutine(), before)
		}
		runtime.GC()
		time.Sleep(wait)
	}
}
