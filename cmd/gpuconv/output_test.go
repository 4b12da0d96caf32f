package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gpuconv/npy"
)

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// TestCommit: files appear all at once and the partial folder goes.
func TestCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	out, err := newOutputDir(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, out.file("x"))
	write(t, out.file("y"))
	if exists(filepath.Join(path, "x")) {
		t.Error("x is there before commit")
	}
	if err := out.commit(); err != nil {
		t.Fatal(err)
	}
	out.abort()
	if got := names(t, path); got != "x y" {
		t.Errorf("the folder holds %q, want x y", got)
	}
}

// TestCommitFails half way: what was moved is removed again.
func TestCommitFails(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a", "b")
	out, err := newOutputDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1", "2", "3"} {
		write(t, out.file(name))
	}
	blocked := filepath.Join(path, "2")
	if err := os.MkdirAll(filepath.Join(blocked, "someone's"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := out.commit(); err == nil {
		t.Error("commit over a folder succeeds")
	}
	out.abort()
	if got := names(t, path); got != "2" {
		t.Errorf("the folder holds %q, want 2 alone", got)
	}
}

// TestAbort: folders that were made go, others stay.
func TestAbort(t *testing.T) {
	root := t.TempDir()
	before := filepath.Join(root, "before")
	if err := os.Mkdir(before, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{before, filepath.Join(before, "x", "y"), filepath.Join(root, "new", "y")} {
		out, err := newOutputDir(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, out.file("x"))
		out.abort()
		if got := names(t, root) + "/" + names(t, before); got != "before/" {
			t.Errorf("%s: %q is left", path, got)
		}
	}
}

// TestTwoJobs: a folder that another job is at work in is not empty.
func TestTwoJobs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	first, err := newOutputDir(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newOutputDir(path); !errors.As(err, new(usageError)) {
		t.Errorf("the second job gets %v, want a usage error", err)
	}
	write(t, first.file("x"))
	if err := first.commit(); err != nil {
		t.Errorf("the first job is disturbed: %v", err)
	}
}

// TestMakeFoldersFails: it removes what it made and nothing else, a link that
// leads nowhere for one.
func TestMakeFoldersFails(t *testing.T) {
	root := t.TempDir()
	link := filepath.Join(root, "link")
	switch err := os.Symlink("nowhere", link); {
	case err != nil && runtime.GOOS == "windows":
		t.Skip(err) // it lets few users make links
	case err != nil:
		t.Fatal(err)
	}
	if made, err := makeFolders(filepath.Join(link, "x", "y")); err == nil {
		t.Errorf("made %v below a link that leads nowhere", made)
	}
	if names := names(t, root); names != "link" {
		t.Errorf("%q is left, want link", names)
	}
	if made, err := makeFolders(filepath.Join(root, "a", strings.Repeat("x", 300))); err == nil || exists(filepath.Join(root, "a")) {
		t.Errorf("made %v, %v; want nothing", made, err)
	}
}

// TestMakeFoldersNowhere: a working folder that is gone must not hang.
func TestMakeFoldersNowhere(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(gone)
	switch err := os.Remove(gone); {
	case err != nil && runtime.GOOS == "windows":
		t.Skip(err) // it keeps it
	case err != nil:
		t.Fatal(err)
	}
	if made, err := makeFolders("x"); err == nil {
		t.Errorf("made %v in a folder that is gone", made)
	}
}

// TestFill: a file comes whole or not at all, with the folders made for it.
func TestFill(t *testing.T) {
	root := t.TempDir()
	file := outputFile(filepath.Join(root, "a", "b", "x.npy"))
	failure := errors.New("failure")
	err := file.fill(t.Context(), []int{2}, func(write writer) error { return errors.Join(write([]float32{1}), failure) })
	if !errors.Is(err, failure) || exists(filepath.Join(root, "a")) {
		t.Errorf("fill returns %v and leaves %q", err, names(t, root))
	}
	if err := file.fill(t.Context(), []int{2}, func(write writer) error { return write([]float32{1}) }); err == nil || exists(filepath.Join(root, "a")) {
		t.Errorf("fill with one element of two returns %v and leaves %q", err, names(t, root))
	}
	if err := file.fill(t.Context(), []int{2}, func(write writer) error { return write([]float32{1, 2}) }); err != nil {
		t.Fatal(err)
	}
	if a, err := npy.ReadFile(string(file)); err != nil || len(a.Data) != 2 {
		t.Errorf("it reads as %v, %v", a, err)
	}
	if got := names(t, filepath.Dir(string(file))); got != "x.npy" {
		t.Errorf("the folder holds %q", got)
	}
}

// TestLabels: errors name what the user typed, once.
func TestLabels(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	out := &outputDir{path: path, partial: filepath.Join(path, ".partial")}
	full := &fs.PathError{Op: "write", Path: out.file("x.npy"), Err: fs.ErrInvalid}
	for _, err := range []error{full, errors.New("npy: " + out.file("x.npy") + ": " + fs.ErrInvalid.Error())} {
		if got, want := out.label("x.npy")(err).Error(), "--output "+path+": x.npy: invalid argument"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, want := outputFile("x.npy").label(errors.New("npy: x.npy: full")).Error(), "--output x.npy: full"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
