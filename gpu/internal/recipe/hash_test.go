package recipe

import (
	"slices"
	"testing"

	"gpuconv/conv"
)

// TestWork: blueprints that are drawn alike have the same hash, and every change of what the device does changes it.
func TestWork(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{5, 4, 12, 13}, Weight: conv.Shape{8, 4, 3, 3}, Bias: true}
	draw := func(class Class, algorithm string) Blueprint {
		b, err := Draw(p, NewProfile(Software, driverLimits["zink on NVK"].limits, true, true).As(class), algorithm)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := draw(Intel, "direct_shared")
	if again := draw(Intel, "direct_shared"); again.Work() != first.Work() {
		t.Error("drawn twice: other work")
	}
	if other := draw(Other, "direct_shared"); other.Work() != first.Work() {
		t.Error("direct_shared of other: not the work of intel, which has the same tiles here")
	}
	met := map[string]string{first.Work(): "nothing"}
	for name, change := range map[string]func(b *Blueprint){
		"another class":     func(b *Blueprint) { *b = draw(NVIDIA, "direct_shared") },
		"another algorithm": func(b *Blueprint) { *b = draw(Intel, "igemm") },
		"the batch":         func(b *Blueprint) { b.Problem.Src[0]++ },
		"a program":         func(b *Blueprint) { b.Description.Sources[0] += " " },
		"the chunk":         func(b *Blueprint) { b.Description.Chunk = 2 },
		"the tolerance":     func(b *Blueprint) { b.Description.Tolerance = 1e-6 },
		"transfers":         func(b *Blueprint) { b.Transfers.Flights++ },
		"bands":             func(b *Blueprint) { b.Bands = newBands(p, 2) },
		"a scratch buffer":  func(b *Blueprint) { b.Recipe.Scratch = []Scratch{{"sums", 4}} },
		"what is read":      func(b *Blueprint) { b.Recipe.Stages[0].Reads = scratchPlace(0) },
		"what is written":   func(b *Blueprint) { b.Recipe.Stages[0].Writes = scratchPlace(0) },
		"a uniform": func(b *Blueprint) {
			passes := b.Recipe.Stages[0].Passes
			b.Recipe.Stages[0].Passes = func(n int) []Pass {
				all := passes(n)
				all[0].Uniforms = slices.Clone(all[0].Uniforms)
				all[0].Uniforms[0].Value++
				return all
			}
		},
		"work-groups": func(b *Blueprint) {
			passes := b.Recipe.Stages[0].Passes
			b.Recipe.Stages[0].Passes = func(n int) []Pass {
				all := passes(n)
				all[len(all)-1].Groups[1]++
				return all
			}
		},
		"how weights lie": func(b *Blueprint) {
			pack := b.Recipe.Pack
			b.Recipe.Pack = func(weight, bias []float32) ([]float32, []float32) {
				weight, bias = pack(weight, bias)
				slices.Reverse(weight)
				return weight, bias
			}
		},
		"how biases lie": func(b *Blueprint) {
			pack := b.Recipe.Pack
			b.Recipe.Pack = func(weight, bias []float32) ([]float32, []float32) {
				slices.Reverse(bias)
				return pack(weight, bias)
			}
		},
	} {
		b := draw(Intel, "direct_shared")
		b.Recipe.Stages = slices.Clone(b.Recipe.Stages)
		change(&b)
		if as, ok := met[b.Work()]; ok {
			t.Errorf("%s: the same work as with %s changed", name, as)
		}
		met[b.Work()] = name
	}
}
