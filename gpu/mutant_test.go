//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/shaders"
)

// The checks that gpuconv verify makes are themselves checked: shaders, and what
// the host tells them, are broken in one place at a time, and each of these mutants
// must be found wrong ("killed") by a few small cases. A mutant that no output can
// tell from the original is listed with the reason, and must survive.
//
// To add a shader, list its mutants (mutants_NAME_test.go) and the trials that use
// each of its branches (trials_test.go). Mutants of uniforms, dispatches and
// barriers come by themselves.
//
// Mutants run on software renderers only: some write where they should not.

// mutant is a shader that is broken in one place.
type mutant struct {
	name     string // what is broken
	old, new string // text of the file: old stands there exactly once
	// equivalent is why no output shows it, "" for a mutant that must be killed.
	equivalent string
	file       string // of package shaders
}

// in sets the mutants' file.
func in(file string, all []mutant) []mutant {
	for i := range all {
		all[i].file = file
	}
	return all
}

// shaderMutants are all mutants of shaders.
func shaderMutants(t *testing.T) []mutant {
	all := slices.Concat(
		in("direct.comp", borderMutants()),
		in("direct.comp", directMutants()),
		in("igemm.comp", borderMutants()),
		in("igemm.comp", igemmMutants()),
		in("winograd_src.comp", winogradBorderMutants()),
		in("winograd_src.comp", winogradSrcMutants()),
		in("winograd_dst.comp", borderMutants()),
		in("winograd_dst.comp", winogradDstMutants()),
		in("direct_soft.comp", softMutants()),
		in("direct_small.comp", smallMutants()),
		in("depthwise.comp", depthwiseMutants()),
		in("direct_shared.comp", sharedMutants()),
		in("pool.comp", poolMutants()),
		in("prelude.glsl", preludeMutants()),
		in("prelude.glsl", sourceMutants()))
	for _, file := range shaderFiles(t) {
		all = append(all, in(file, barrierMutants(shaderText(t, file)))...)
	}
	return all
}

// shaderFiles names the files that a device compiles.
func shaderFiles(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*.comp", "*.glsl"} {
		paths, err := filepath.Glob(filepath.Join("..", "shaders", pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no shaders %s: %v", pattern, err)
		}
		for _, path := range paths {
			files = append(files, filepath.Base(path))
		}
	}
	return files
}

