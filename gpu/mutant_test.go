//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
)

// The checks of gpuconv verify are themselves checked. Shaders, and what the host tells them, are broken in one place
// at a time. A few small cases must find each of these mutants wrong ("kill" it). A mutant that no output can tell from
// the original is listed with the reason, and must survive.
//
// To add a shader, list its mutants (mutants_NAME_test.go) and the trials that use each of its branches
// (trials_test.go). Mutants of uniforms, dispatches and barriers are made from the shader.
//
// Mutants run on software renderers only: some write where they should not.

// mutant is a shader that is broken in one place.
type mutant struct {
	name     string // what is broken
	old, new string // text of the file, which contains old exactly once
	// why no output shows it; "": it must be killed
	equivalent string
	trial      string // the trial that kills it, so that it is compiled for no other; "": the first trial
	file       string // of package shaders
	// also is a change, old and new, that breaks nothing by itself. Without it, outputs show the mutant only if threads
	// run in a certain order.
	also [2]string
}

// broken returns the text of the file with the mutant in it.
func (m mutant) broken(text string) string {
	return strings.Replace(strings.Replace(text, m.also[0], m.also[1], 1), m.old, m.new, 1)
}

// in sets the file of the mutants.
func in(file string, all []mutant) []mutant {
	for i := range all {
		all[i].file = file
	}
	return all
}

// shaderMutants are all mutants of shaders.
func shaderMutants(t *testing.T) []mutant {
	all := slices.Concat(
		in("direct.comp", directMutants()),
		in("igemm.comp", igemmMutants()),
		in("fft.glsl", fftMutants()),
		in("fft_src.comp", fftSrcMutants()),
		in("fft_dst.comp", fftDstMutants()),
		in("winograd_src.comp", winogradSrcMutants()),
		in("winograd_dst.comp", winogradDstMutants()),
		in("direct_soft.comp", softMutants()),
		in("direct_small.comp", smallMutants()),
		in("depthwise.comp", depthwiseMutants()),
		in("direct_shared.comp", sharedMutants()),
		in("column.glsl", columnMutants()),
		in("slide.glsl", slideMutants()),
		in("pool.comp", poolMutants()),
		in("measure.comp", measureMutants()),
		in("prelude.glsl", preludeMutants()),
		in("prelude.glsl", sourceMutants()),
		in("pixel.glsl", pixelMutants()))
	unseen := map[string]string{
		"slide.glsl": "neighbours are lanes of one vector of a software renderer's, which computes in step",
	}
	for _, file := range shaderFiles(t) {
		barriers := in(file, barrierMutants(shaderText(t, file)))
		for i := range barriers {
			barriers[i].equivalent = unseen[file]
		}
		all = append(all, barriers...)
	}
	return all
}

// shaderFiles are the files of package shaders that compute convolutions: all but roof.comp and gratings.comp.
func shaderFiles(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.comp", "*.glsl"} {
		files, err := filepath.Glob(filepath.Join("..", "shaders", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, file := range files {
			if name := filepath.Base(file); name != "roof.comp" && name != "gratings.comp" {
				names = append(names, name)
			}
		}
	}
	return names
}

func shaderText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "shaders", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// barrierMutants removes one barrier of a shader at a time. old is all the text up to that barrier, so that the file
// contains it once.
func barrierMutants(text string) (all []mutant) {
	const barrier = "barrier();"
	parts := strings.Split(text, barrier)
	for i := range len(parts) - 1 {
		before := strings.Join(parts[:i+1], barrier)
		all = append(all, mutant{name: fmt.Sprintf("barrier %d removed", i+1), old: before + barrier, new: before})
	}
	return all
}

// TestBarrierMutants: each barrier is removed alone, and those before and after it stay.
func TestBarrierMutants(t *testing.T) {
	const text = "a; barrier(); b; barrier(); c;"
	var got []string
	for _, m := range barrierMutants(text) {
		if strings.Count(text, m.old) != 1 {
			t.Errorf("%q is %d times in %q", m.old, strings.Count(text, m.old), text)
		}
		got = append(got, strings.Replace(text, m.old, m.new, 1))
	}
	if want := []string{"a;  b; barrier(); c;", "a; barrier(); b;  c;"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestMutantsApply: shaders contain the texts of the list, and each shader has mutants.
func TestMutantsApply(t *testing.T) {
	count := map[string]int{}
	seen := map[string]bool{}
	for _, m := range shaderMutants(t) {
		count[m.file]++
		if n := strings.Count(shaderText(t, m.file), m.old); n != 1 {
			t.Errorf("%s, %s: the file contains %q %d times, want once", m.file, m.name, m.old, n)
		}
		if n := strings.Count(shaderText(t, m.file), m.also[0]); m.also != [2]string{} && n != 1 {
			t.Errorf("%s, %s: the file contains %q %d times, want once", m.file, m.name, m.also[0], n)
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

// TestShaderMutants kills every third mutant of the shaders, or all with GPUCONV_MUTANTS=all, which make mutants sets,
// or all of one file with its name instead of all. Nearly all of its time is compiling. Mesa's cache saves that the
// next time.
func TestShaderMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling all mutants takes long, and the race detector sees nothing of it")
	}
	var all []breakage
	which := os.Getenv("GPUCONV_MUTANTS")
	for i, m := range shaderMutants(t) {
		if which == "" && i%3 > 0 || which != "" && which != "all" && which != m.file {
			continue
		}
		all = append(all, breakage{m.file, m.name, m.trial, m.equivalent, func(d asking) conv.Backend {
			d.meddle(func(s *seam) {
				s.edit = func(file, text string) string {
					if file == m.file {
						return m.broken(text)
					}
					return text
				}
			})
			return d
		}})
	}
	killAll(t, all)
}
