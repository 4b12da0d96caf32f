package main

import (
	"os"
	"path/filepath"
	"testing"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/npy"
	"gpuconv/whole"
)

// begun makes what a run of 40 images leaves if it is cut after 10 of them, and returns its --output.
func begun(t *testing.T) (output string) {
	t.Helper()
	output = filepath.Join(t.TempDir(), "begun")
	d, err := whole.Options{NoSync: true}.KeepFolder(output, "activations.npy")
	if err != nil {
		t.Fatal(err)
	}
	d.Keep()
	for _, line := range []string{`{"job":{"schema":1,"images":40,"images_in_a_chunk":10,"settings":[]}}`,
		`{"chunk":{"first":10,"images":10}}`} {
		if err := d.Journal().Add([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	d.Discard()
	grown := filepath.Join(whole.Unfinished(output), "gpuconv.grown")
	if err := os.WriteFile(grown, make([]byte, 20), 0o666); err != nil {
		t.Fatal(err)
	}
	return output
}

// TestAsBegun: with --memory, a run continues with the portions that it was begun with, unless they do not fit.
func TestAsBegun(t *testing.T) {
	output := begun(t)
	for _, c := range []struct {
		resume            bool
		images, fit, want int
	}{
		{true, 40, 20, 10}, {true, 40, 10, 10}, {true, 40, 5, 5}, {true, 41, 20, 20}, {false, 40, 20, 20},
	} {
		f := &runFlags{resume: c.resume}
		f.output = output
		p := f.asBegun(t.Context(), conv.Problem{Src: conv.Shape{c.fit, 1, 9, 9}}, conv.Shape{c.images, 1, 3, 3})
		if p.Src.N() != c.want {
			t.Errorf("%+v: portions of %d images", c, p.Src.N())
		}
	}
}

// TestToWrite: a run that continues needs room on the disk only for what is not yet on it.
func TestToWrite(t *testing.T) {
	shape := conv.Shape{40, 1, 10, 10}
	begun := begun(t)
	done := filepath.Join(t.TempDir(), "done")
	if err := os.Mkdir(done, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(done, "run.json"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		output       string
		resume, half bool
		shape        conv.Shape
		want         float64
	}{
		"new":              {"new", true, false, shape, 16000},
		"float16":          {"new", true, true, shape, 8000},
		"begun":            {begun, true, false, shape, 12000},
		"begun, float16":   {begun, true, true, shape, 6000},
		"another job's":    {begun, true, false, shape.WithN(41), 16400},
		"without --resume": {begun, false, false, shape, 16000},
		"done":             {done, true, false, shape, 0},
	} {
		f := &runFlags{resume: c.resume}
		f.output = c.output
		j := experiment.Job{Format: npy.Format{Half: c.half}}
		if got := f.toWrite(t.Context(), j, c.shape); got != c.want {
			t.Errorf("%s: %v bytes, want %v", name, got, c.want)
		}
	}
}
