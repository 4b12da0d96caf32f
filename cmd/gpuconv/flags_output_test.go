package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gpuconv/npy"
	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestCreate: a file is written whole or not at all, and so are the folders that are made for it.
func TestCreate(t *testing.T) {
	root := t.TempDir()
	to := output{flag: "output", path: filepath.Join(root, "a", "b", "x.npy")}
	failure := errors.New("failure")
	err := to.create(func(file *whole.File) error { return errors.Join(failure, file.Discard()) })
	if !errors.Is(err, failure) || exists(filepath.Join(root, "a")) {
		t.Errorf("create returns %v and leaves %q", err, names(t, root))
	}
	fill := func(elements ...float32) error {
		return to.create(func(file *whole.File) error {
			w, err := npy.NewWriter(file, 2)
			if err != nil {
				return err
			}
			return errors.Join(w.Write(elements), w.Close())
		})
	}
	if err := fill(1); err == nil || exists(filepath.Join(root, "a")) {
		t.Errorf("one element of two gives %v and leaves %q", err, names(t, root))
	}
	if err := fill(1, 2); err != nil {
		t.Fatal(err)
	}
	if a, err := npy.ReadFile(t.Context(), to.path); err != nil || len(a.Data) != 2 {
		t.Errorf("it reads as %v, %v", a, err)
	}
	if got := names(t, filepath.Dir(to.path)); got != "x.npy" {
		t.Errorf("the folder holds %q", got)
	}
}

// TestBlame: errors of outputs name what the user typed, once. Other errors do not name it.
func TestBlame(t *testing.T) {
	full, failure := errors.New("no space left"), errors.New("failure")
	for _, c := range []struct {
		err   error
		want  string
		usage bool
	}{
		{&whole.Error{Name: "out", Err: full}, "--output out: no space left", false},
		{&whole.Error{Name: "out", Rule: "want a new folder"}, "--output out: want a new folder", true},
		{&whole.Error{Name: "x.npy", Err: full}, "--output out: x.npy: no space left", false},
		{errors.Join(&whole.Error{Name: "x.npy", Err: full}), "--output out: x.npy: no space left", false},
		{failure, "failure", false},
		{nil, "", false},
	} {
		err := output{flag: "output", path: "out"}.blame(c.err)
		if text := textOf(err); text != c.want || errors.As(err, new(usageError)) != c.usage {
			t.Errorf("%v reads %q, want %q and an error of the call: %v", c.err, text, c.want, c.usage)
		}
	}
	if got := (output{flag: "output"}).checkFolder().Error(); got != "--output: want a new or empty folder" {
		t.Errorf("no path reads %q", got)
	}
}

// TestFullFolder: an error of a file in a folder names the flag of the folder, whoever writes the file.
func TestFullFolder(t *testing.T) {
	out, err := output{flag: "output", path: filepath.Join(t.TempDir(), "out")}.createFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	file, err := out.Create("x.npy")
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Discard(); err != nil { // what follows fails as on a disk that is gone
		t.Fatal(err)
	}
	w, err := npy.NewWriter(file, 2)
	if err != nil {
		t.Fatal(err)
	}
	err = out.blame(errors.Join(w.Write([]float32{1, 2}), w.Close()))
	want := "--output " + out.path + ": x.npy: file already closed"
	if got := textOf(err); got != want || errors.As(err, new(usageError)) {
		t.Errorf("it reads %q, want %q", got, want)
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestDistinctOutputs: no verb accepts the same path for two of its outputs, however the path is spelt.
func TestDistinctOutputs(t *testing.T) {
	t.Chdir(t.TempDir())
	tried := 0
	each(newRoot(), func(cmd *cobra.Command, name string) {
		flags := outputFlags(cmd)
		for i := 1; i < len(flags); i++ {
			tried++
			args := append(strings.Fields(name), "--"+flags[i-1].Name+"=a/b.npy", "--"+flags[i].Name+"=./a//b.npy")
			if _, files := cmd.Annotations[reads]; files {
				args = append(args, "r.json")
			}
			if cmd.Name() == "compare" { // two reports
				args = append(args, "r.json")
			}
			code, _, stderr := gpuconv(t, args...)
			want := "gpuconv: --" + flags[i].Name + " ./a//b.npy: --" + flags[i-1].Name +
				" is to be written there: want another name"
			if line := errorLine(t, stderr); code != exitUsage || line != want {
				t.Errorf("%q: code %d, %s, want %s", args, code, line, want)
			}
		}
	})
	if tried < 5 {
		t.Errorf("%d pairs were tried", tried)
	}
}

// TestOutputFlagsAreListed: each flag whose help says that it names something to write is one of outputFlags.
func TestOutputFlagsAreListed(t *testing.T) {
	says := regexp.MustCompile(`^write |^a new or empty folder|\bto write\b`)
	seen := 0
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "string" || !says.MatchString(f.Usage) {
				return
			}
			if seen++; !slices.Contains(outputFlags(cmd), f) {
				t.Errorf("%s --%s is not among outputFlags: %s", name, f.Name, f.Usage)
			}
		})
	})
	if seen < 20 {
		t.Errorf("%d flags name something to write", seen)
	}
}
