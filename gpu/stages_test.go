//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// TestStages compiles, links and dispatches every stage of every algorithm, and all other programs, for make shim and
// make isa. It runs on drivers of hardware that is not here, which compute nothing, and
// judges no result. It writes a line to stderr before and after each stage, so that package isa can tell what a driver
// prints of each program. At the end it compiles the stageMutants, which make isa must find over their budgets.
//
// GPUCONV_STAGES names the hardware, GPUCONV_JUNIT the file of the report. GPUCONV_PROBLEMS lists names of
// problems.Staged, with commas between them, if not all are wanted.
func TestStages(t *testing.T) {
	unraced(t)
	hardware := os.Getenv("GPUCONV_STAGES")
	if hardware == "" {
		t.Skip("make shim runs it, on drivers of GPUs that are not here")
	}
	d, err := Open(Options{Device: Hardware()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fmt.Fprintf(os.Stderr, "== device %s, %s\n", d.info.Renderer, d.info.Version)
	report := junit{Name: hardware + ": " + d.info.Renderer + ", " + d.info.Version}
	start := time.Now()
	err = d.tryAround()
	report.add("seed", "images and numbers", time.Since(start), err)
	if err != nil {
		t.Errorf("%s: images and numbers: %v", hardware, err)
	}
	only := os.Getenv("GPUCONV_PROBLEMS")
	for _, p := range problems.Staged() {
		if only != "" && !slices.Contains(strings.Split(only, ","), p.Name) {
			continue
		}
		for _, algorithm := range recipe.AlgorithmNames() {
			start := time.Now()
			err := d.tryStages(p, algorithm)
			report.add(p.Name, algorithm, time.Since(start), err)
			if err != nil && !errors.Is(err, conv.ErrUnsupported) {
				t.Errorf("%s: %s, %s: %v", hardware, p.Name, algorithm, err)
			}
		}
	}
	for _, m := range stageMutants() {
		if err := d.tryMutant(m); err != nil {
			t.Errorf("%s: %s: %v", hardware, m.name, err)
		}
	}
	if err := report.write(os.Getenv("GPUCONV_JUNIT")); err != nil {
		t.Error(err)
	}
	if report.Tests-report.Skipped < 25 {
		t.Errorf("%d of %d are skipped", report.Skipped, report.Tests)
	}
}

// tryStages compiles and dispatches each stage of p by an algorithm, alone, for what the driver prints. Then it makes a
// plan of one image, since hardware that is not here has little memory, and tries its programs.
func (d *Device) tryStages(p problems.Named, algorithm string) error {
	b, err := recipe.Draw(p.Problem, d.profile, algorithm)
	if err != nil {
		return err
	}
	for _, s := range b.Stages() {
		name := strings.Join([]string{p.Name, algorithm, s.Program.Shader}, "/")
		if err := d.tell(name, b.Description.Tile, s.Program); err != nil {
			return err
		}
	}
	one := p.Problem
	one.Src[0] = 1
	if b, err = recipe.Draw(one, d.profile, algorithm); err != nil {
		return err
	}
	weight, err := conv.NewTensor(p.Weight)
	if err != nil {
		return err
	}
	made, err := d.build(b, weight, make([]float32, p.Weight[0]))
	if err != nil {
		return err
	}
	defer made.Close()
	return tryMeasuring(made.(*plan))
}

// tryMeasuring runs a job of one image that a plan makes and measures itself. If the image has several channels, it
// only tries the programs that measure.
func tryMeasuring(p *plan) error {
	m, err := p.Measuring(kindsOfMeasures())
	if err != nil {
		return fmt.Errorf("measuring: %v", err) // not %w: a plan that cannot measure must not count as skipped
	}
	if p.NoGratings != nil {
		return nil
	}
	if err := p.Paints(); err != nil {
		return err
	}
	maps, err := p.Problem.Dst()
	if err != nil {
		return err
	}
	dst, err := conv.NewTensor(maps)
	if err != nil {
		return err
	}
	numbers := make([]float32, maps.C()*len(kindsOfMeasures()))
	images := conv.Stripes{Shape: p.Problem.Src, Angles: make([]uint32, conv.StripeAngles(p.Problem.Src))}
	_, err = m.RunStripes(numbers, dst, &images, []int{0})
	return err
}

// tryAround compiles and dispatches the programs that run before and after those of algorithms, which make images and
// measure maps, and those that measure a device's roof. They are the same for all problems, except for the size of
// images. Before, it tries a program that is no stage, because zink compiles programs of its own beside the first, and
// prints them.
func (d *Device) tryAround() error {
	first, err := recipe.Draw(problems.Layer(1, 1, 1, 1, 8), d.profile, "direct")
	if err != nil {
		return err
	}
	if err := d.tell("", "", first.Gratings.Program); err != nil {
		return err
	}
	b, err := recipe.Draw(problems.Seed(512), d.profile, "")
	if err != nil {
		return err
	}
	if b.NoGratings != nil {
		return b.NoGratings
	}
	m, err := recipe.DrawMeasuring(b, kindsOfMeasures())
	if err != nil {
		return err
	}
	names := []string{"mean", "largest", "mean square", "single outputs"} // as Measuring.Programs lists them
	if err := d.tell("seed/gratings/gratings", "", b.Gratings.Program); err != nil {
		return err
	}
	for i, key := range m.Programs() {
		if err := d.tell("seed/"+names[i]+"/measure", "", key); err != nil {
			return err
		}
	}
	for i, name := range []string{"multiply-adds", "copy", "copy of texels"} { // as roof.comp numbers them
		key := recipe.Key{Shader: "roof", Constants: roofConstants{i, roofLocalSize}}
		if err := d.tell("seed/"+name+"/roof", "", key); err != nil {
			return err
		}
	}
	return nil
}

// tell compiles and dispatches one program between two lines on stderr, or before one if name is "". It binds no
// buffers, so that it is only for drivers that compute nothing. A driver that has compiled the program before prints
// nothing about it.
func (d *Device) tell(name, tile string, key recipe.Key) error {
	return d.do(func() error {
		if name != "" {
			fmt.Fprintf(os.Stderr, "\n== stage %s: %s\n", name, tile)
		}
		defer fmt.Fprint(os.Stderr, "\n== end\n")
		made, err := d.program(key)
		if err != nil {
			return err
		}
		defer d.giveBack(made)
		made.dispatch(recipe.Pass{Groups: [3]int{1, 1, 1}})
		gl.Finish()
		return d.glError("trying a stage")
	})
}

// stageMutants are shaders that keep more in registers, load more or compute more than they need.
func stageMutants() []stageMutant {
	return []stageMutant{
		{"one more live array", "seed", "direct_small", "direct_small", "direct_small.comp", []string{
			"#define START(r, f) ", "float live[ROWS * FILTERS];\n#define START(r, f) live[r * FILTERS + f] = 0.0; ",
			"[f % 4] * pixel;", "[f % 4] * pixel; " +
				"live[r * FILTERS + f] += abs(pixel) * weight[firstWeight + t * VECTORS + f / 4][(f + 1) % 4];",
			"	store(image", "#define LIVE(r, f) sum[r * FILTERS + f] += live[r * FILTERS + f];\n" +
				"EACH_SUM(LIVE)\nstore(image",
		}},
		{"one more live array", "ResNet", "igemm", "igemm", "igemm.comp", []string{
			"	float sum[ROWS * COLUMNS];", "	float sum[ROWS * COLUMNS], live[ROWS * COLUMNS];",
			"#define START(s) ", "#define START(s) live[s] = 0.0; ",
			"a[i % HELD].x * b.x; \\", "a[i % HELD].x * b.x; live[at * ROWS + i] += a[i % HELD].x * b.y; \\",
			"sum[(j) * ROWS + m])", "sum[(j) * ROWS + m] + live[(j) * ROWS + m])",
		}},
		{"a weight's index that is not a literal", "seed", "direct_small", "direct_small", "direct_small.comp", []string{
			"weight[firstWeight + t * VECTORS + f / 4]", "weight[firstWeight + t * VECTORS + f / 4 + j / 0x10000]",
		}},
		{"a division by a uniform", "seed", "gratings", "", "gratings.comp", []string{
			"q / WIDTH", "q / uint(pixels)",
		}},
	}
}

// stageMutant is a shader with changes: texts to replace, each followed by the text to use instead.
type stageMutant struct {
	name, problem, algorithm string
	forced                   string // the algorithm, or "" for a program that is the same for all
	file                     string
	changes                  []string
}

// edit is [seam.edit] for a mutant.
func (m stageMutant) edit(file, text string) string {
	if file != m.file {
		return text
	}
	for i := 0; i < len(m.changes); i += 2 {
		if strings.Count(text, m.changes[i]) == 0 {
			panic("no " + m.changes[i] + " in " + file)
		}
		text = strings.ReplaceAll(text, m.changes[i], m.changes[i+1])
	}
	return text
}

// tryMutant compiles and dispatches the stage of a mutant.
func (d *Device) tryMutant(m stageMutant) error {
	for _, p := range problems.Staged() {
		if p.Name != m.problem {
			continue
		}
		b, err := recipe.Draw(p.Problem, d.profile, m.forced)
		if err != nil {
			return err
		}
		for _, s := range append(b.Stages(), b.Gratings) {
			if s.Program.Shader+".comp" != m.file {
				continue
			}
			d.meddle(func(seam *seam) { seam.edit = m.edit; delete(d.programs, s.Program) })
			defer d.meddle(func(seam *seam) { seam.edit = nil; delete(d.programs, s.Program) })
			name := fmt.Sprintf("%s/%s/%s, with %s", p.Name, m.algorithm, s.Program.Shader, m.name)
			return d.tell(name, b.Description.Tile, s.Program)
		}
	}
	return fmt.Errorf("no stage %s of %s for %s", m.file, m.algorithm, m.problem)
}
