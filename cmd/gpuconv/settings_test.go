package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/cpu"
	"gpuconv/npy"

	"github.com/spf13/pflag"
)

// Jobs whose settings TestResumeSettings changes: flags and their values.
var settingsJobs = map[string][]string{
	"preset":   {"orientations", "0,30", "res", "0.05", "channels", "2"},
	"patterns": {"stimulus", "grating orientation=0,30 image-size=24", "filter", "gabor"},
	"arrays":   {"stimulus", "a.npz:v1/x", "filter", "w.npy"},
	"pictures": {"stimulus", "A/*.png", "filter", "w.npy"},
	"coloured": {"stimulus", "A/*.png", "filter", "w.npy", "colour", "rgb", "groups", "3"},
	"weights":  {"orientations", "0,30", "res", "0.05", "filter", "w.npy"},
}

// valueFlags has cases for each flag of run that makes other values: the job, and another value of the flag.
var valueFlags = map[string][][2]string{
	"orientations": {{"preset", "0,40"}},
	"sf":           {{"preset", "0.05"}},
	"res":          {{"preset", "0.06"}},
	"patch":        {{"preset", "true"}, {"weights", "true"}},
	"preset":       {{"preset", "nma-t3"}, {"weights", "nma-t3"}},
	"channels":     {{"preset", "3"}},
	"size":         {{"preset", "5"}},
	"stimulus": {{"patterns", "grating orientation=0,30 image-size=24 centred"},
		{"patterns", "grating orientation=0,30 image-size=24 supersample=4"},
		{"patterns", "grating orientation=0,30 image-size=24 aperture=circle"},
		{"patterns", "square-grating orientation=0,30 image-size=24"},
		{"patterns", "grating orientation=0,30 image-size=24 contrast=0.5"},
		{"arrays", "a.npz:v2/x"}, {"arrays", "b/a.npz:v1/x"}, {"pictures", "B/*.png"}},
	"filter":       {{"patterns", "gabor sf=0.2"}},
	"bias":         {{"arrays", "bias.npy"}},
	"activation":   {{"preset", "relu"}, {"preset", "energy"}},
	"dilation":     {{"preset", "2"}},
	"stride":       {{"preset", "2"}},
	"padding":      {{"preset", "1"}},
	"padding-mode": {{"preset", "reflect"}},
	"pool":         {{"preset", "max:2"}},
	"keep":         {{"preset", "mean"}, {"preset", "pool:2x2"}},
	"flip":         {{"arrays", "true"}},
	"float16":      {{"preset", "true"}},
	"colour":       {{"coloured", "opponent"}},
	"crop":         {{"pictures", "8"}},
	"resize":       {{"pictures", "12"}},
	"linear-light": {{"pictures", "true"}},
	"normalise":    {{"pictures", "contrast"}, {"arrays", "0,2"}},
	"background":   {{"pictures", "white"}},
	"algorithm":    {{"coloured", "direct"}},
	"backend":      {{"preset", "reference"}},
}

// otherFlags make the same values, or are refused with --resume. Two make other values and are not tested: another
// number of groups needs weights of another shape, and another device needs a machine that has two.
var otherFlags = "check colours context device dpi dry-run figures font-size format from groups help html memory " +
	"no-sync output polarity precision resume retries scale shard shards show strict width quiet verbose"

