//go:build cgo && !nogl

package gpu

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// TestCompileError: a shader that does not compile is an error of one line, and the device works afterwards.
func TestCompileError(t *testing.T) {
	d := openTest(t, Options{})
	err := d.thread.do(func() error {
		_, err := d.program(recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 0}})
		return err
	})
	if err == nil || strings.Contains(err.Error(), "\n") ||
		!strings.HasPrefix(err.Error(), "gpu: shader roof does not ") {
		t.Errorf("%v", err)
	}
	judge(t, d, problems.Seed(1))
}

func TestProgramsAreCached(t *testing.T) {
	d := openTest(t, Options{Algorithm: "direct"})
	for _, n := range []int{1, 2, 3} {
		judge(t, d, problems.Seed(n))
	}
	if len(d.programs) != 1 {
		t.Errorf("%d programs for three batches, want 1", len(d.programs))
	}
}

// TestProgramsAreBounded: of the programs that no plan uses, those that were used least recently are deleted. A program
// that a plan uses stays.
func TestProgramsAreBounded(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{})
	_, before := objects(d)
	err := d.thread.do(func() error {
		for i := range mostPrograms + 6 {
			p, err := d.program(recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 8 + i}})
			if err != nil {
				return err
			}
			if i != 2 {
				d.giveBack(p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, false, true, false, false, false, true} {
		if _, kept := d.programs[recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 8 + i}}]; kept != want {
			t.Errorf("program %d of %d is kept: %v, want %v", i, mostPrograms+6, kept, want)
		}
	}
	if _, after := objects(d); after != before+2*(mostPrograms+1) { // each with the shader that is attached to it
		t.Errorf("%d programs and shaders are left, want %d", after-before, 2*(mostPrograms+1))
	}
}

// TestCheck: every stage of a problem is compiled and stays in the cache, and a mistake in any of them is reported.
func TestCheck(t *testing.T) {
	d := openTest(t, Options{Algorithm: "winograd"})
	p := problems.Tiled()["winograd"]
	if err := d.Check(p); err != nil {
		t.Fatal(err)
	}
	if n := len(d.programs); n < 3 {
		t.Errorf("%d programs, want that of each stage", n)
	}
	d = openTest(t, Options{Algorithm: "winograd"})
	d.meddle(func(s *seam) {
		s.edit = func(file, text string) string {
			return strings.Replace(text, "void main() {", "void main() { undeclared = 1;", 1)
		}
	})
	var mistake *conv.SourceError
	if err := d.Check(p); !errors.As(err, &mistake) || !strings.Contains(mistake.Log, "undeclared") {
		t.Errorf("%v", err)
	}
}
