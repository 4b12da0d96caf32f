//go:build cgo && !nogl

package gpu

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
	"gpuconv/shaders"
)

// TestStrictGLSL: glslang accepts every stage of every algorithm on each class of devices. It accepts only what GLSL
// 4.30 has. Mesa accepts more, and other drivers may not.
func TestStrictGLSL(t *testing.T) {
	unraced(t)
	t.Parallel()
	d := openTest(t, Options{Device: Software()})
	keys := map[string]recipe.Key{} // by their sources
	for _, name := range ClassNames() {
		class, err := recipe.ParseClass(name)
		if err != nil {
			t.Fatal(err)
		}
		profile := d.profile.As(class)
		for _, p := range strictProblems() {
			for _, algorithm := range recipe.AlgorithmNames() {
				b, err := recipe.Draw(p, profile, algorithm)
				if errors.Is(err, conv.ErrUnsupported) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				for i, s := range b.Stages() {
					keys[b.Description.Sources[i]] = s.Program
				}
				if b.NoGratings == nil {
					source, err := b.Gratings.Program.Source(nil)
					if err != nil {
						t.Fatal(err)
					}
					keys[source] = b.Gratings.Program
				}
				if err := addMeasuring(keys, b); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for roof := range copyCommand {
		key := recipe.Key{Shader: "roof", Constants: roofConstants{roof, roofLocalSize}}
		source, err := key.Source(nil)
		if err != nil {
			t.Fatal(err)
		}
		keys[source] = key
	}
	refused := strict(t, keys)
	for _, line := range refused {
		t.Error(line)
	}
	t.Logf("%d stages", len(keys))
	if len(keys) < 60 {
		t.Errorf("only %d stages", len(keys))
	}
}

// kindsOfMeasures are a measure of each kind.
func kindsOfMeasures() (all []conv.Measure) {
	for kind := conv.Mean; kind <= conv.MeanSquare; kind++ {
		all = append(all, conv.Measure{Kind: kind, Bottom: 1, Right: 1})
	}
	return all
}

// addMeasuring adds the programs that measure maps, if the device does.
func addMeasuring(keys map[string]recipe.Key, b recipe.Blueprint) error {
	m, err := recipe.DrawMeasuring(b, kindsOfMeasures())
	if errors.Is(err, conv.ErrUnsupported) {
		return nil
	}
	for _, key := range m.Programs() {
		source, sourceErr := key.Source(nil)
		if err = cmp.Or(err, sourceErr); err == nil {
			keys[source] = key
		}
	}
	return err
}

// strictProblems are problems that together use every shader, and its code for energy, pools and padding.
func strictProblems() (all []conv.Problem) {
	for _, p := range problems.Staged() {
		all = append(all, p.Problem)
	}
	for algorithm, p := range problems.Tiled() {
		all = append(all, p, problems.TiledPairs(algorithm))
	}
	for _, mode := range conv.PaddingModes()[1:] {
		p := problems.Seed(1)
		p.PaddingMode = mode
		all = append(all, p)
	}
	return all
}

// strict returns what glslang says about the sources that it refuses, with their files and lines. Without glslang, the
// test is skipped, or fails if GPUCONV_REQUIRE_GPU=1 says that everything is there that the tests need.
func strict(t *testing.T, keys map[string]recipe.Key) (refused []string) {
	t.Helper()
	glslang, err := exec.LookPath("glslangValidator")
	if err != nil {
		if os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	named := map[string]recipe.Key{}
	for i, source := range slices.Sorted(maps.Keys(keys)) {
		path := filepath.Join(dir, fmt.Sprintf("%s_%d.comp", keys[source].Shader, i))
		named[path] = keys[source]
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(glslang, slices.Sorted(maps.Keys(named))...).CombinedOutput()
	path := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case named[line].Shader != "":
			path = line
		case strings.HasPrefix(line, "ERROR: ") && !strings.Contains(line, "compilation errors"),
			strings.HasPrefix(line, "WARNING: "):
			refused = append(refused, fmt.Sprintf("glslang, %s: %s", named[path].Shader, named[path].Locate(line)))
		}
	}
	if err != nil && len(refused) == 0 {
		t.Fatalf("%v: %s", err, out)
	}
	return refused
}

// TestOnlyMesaForgives: a semicolon after a function is found, with its file and line. GLSL 4.30 forbids it, and Mesa
// accepts it.
func TestOnlyMesaForgives(t *testing.T) {
	unraced(t)
	d := openTest(t, Options{Device: Software(), Algorithm: "direct"})
	intact, err := shaders.Part("pixel.glsl")
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(intact, "\n}\n")
	d.meddle(func(s *seam) {
		s.edit = func(file, text string) string {
			if file == "pixel.glsl" {
				text = strings.Replace(text, "\n}\n", "\n};\n", 1)
			}
			return text
		}
	})
	p := problems.Seed(1)
	judge(t, d, p)
	b, err := recipe.Draw(p, d.profile, "direct")
	if err != nil {
		t.Fatal(err)
	}
	key := b.Recipe.Stages[0].Program
	source, err := key.Source(d.seam.edit)
	if err != nil {
		t.Fatal(err)
	}
	where := fmt.Sprintf("ERROR: pixel.glsl:%d: ", strings.Count(before, "\n")+2)
	if refused := strict(t, map[string]recipe.Key{source: key}); len(refused) == 0 ||
		!strings.Contains(refused[0], where) {
		t.Errorf("%q: want %q", refused, where)
	}
}
