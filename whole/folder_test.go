package whole

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// names lists a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// put writes a small file into a folder.
func put(t *testing.T, d *Folder, name string) {
	t.Helper()
	if err := d.Write(name, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }); err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, path string) *Folder {
	t.Helper()
	d, err := CreateFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestFolder: all files appear at once, and the hidden folder disappears.
func TestFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	d := folder(t, path)
	put(t, d, "x")
	f, err := d.Create("y")
	if err != nil {
		t.Fatal(err)
	}
	// it reports progress to a caller that writes much
	if got := names(t, filepath.Join(filepath.Dir(path), ".partial-b", filesName)); got != "x y" {
		t.Errorf("the hidden folder holds %q, want x y", got)
	}
	if exists(path) {
		t.Error("x is there before Commit")
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	d.Discard()
	if got := names(t, path); got != "x y" || read(filepath.Join(path, "x")) != "x" {
		t.Errorf("the folder holds %q, want x y", got)
	}
}

// TestFolderFails: if a file fails, the error names it, and the file is removed. An error of the function that writes
// it is not changed.
func TestFolderFails(t *testing.T) {
	d := folder(t, filepath.Join(t.TempDir(), "a"))
	defer d.Discard()
	failure := errors.New("failure")
	if err := d.Write("x", func(io.Writer) error { return failure }); err != failure {
		t.Errorf("error %v, want %v", err, failure)
	}
	if got := names(t, d.files.path); got != "" {
		t.Errorf("the hidden folder holds %q, want nothing", got)
	}
	var e *Error
	_, err := d.Create("missing/x")
	if !errors.As(err, &e) || e.Name != "missing/x" || e.Rule != "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one about missing/x", err)
	}
	f, err := d.Create("y")
	if err != nil {
		t.Fatal(err)
	}
	f.file.Close()
	if _, err := f.Write([]byte("x")); !errors.As(err, &e) || e.Name != "y" || !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want one about y", err)
	}
	if err := f.Commit(); !errors.As(err, &e) || e.Name != "y" || exists(filepath.Join(d.files.path, "y")) {
		t.Errorf("error %v, want one about y, and no y", err)
	}
}

// TestFolderCommitFails: a folder that is no longer empty is not filled.
func TestFolderCommitFails(t *testing.T) {
	path := t.TempDir()
	d := folder(t, path)
	for _, name := range []string{"1", "2", "3"} {
		put(t, d, name)
	}
	if err := os.Mkdir(filepath.Join(path, "someone's"), 0o777); err != nil {
		t.Fatal(err)
	}
	var e *Error
	const rule = "want a new or empty folder, this one holds someone's"
	if err := d.Commit(); !errors.As(err, &e) || e.Rule != rule {
		t.Errorf("Commit beside a folder returns %v", err)
	}
	d.Discard()
	if got := names(t, path); got != "someone's" {
		t.Errorf("the folder holds %q, want someone's alone", got)
	}
}

// TestFolderFilled: a file that somebody puts into an empty folder is not replaced, whenever it appears, on file
// systems with and without hard links.
func TestFolderFilled(t *testing.T) {
	for _, linked := range []bool{true, false} {
		for _, moment := range []string{"1", "2", "3"} {
			for _, name := range []string{"1", "2", "3"} {
				path := t.TempDir()
				o := Options{NoSync: true, seam: func(c change, do func() error) error {
					if filepath.Base(c.to) == moment && !exists(filepath.Join(path, name)) {
						write(t, filepath.Join(path, name), "somebody's")
					}
					if c.action == links && !linked {
						return syscall.EPERM
					}
					return do()
				}}
				d, err := o.CreateFolder(path)
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"1", "2", "3"} {
					put(t, d, name)
				}
				err = d.Commit()
				d.Discard()
				if name < moment { // it was in its place by then
					if got := names(t, path); err != nil || got != "1 2 3" {
						t.Errorf("%v, and the folder holds %q", err, got)
					}
					continue
				}
				rule := "want a new or empty folder, this one holds " + name
				if e := new(Error); !errors.As(err, &e) || e.Rule != rule {
					t.Errorf("Commit returns %v, want %s", err, rule)
				}
				if got := names(t, path); got != name || read(filepath.Join(path, name)) != "somebody's" {
					t.Errorf("%s before %s: the folder holds %q, and the file %q", name, moment, got,
						read(filepath.Join(path, name)))
				}
			}
		}
	}
}

