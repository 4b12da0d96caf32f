package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/npy"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits CODE PROGRAM ARGUMENT… runs a program that has to exit with that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENT…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// refuses CODE PATTERN PROGRAM ARGUMENT… runs a program. It must exit with that code, print one line on stderr that
// matches the pattern and nothing on stdout, and must neither leave nor remove a file.
func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: refuses CODE PATTERN PROGRAM ARGUMENT…")
	}
	before := tree(ts)
	exits(ts, false, append([]string{args[0]}, args[2:]...))
	line, ok := strings.CutSuffix(ts.ReadFile("stderr"), "\n")
	if !ok || strings.Contains(line, "\n") || !strings.HasPrefix(line, "gpuconv: ") {
		ts.Fatalf("want one line on stderr that starts with gpuconv:, got %q", line)
	}
	pattern, err := regexp.Compile("^gpuconv: " + args[1])
	ts.Check(err)
	if !pattern.MatchString(line) {
		ts.Fatalf("stderr is %q, want it to match %q", line, pattern)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("want nothing on stdout, got %q", out)
	}
	if after := tree(ts); !slices.Equal(before, after) {
		ts.Fatalf("before: %v\nafter: %v", before, after)
	}
}

// tree lists all files of a script, but not those in a cache of Mesa's, which a process may leave to the next.
func tree(ts *testscript.TestScript) []string {
	var all []string
	root := ts.Getenv("WORK")
	ts.Check(filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if path == filepath.Join(root, ".tmp") || filepath.Base(path) == "mesa_shader_cache" {
			return fs.SkipDir
		}
		all = append(all, path)
		return err
	}))
	return all
}

// folder PATH NAME… requires that a folder holds exactly these files, including hidden ones.
func folder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: folder PATH NAME…")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(names, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], names, want)
	}
}

func loadArray(ts *testscript.TestScript, path string) *npy.Array {
	a, err := npy.ReadFile(context.Background(), ts.MkAbs(path))
	ts.Check(err)
	return a
}

// shape FILE.npy EXTENT… requires a float32 array of that shape.
func shape(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: shape FILE.npy EXTENT…")
	}
	r, err := npy.Open(context.Background(), ts.MkAbs(args[0]))
	ts.Check(err)
	defer r.Close()
	if got, want := fmt.Sprint(r.Shape()), "["+strings.Join(args[1:], " ")+"]"; got != want || r.DType() != "<f4" {
		ts.Fatalf("%s is %s of %s, want %s of <f4", args[0], got, r.DType(), want)
	}
}

// near TOLERANCE A.npy B.npy requires two arrays of the same shape whose elements differ by no more than the tolerance.
// Negated, it requires that at least one element differs by more.
func near(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: near TOLERANCE A.npy B.npy")
	}
	tolerance, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	a, b := loadArray(ts, args[1]), loadArray(ts, args[2])
	if !slices.Equal(a.Shape, b.Shape) {
		ts.Fatalf("shapes %v and %v differ", a.Shape, b.Shape)
	}
	if at := differing(a.Data, b.Data, tolerance); at >= 0 != neg {
		ts.Fatalf("element %d differs by more than %v is %v (-1: none does)", at, tolerance, !neg)
	}
}

// differing returns the first element that differs by more than the tolerance or is NaN, or −1 if there is none.
func differing(a, b []float32, tolerance float64) int {
	for i := range a {
		if !(math.Abs(float64(a[i])-float64(b[i])) <= tolerance) {
			return i
		}
	}
	return -1
}

// pixels FILE.npy VALUE… requires that the elements have exactly these values, and each value at least once.
func pixels(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pixels FILE.npy VALUE…")
	}
	found := map[string]bool{}
	for _, v := range loadArray(ts, args[0]).Data {
		found[fmt.Sprint(v)] = true
	}
	if len(found) != len(args)-1 {
		ts.Fatalf("%s has %d values, want %v", args[0], len(found), args[1:])
	}
	for _, v := range args[1:] {
		if !found[v] {
			ts.Fatalf("%s has no element %s", args[0], v)
		}
	}
}

