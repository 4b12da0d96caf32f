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

// TestRunsCompileNothing: llvmpipe compiles everything in Plan, and the plan says how long that took. No cache has the
// programs, because the test gives each a number of its own. Compiling takes 0.3 s or more, and the run some
// milliseconds. A busy machine may stop any of them for long, but not in each of three tries.
func TestRunsCompileNothing(t *testing.T) {
	d := openTest(t, Options{Algorithm: "direct_soft", Device: Software()})
	d.meddle(func(s *seam) {
		s.edit = func(_, text string) string {
			unique := fmt.Sprintf("void main() {\n\tif (blocks == %d) { return; }", 1<<30+rand.N(1<<29))
			return strings.Replace(text, "void main() {", unique, 1)
		}
	})
	for name, p := range map[string]conv.Problem{
		"vectors": {Src: conv.Shape{3, 4, 20, 16}, Weight: conv.Shape{4, 4, 3, 3}},
		"floats":  {Src: conv.Shape{1, 4, 9, 11}, Weight: conv.Shape{4, 4, 3, 3}, Spec: conv.Spec{Dilation: [2]int{1, 2}}},
	} {
		wrong := ""
		for range 3 {
			if wrong = compilesInRuns(t, d, p); wrong == "" {
				break
			}
		}
		if wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// TestSteady: with Options.Steady a choice does not ask what a cache has.
func TestSteady(t *testing.T) {
	for _, steady := range []bool{false, true} {
		d := &Device{options: Options{Steady: steady}}
		if profile := d.Expecting(3).(asking).profile; profile.Images != 3 || (profile.Compiled == nil) != steady {
			t.Errorf("Steady %v: %d images, asks: %v", steady, profile.Images, profile.Compiled != nil)
		}
	}
}

// compilesInRuns plans and runs a problem. It returns what looks as if something was compiled outside the plan.
func compilesInRuns(t *testing.T, d *Device, p conv.Problem) (wrong string) {
	t.Helper()
	filled, err := compare.Random("compiled", p)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	made, err := d.Plan(p, filled.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	planning, compiled := time.Since(start), made.(conv.Compiler).Compiled()
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	var took [2]time.Duration
	for i := range took {
		start := time.Now()
		if err := made.Run(dst, filled.Src); err != nil {
			t.Fatal(err)
		}
		took[i] = time.Since(start)
	}
	switch {
	case compiled.Took < planning/2 || compiled.Took > planning:
		return fmt.Sprintf("%v of %v, with no cache: want most of it", compiled.Took, planning)
	case took[0] > compiled.Took/3 && took[0] > 10*took[1]:
		return fmt.Sprintf("%v to compile, then %v for the first run and %v for the second", compiled.Took, took[0],
			took[1])
	}
	return ""
}