// TestResumeSettings: --resume refuses a folder that was begun with another value of any flag that changes values. A
// flag that this test does not know fails it.
func TestResumeSettings(t *testing.T) {
	newRun().Flags().VisitAll(func(f *pflag.Flag) {
		_, known := valueFlags[f.Name]
		if other := slices.Contains(strings.Fields(otherFlags), f.Name); known == other {
			t.Errorf("--%s: want it in valueFlags or in otherFlags", f.Name)
		}
	})
	t.Chdir(t.TempDir())
	settingsFiles(t)
	run := func(job, flag, value string) (code int, stdout, stderr string) {
		flags := map[string]string{"backend": "cpu", "check": "0", "figures": "svg", "output": job}
		for pair := range slices.Chunk(settingsJobs[job], 2) {
			flags[pair[0]] = pair[1]
		}
		if flag != "" {
			flags[flag] = value
		}
		args := []string{"run", "--resume", "--no-sync"}
		for _, name := range slices.Sorted(maps.Keys(flags)) {
			args = append(args, "--"+name+"="+flags[name])
		}
		return gpuconv(t, args...)
	}
	for job := range settingsJobs {
		if code, _, stderr := run(job, "", ""); code != exitOK {
			t.Fatalf("%s: %s", job, stderr)
		}
		if code, stdout, stderr := run(job, "", ""); code != exitOK ||
			!strings.Contains(stdout, "nothing was left to do") {
			t.Fatalf("%s again: %s%s", job, stdout, stderr)
		}
	}
	if len(cpu.AvailableISAs()) > 1 {
		t.Setenv(isaVariable, "generic")
		if code, _, stderr := run("preset", "", ""); code != exitUsage ||
			!strings.Contains(stderr, "instructions vectors, not generic") {
			t.Errorf("other instructions: exit code %d: %s", code, stderr)
		}
		t.Setenv(isaVariable, "avx2")
		if code, _, stderr := run("preset", "", ""); code != exitOK {
			t.Errorf("instructions that make the same bits: %s", stderr)
		}
		t.Setenv(isaVariable, "")
	}
	for flag, cases := range valueFlags {
		for _, c := range cases {
			code, stdout, stderr := run(c[0], flag, c[1])
			if code != exitUsage || !strings.Contains(stderr, "was begun with other settings") {
				t.Errorf("%s --%s %s: exit code %d: %s%s", c[0], flag, c[1], code, stdout, stderr)
			}
		}
	}
}

// TestResumeIsSteady: with --resume and --shard, what a cache has does not change the algorithm.
func TestResumeIsSteady(t *testing.T) {
	for _, c := range []struct {
		flags  []string
		steady bool
	}{{nil, false}, {[]string{"--resume"}, true}, {[]string{"--shard", "1/2"}, true}} {
		var f runFlags
		flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
		f.register(flags)
		err := flags.Parse(append(c.flags, "--output", filepath.Join(t.TempDir(), "out")))
		if err == nil {
			err = f.shard(flags)
		}
		if err == nil {
			err = f.validate()
		}
		if err != nil {
			t.Fatal(err)
		}
		if o, err := f.backend.options(); err != nil || o.Steady != c.steady {
			t.Errorf("%v: Steady is %v, %v", c.flags, o.Steady, err)
		}
	}
}

// settingsFiles writes the files of settingsJobs. Those that differ have the same name, size and time.
func settingsFiles(t *testing.T) {
	t.Helper()
	array := func(shape []int, add float32) *npy.Array {
		n := 1
		for _, extent := range shape {
			n *= extent
		}
		a := &npy.Array{Shape: shape, Data: make([]float32, n)}
		for i := range a.Data {
			a.Data[i] = float32(i%7) + add
		}
		return a
	}
	then := time.Unix(1e9, 0)
	must := func(path string, err error) {
		if err == nil {
			err = os.Chtimes(path, then, then)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, dir := range []string{"A", "b", "B"} {
		must(dir, os.MkdirAll(dir, 0o777))
		path := filepath.Join(dir, "0.png")
		must(path, os.WriteFile(path, halfOpaque(t, uint8(100+i)), 0o666))
	}
	for i, path := range []string{"a.npz", "b/a.npz"} {
		must(path, npy.WriteNPZ(path, npy.Named{Name: "v1/x", Array: array([]int{2, 1, 16, 16}, float32(i))},
			npy.Named{Name: "v2/x", Array: array([]int{2, 1, 16, 16}, float32(i+5))}))
	}
	must("w.npy", npy.WriteFile("w.npy", array([]int{6, 1, 3, 3}, 0)))
	must("bias.npy", npy.WriteFile("bias.npy", array([]int{6}, 1)))
}

// halfOpaque returns a PNG of 16×16 pixels of the same opacity, about 40 %. level is their red, and their green varies.
func halfOpaque(t *testing.T, level uint8) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.SetNRGBA(i%16, i/16, color.NRGBA{level, uint8(i), 30, 100})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
