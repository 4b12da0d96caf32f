package whole

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// overtaken returns a kept folder that another process has taken over, as on a disk whose locks hold on one machine
// only. The second one is that process's.
func overtaken(t *testing.T, path string, begin func(d *Folder) error) (d, by *Folder) {
	t.Helper()
	unixRename(t) // on Windows such locks do not exist
	o := Options{NoSync: true}
	d, err := o.KeepFolder(path, "a")
	if err == nil {
		err = begin(d)
	}
	if err == nil {
		err = d.hidden.lock.Close() // which another machine does not see in any case
	}
	if err == nil {
		by, err = o.KeepFolder(path, "a")
	}
	if err != nil {
		t.Fatal(err)
	}
	return d, by
}

// TestKeptOvertaken: a process whose folder another one has taken over writes, commits and removes nothing.
func TestKeptOvertaken(t *testing.T) {
	const want = "another process has taken it over meanwhile"
	for name, c := range map[string]struct{ begin, then func(d *Folder) error }{
		"counts a part":      {func(*Folder) error { return nil }, aPart},
		"commits the file":   {aPart, func(d *Folder) error { return grow(d) }},
		"commits the folder": {grow, (*Folder).Commit},
		"writes a file": {grow, func(d *Folder) error {
			return d.Write("c", func(io.Writer) error { return nil })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			d, by := overtaken(t, path, c.begin)
			if err := grow(by); err != nil {
				t.Fatal(err)
			}
			put(t, by, "b")
			if err := c.then(d); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			d.Discard()
			if err := by.Commit(); err != nil {
				t.Fatal(err)
			}
			got := names(t, path)
			if got != "a b" || exists(Unfinished(path)) || read(filepath.Join(path, "a")) != "content of a" {
				t.Errorf("the folder has %q", got)
			}
		})
	}
}

// TestKeptOvertakenLeaves: NFS keeps the names of files that a process on this machine has open, and with them the
// folder that another one has completed. The folder goes when the first process ends.
func TestKeptOvertakenLeaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, by := overtaken(t, path, func(*Folder) error { return nil })
	if err := errors.Join(grow(by), by.Commit(), os.Mkdir(Unfinished(path), 0o777)); err != nil {
		t.Fatal(err)
	}
	d.Discard()
	if exists(Unfinished(path)) || read(filepath.Join(path, "a")) != "content of a" {
		t.Errorf("left: %s", found(t, filepath.Dir(path)))
	}
}

// TestKeptLoses: a folder is not complete if a file of it has gone.
func TestKeptLoses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	if err := errors.Join(grow(d), d.files.remove("a")); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err == nil || exists(path) {
		t.Errorf("error %v, and the folder is there: %v", err, exists(path))
	}
}
