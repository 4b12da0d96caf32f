package cpu_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// depthwiseProblems have kernels of every height that depthwise computes, and padding of every kind. Their rows take
// one register, several, and several strips, some to the last column and some not. Tasks have one plane or several.
func depthwiseProblems() (all []conv.Problem) {
	add := func(h, w, filters, rows, columns int, spec conv.Spec) {
		spec.Groups = 3
		all = append(all, conv.Problem{Src: conv.Shape{2, 3, h, w}, Weight: conv.Shape{3 * filters, 1, rows, columns},
			Bias: true, Spec: spec})
	}
	for _, padding := range []conv.Padding{conv.Pad(1, 1), {}, {Top: 5, Bottom: 4, Left: 1}} {
		spec := conv.Spec{Padding: padding, Groups: 24} // several planes in a task
		for _, h := range []int{3, 8, 9} {
			all = append(all, conv.Problem{Src: conv.Shape{2, 24, h, 21}, Weight: conv.Shape{24, 1, 3, 3},
				Bias: true, Spec: spec})
		}
	}
	for _, size := range []int{3, 5, 7} {
		for _, w := range []int{7, 8, 9, 14, 16, 17, 28, 31, 32, 33, 47, 49, 56, 57, 64, 65, 100, 129} {
			add(6, w, 1, size, size, conv.Spec{Padding: conv.Pad(size/2, size/2)})
		}
		add(9, 20, 1, size, size, conv.Spec{})
		add(9, 20, 2, size, 1, conv.Spec{Activation: conv.ReLU, Padding: conv.Padding{Top: 4, Left: 5, Right: 2}})
		add(12, 50, 1, size, 4, conv.Spec{Dilation: [2]int{1, 3}, Padding: conv.Padding{Bottom: 9, Left: 5, Right: 7}})
		add(9, 19, 2, size, 3, conv.Spec{Activation: conv.Energy, Padding: conv.Pad(2, 1),
			Pool: conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}})
		for _, mode := range conv.PaddingModes()[1:] {
			add(9, 21, 1, size, 5, conv.Spec{PaddingMode: mode,
				Padding: conv.Padding{Top: 2, Bottom: 1, Left: 3, Right: 2}})
		}
	}
	return all
}

func eachDepthwise(t *testing.T, f func(t *testing.T, e cpu.Engine, p conv.Problem)) {
	for _, isa := range tested() {
		if isa == cpu.Generic {
			continue // there is no depthwise in plain Go
		}
		for i, p := range depthwiseProblems() {
			if testing.Short() && i%4 != 0 {
				continue
			}
			if isa == cpu.AVX2 && p.Weight[2] > 5 {
				continue // there is no depthwise for 7 rows with AVX2
			}
			t.Run(fmt.Sprintf("%v/%v/%v/%+v", isa, p.Src, p.Weight, p.Spec), func(t *testing.T) {
				if i%5 == 4 {
					p.Stride = [2]int{2, 2}
				}
				f(t, cpu.Engine{ISA: isa, Algorithm: "depthwise"}.Eager(), p)
			})
		}
	}
}

// TestDepthwise compares depthwise with the reference, on tensors between guard pages.
func TestDepthwise(t *testing.T) {
	atEnd := false
	eachDepthwise(t, func(t *testing.T, e cpu.Engine, p conv.Problem) {
		atEnd = !atEnd
		checkGuarded(t, e, p, atEnd)
	})
}

// TestDepthwisePadded: every output is written and right, however wide the padding at the right is.
func TestDepthwisePadded(t *testing.T) {
	for _, isa := range tested() {
		if isa == cpu.Generic {
			continue // it has no slides
		}
		for right := range 34 {
			for _, columns := range []int{31, 32, 47, 63, 64} { // of the outputs
				p := conv.Problem{Src: conv.Shape{1, 1, 4, columns + 1 - right}, Weight: conv.Shape{1, 1, 3, 3},
					Bias: true, Spec: conv.Spec{Padding: conv.Padding{Top: 1, Bottom: 1, Left: 1, Right: right}}}
				e := cpu.Engine{ISA: isa, Algorithm: "depthwise"}.Eager()
				if _, err := e.Explain(p); err != nil {
					continue // no strips for such rows
				}
				checkGuarded(t, e, p, right%2 == 0)
			}
		}
	}
}

// TestDepthwiseBits: depthwise has the bits of direct, with infinite weights and pixels among others, on any number of
// threads, which cut images into other bands.
func TestDepthwiseBits(t *testing.T) {
	eachDepthwise(t, func(t *testing.T, e cpu.Engine, p conv.Problem) {
		for _, infinite := range []bool{false, true} {
			c := painted(t, 25, p, normal)
			if infinite {
				c.Weight.Data[1], c.Src.Data[p.Src.W()+1] = float32(math.Inf(1)), float32(math.Inf(-1))
			}
			want := computed(t, cpu.Engine{ISA: e.ISA, Algorithm: "direct"}, c)
			for _, threads := range []int{1, 3} {
				before := runtime.GOMAXPROCS(threads)
				got := computed(t, e, c)
				runtime.GOMAXPROCS(before)
				for i, v := range got.Data {
					if !sameBits(v, want.Data[i]) {
						t.Fatalf("%d threads, infinite weights %v: output %d is %v, direct has %v", threads, infinite,
							i, v, want.Data[i])
					}
				}
			}
		}
	})
}

// TestDepthwiseChoice: depthwise is chosen where it computes a problem, and says why not where it does not.
func TestDepthwiseChoice(t *testing.T) {
	for text, want := range map[string]string{
		"8,128,56,56,128,3,1,1,128": "", "8,8,9,9,8,3,3,1,8": "", "2,8,9,9,8,5,0,1,8": "",
		"2,8,9,9,8,4,0,1,8": "cpu: depthwise: it has no instructions of avx2 for kernels of 4 rows: not supported by this backend",
		"2,8,9,9,8,7,0,1,8": "cpu: depthwise: it has no instructions of avx2 for kernels of 7 rows: not supported by this backend",
		"2,8,9,9,8,3,0,1,4": "cpu: depthwise: it computes 1 channel per group, not 2: not supported by this backend",
		"2,8,9,9,8,3,0,2,8": "", "2,8,9,9,8,3,0,3,8": "cpu: depthwise: it computes strides of 1 and 2, not of [3 3]: not supported by this backend",
		"2,8,9,9,24,3,1,1,8": "", "2,8,9,9,16,3,1,1,8": "",
	} {
		if cpu.AvailableISAs()[0] == cpu.Generic {
			t.Skip("this processor has no vector instructions that the engine knows")
		}
		_, err := cpu.Engine{ISA: cpu.AVX2, Algorithm: "depthwise"}.Explain(layer(t, text))
		if (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		d, err := cpu.Engine{ISA: cpu.AVX2}.Explain(layer(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if chosen := d.Algorithm == "depthwise"; chosen != (want == "" && text != "2,8,9,9,24,3,1,1,8") {
			t.Errorf("%s: %s is chosen", text, d.Algorithm)
		}
	}
}