// convolved STIMULI.npy FILTERS.npy ACTIVATIONS.npy requires that the activations are the cross-correlation of both,
// with zero padding of half a filter, computed by plain loops. The tolerance, 4e-6, is 5 times the largest float32
// error that was seen with the preset. One wrong tap is off by 1e-3 or more.
func convolved(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: convolved STIMULI.npy FILTERS.npy ACTIVATIONS.npy")
	}
	var all [3]*conv.Tensor
	for i, path := range args {
		t, err := loadArray(ts, path).Images()
		ts.Check(err)
		all[i] = t
	}
	x, w, y := all[0], all[1], all[2]
	if y.Shape.N() != x.Shape.N() || y.Shape.C() != w.Shape.N() {
		ts.Fatalf("activations %v of stimuli %v and filters %v", y.Shape, x.Shape, w.Shape)
	}
	for n := range y.Shape.N() {
		for k := range y.Shape.C() {
			for at, got := range y.Plane(n, k) {
				i, j := at/y.Shape.W(), at%y.Shape.W()
				if want := correlate(x, w, n, k, i, j); !(math.Abs(float64(got)-want) <= 4e-6) {
					ts.Fatalf("image %d, filter %d, row %d, column %d is %v, want %v", n, k, i, j, got, want)
				}
			}
		}
	}
}

func correlate(x, w *conv.Tensor, n, k, i, j int) float64 {
	sum := 0.0
	for u := range w.Shape.H() {
		for v := range w.Shape.W() {
			row, column := i+u-w.Shape.H()/2, j+v-w.Shape.W()/2
			if row >= 0 && row < x.Shape.H() && column >= 0 && column < x.Shape.W() {
				sum += float64(w.Plane(k, 0)[u*w.Shape.W()+v]) * float64(x.Plane(n, 0)[row*x.Shape.W()+column])
			}
		}
	}
	return sum
}

// png FILE… requires pictures that can be decoded and have several colours.
func pngs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: png FILE…")
	}
	for _, path := range args {
		f, err := os.Open(ts.MkAbs(path))
		ts.Check(err)
		picture, err := png.Decode(f)
		f.Close()
		ts.Check(err)
		size := picture.Bounds().Size()
		colours := map[color.Color]bool{}
		for at := range size.X * size.Y {
			colours[picture.At(at%size.X, at/size.X)] = true
		}
		if size.X < 100 || size.Y < 100 || len(colours) < 3 {
			ts.Fatalf("%s has %v pixels and %d colours", path, size, len(colours))
		}
	}
}

// field FILE.json NAME.NAME… PATTERN requires a field whose JSON, on one line, matches the whole pattern. Negated, it
// requires that there is no such field. "stdout" as a file is the output of the last program.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) != 3 && !neg {
		ts.Fatalf("usage: field FILE.json NAME.NAME… PATTERN")
	}
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &value))
	for name := range strings.SplitSeq(args[1], ".") {
		object, _ := value.(map[string]any)
		list, _ := value.([]any)
		if at, err := strconv.Atoi(name); err == nil && at >= 0 && at < len(list) {
			object = map[string]any{name: list[at]}
		}
		var ok bool
		if value, ok = object[name]; !ok {
			if neg {
				return
			}
			ts.Fatalf("%s has no field %s", args[0], args[1])
		}
	}
	if neg {
		ts.Fatalf("%s has the field %s", args[0], args[1])
	}
	text, err := json.Marshal(value)
	ts.Check(err)
	pattern, err := regexp.Compile("^(?:" + args[2] + ")$")
	ts.Check(err)
	if !pattern.Match(text) {
		ts.Fatalf("%s: %s is %s, want it to match %s", args[0], args[1], text, args[2])
	}
}