// TestFolderAppears: a folder that suddenly exists is not touched, unless it is empty.
func TestFolderAppears(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d := folder(t, path)
	put(t, d, "x")
	if err := os.MkdirAll(filepath.Join(path, "someone's"), 0o777); err != nil {
		t.Fatal(err)
	}
	const rule = "want a new or empty folder, this one holds someone's"
	var e *Error
	if err := d.Commit(); !errors.As(err, &e) || e.Rule != rule {
		t.Errorf("Commit returns %v, want %s", err, rule)
	}
	if err := os.Remove(filepath.Join(path, "someone's")); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err != nil || names(t, path) != "x" {
		t.Errorf("Commit returns %v, and the folder holds %q", err, names(t, path))
	}
}

// TestFolderAppearsEarly: the folder did not exist before, and exists when the hidden folder is made.
func TestFolderAppearsEarly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	o := Options{seam: func(c change, do func() error) error {
		if c.action == makesFolder {
			if err := os.MkdirAll(filepath.Join(path, "someone's"), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		return do()
	}}
	const rule = "want a new or empty folder, this one holds someone's"
	var e *Error
	if _, err := o.CreateFolder(path); !errors.As(err, &e) || e.Rule != rule {
		t.Errorf("CreateFolder returns %v, want %s", err, rule)
	}
	if got := names(t, filepath.Dir(path)); got != "out" {
		t.Errorf("there is %q, want out", got)
	}
}

// TestFolderDiscard: folders that were made are removed, and others stay.
func TestFolderDiscard(t *testing.T) {
	root := t.TempDir()
	before := filepath.Join(root, "before")
	if err := os.Mkdir(before, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{before, filepath.Join(before, "x", "y"), filepath.Join(root, "new", "y")} {
		d := folder(t, path)
		put(t, d, "x")
		d.Discard()
		if got := names(t, root) + "/" + names(t, before); got != "before/" {
			t.Errorf("%s: %q is left", path, got)
		}
	}
}

// TestTwoProcesses: a folder that another process is filling is not empty.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	first := folder(t, path)
	const rule = "want a new or empty folder, another process is writing this one"
	var e *Error
	if _, err := CreateFolder(path); !errors.As(err, &e) || e.Rule != rule {
		t.Errorf("the second gets %v, want %q", err, rule)
	}
	if err := CheckFolder(path); !errors.As(err, &e) || e.Rule != rule {
		t.Errorf("the second is told %v, want %q", err, rule)
	}
	put(t, first, "x")
	if err := first.Commit(); err != nil {
		t.Errorf("the first is disturbed: %v", err)
	}
}

func TestCheckFolderRefuses(t *testing.T) {
	dir := t.TempDir()
	full, file := filepath.Join(dir, "full"), filepath.Join(dir, "file")
	write(t, file, "x")
	if err := os.MkdirAll(filepath.Join(full, "a b"), 0o777); err != nil {
		t.Fatal(err)
	}
	const rule = "want a new or empty folder"
	for path, want := range map[string]string{"": rule, file: rule + ": ", full: rule + ", this one holds a b"} {
		var e *Error
		if err := CheckFolder(path); !errors.As(err, &e) || e.Rule == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	for _, path := range []string{filepath.Join(dir, "new"), filepath.Join(dir, "new", "below"), t.TempDir()} {
		if err := CheckFolder(path); err != nil {
			t.Error(err)
		}
	}
}

// TestMakeFoldersFails: it removes what it made and nothing else, for example not a link without a target.
func TestMakeFoldersFails(t *testing.T) {
	root := t.TempDir()
	link := filepath.Join(root, "link")
	switch err := os.Symlink("nowhere", link); {
	case err != nil && runtime.GOOS == "windows":
		t.Skip(err) // it lets few users make links
	case err != nil:
		t.Fatal(err)
	}
	if made, err := (Options{}).MakeFolders(filepath.Join(link, "x", "y")); err == nil {
		t.Errorf("made %v below a link that leads nowhere", made)
	}
	if names := names(t, root); names != "link" {
		t.Errorf("%q is left, want link", names)
	}
	long := strings.Repeat("x", 300) // systems take 255 bytes
	if made, err := (Options{}).MakeFolders(filepath.Join(root, "a", long)); err == nil ||
		exists(filepath.Join(root, "a")) {
		t.Errorf("made %v, %v; want nothing", made, err)
	}
}

// TestMakeFoldersNowhere: it must not hang if the working folder is gone.
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
	if made, err := (Options{}).MakeFolders("x"); err == nil {
		t.Errorf("made %v in a folder that is gone", made)
	}
}

// TestMakeFoldersLink: a link that leads nowhere, in place of a parent, is named as such.
func TestMakeFoldersLink(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Skip(err)
	}
	_, err := CreateFolder(filepath.Join(link, "out"))
	if want := link + ": want a folder, this is a link that leads nowhere"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