func shaderText(t *testing.T, file string) (text string) {
	t.Helper()
	name, isShader := strings.CutSuffix(file, ".comp")
	var err error
	if isShader {
		text, err = shaders.Source(name)
	} else {
		text, err = shaders.Prelude()
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// barrierMutants removes one barrier of a shader at a time. old is the text from the
// barrier before, so that it stands there once.
func barrierMutants(text string) (all []mutant) {
	const barrier = "barrier();"
	parts := strings.Split(text, barrier)
	for i := range len(parts) - 1 {
		before := strings.Join(parts[:i+1], barrier)
		all = append(all, mutant{name: fmt.Sprintf("barrier %d removed", i+1), old: before + barrier, new: before})
	}
	return all
}

// TestBarrierMutants: today's shaders have no barriers, the operator must work once
// one has.
func TestBarrierMutants(t *testing.T) {
	const text = "a; barrier(); b; barrier(); c;"
	var got []string
	for _, m := range barrierMutants(text) {
		if strings.Count(text, m.old) != 1 {
			t.Errorf("%q stands %d times in %q", m.old, strings.Count(text, m.old), text)
		}
		got = append(got, strings.Replace(text, m.old, m.new, 1))
	}
	if want := []string{"a;  b; barrier(); c;", "a; barrier(); b;  c;"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestMutantsApply: the list says what stands in the shaders, and each shader has
// mutants.
func TestMutantsApply(t *testing.T) {
	count := map[string]int{}
	seen := map[string]bool{}
	for _, m := range shaderMutants(t) {
		count[m.file]++
		if n := strings.Count(shaderText(t, m.file), m.old); n != 1 {
			t.Errorf("%s, %s: %q stands %d times in the file, want 1", m.file, m.name, m.old, n)
		}
		if name := m.file + m.name; seen[name] || m.old == m.new {
			t.Errorf("%s, %s: listed twice, or changes nothing", m.file, m.name)
		} else {
			seen[name] = true
		}
	}
	for _, file := range shaderFiles(t) {
		if count[file] < 10 {
			t.Errorf("%s has %d mutants: list more", file, count[file])
		}
	}
}

// TestShaderMutants kills the mutants of shaders, with -short every fourth.
func TestShaderMutants(t *testing.T) {
	var all []fault
	for i, m := range shaderMutants(t) {
		if testing.Short() && i%4 > 0 {
			continue
		}
		all = append(all, fault{m.file, m.name, m.equivalent, func(d *Device, tr *trial) conv.Backend {
			d.seam.edit = func(file, text string) string {
				if file == m.file {
					return strings.Replace(text, m.old, m.new, 1)
				}
				return text
			}
			return d
		}})
	}
	killAll(t, all)
}

// fault is a way to break a device.
type fault struct {
	part, name string
	equivalent string
	// apply returns the broken backend for a trial; nil where the trial has nothing to
	// break.
	apply func(d *Device, tr *trial) conv.Backend
}

// killAll holds each fault to the trials of its part until one finds it, on two
// devices at once, and reports the score.
func killAll(t *testing.T, all []fault) {
	trials := allTrials(t)
	openTest(t, Options{Device: Software()}).Close()
	start := time.Now()
	next := make(chan fault)
	var mutex sync.Mutex
	killed, survived := map[string]int{}, map[string]int{}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			w := newWorker(t)
			for f := range next {
				by := w.kill(f, trials)
				mutex.Lock()
				switch {
				case f.equivalent != "" && by != "":
					t.Errorf("%s, %s: listed as equivalent (%s) but killed by %s", f.part, f.name, f.equivalent, by)
				case f.equivalent != "":
					survived[f.part]++
				case by == "":
					t.Errorf("%s, %s: survived", f.part, f.name)
				default:
					killed[f.part]++
					t.Logf("%s, %s: killed by %s", f.part, f.name, by)
				}
				mutex.Unlock()
			}
		})
	}
	for _, f := range all {
		next <- f
	}
	close(next)
	group.Wait()
	total := 0
	for part, n := range killed {
		total += n
		t.Logf("%s: %d killed, %d equivalent survived", part, n, survived[part])
	}
	t.Logf("%d faults, %d killed, in %v", len(all), total, time.Since(start).Round(time.Millisecond))
}

// worker has a device for each algorithm.
type worker struct {
	devices map[string]*Device
	limits  map[string]Limits
}

func newWorker(t *testing.T) worker {
	w := worker{map[string]*Device{}, map[string]Limits{}}
	for _, algorithm := range AlgorithmNames() {
		d := openTest(t, Options{Device: Software(), Algorithm: algorithm, Guard: true})
		w.devices[algorithm], w.limits[algorithm] = d, d.limits
	}
	return w
}

// kill returns what found the fault, "" if nothing did. A fault "reflect: …" is held to
// the trials named reflect first: most of the time goes by in compiling.
func (w worker) kill(f fault, trials []*trial) string {
	kind, _, _ := strings.Cut(f.name, ":")
	likely := func(tr *trial) int { return number(tr.name != kind) }
	trials = slices.SortedStableFunc(slices.Values(trials), func(a, b *trial) int { return likely(a) - likely(b) })
	for _, tr := range trials {
		if !slices.Contains(tr.parts, f.part) {
			continue
		}
		d := w.devices[tr.algorithm]
		d.thread.do(func() error { d.forget(); return nil })
		d.limits = w.limits[tr.algorithm]
		if tr.limit != nil {
			tr.limit(&d.limits)
		}
		broken := f.apply(d, tr)
		if broken == nil {
			continue
		}
		why := tr.examine(broken)
		d.seam = openSeam(d)
		if why != "" {
			return tr.name + ": " + why
		}
	}
	return ""
}

func openSeam(d *Device) (s seam) {
	d.thread.do(func() error { s = openGL(); return nil })
	return s
}
