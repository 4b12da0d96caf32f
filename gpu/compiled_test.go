//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
)

// TestRunsCompileNothing: what llvmpipe compiles it compiles in Plan, and the plan says how long it took. No cache has
// the programs: they have a number of their own. They take 0.3 s and more, the run some milliseconds.
func TestRunsCompileNothing(t *testing.T) {
	d := openTest(t, Options{Algorithm: "direct_soft", Device: Software()})
	unique := fmt.Sprintf("void main() {\n\tif (blocks == %d) { return; }", 1<<30+rand.N(1<<29))
	d.meddle(func(s *seam) {
		s.edit = func(_, text string) string { return strings.Replace(text, "void main() {", unique, 1) }
	})
	for _, c := range []struct {
		name string
		p    conv.Problem
	}{
		{"vectors", conv.Problem{Src: conv.Shape{3, 4, 20, 16}, Weight: conv.Shape{4, 4, 3, 3}}},
		{"floats", conv.Problem{Src: conv.Shape{1, 4, 9, 11}, Weight: conv.Shape{4, 4, 3, 3},
			Spec: conv.Spec{Dilation: [2]int{1, 2}}}},
	} {
		filled, err := compare.Random(c.name, c.p)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		made, err := d.Plan(c.p, filled.Weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		planning, compiled := time.Since(start), made.(conv.Compiler).Compiled()
		shape, _ := c.p.Dst()
		dst, _ := conv.NewTensor(shape)
		var took [2]time.Duration
		for i := range took {
			start := time.Now()
			if err := made.Run(dst, filled.Src); err != nil {
				t.Fatal(err)
			}
			took[i] = time.Since(start)
		}
		if compiled.Took < planning/2 || compiled.Took > planning {
			t.Errorf("%s: %v of %v, with no cache: want most of it", c.name, compiled.Took, planning)
		}
		if took[0] > compiled.Took/3 && took[0] > 10*took[1] {
			t.Errorf("%s: %v to compile, then %v for the first run and %v for the second", c.name, compiled.Took, took[0], took[1])
		}
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	}
}
