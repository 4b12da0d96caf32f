package whole

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWrite: the path has all of the new content, or its old content. Nothing else is left in the folder.
func TestWrite(t *testing.T) {
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		old  string
		err  error
		want string
	}{
		"new":          {"", nil, "new"},
		"replaced":     {"old", nil, "new"},
		"failed":       {"", full, ""},
		"failed, kept": {"old", full, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			if c.old != "" {
				write(t, path, c.old)
			}
			err := Write(path, func(w io.Writer) error {
				if _, err := io.WriteString(w, "new"); err != nil {
					return err
				}
				if got := read(path); got != c.old {
					t.Errorf("while writing, it holds %q, want %q", got, c.old)
				}
				return c.err
			})
			if !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got := read(path); got != c.want {
				t.Errorf("it holds %q, want %q", got, c.want)
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "a" {
				t.Errorf("the folder holds %v", entries)
			}
		})
	}
}

// TestWriteFollowsLinks: a link stays a link, and its target keeps its permissions.
func TestWriteFollowsLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege, and there are no permissions of this kind")
	}
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	write(t, target, "old")
	if err := errors.Join(os.Chmod(target, 0o662), os.Symlink("target", link)); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(target)
	if err != nil || read(target) != "new" || info.Mode().Perm() != 0o662 {
		t.Errorf("the target holds %q, with mode %v (%v)", read(target), info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("it is no longer a link (%v)", err)
	}
}

// TestWritePrivate: a private file replaces a link and a read-only file, but not a folder. Others may not read it.
func TestWritePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege, and there are no permissions of this kind")
	}
	dir := t.TempDir()
	link, open, closed, fresh := filepath.Join(dir, "link"), filepath.Join(dir, "open"), filepath.Join(dir, "closed"),
		filepath.Join(dir, "new")
	write(t, open, "old")
	write(t, closed, "old")
	if err := errors.Join(os.Chmod(open, 0o666), os.Chmod(closed, 0o000), os.Symlink(dir, link)); err != nil {
		t.Fatal(err)
	}
	put := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	for _, path := range []string{link, open, closed, fresh} {
		if err := WritePrivate(path, put); err != nil {
			t.Error(err)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != 0o600 || read(path) != "new" {
			t.Errorf("%s holds %q, with mode %v (%v)", path, read(path), info.Mode(), err)
		}
	}
	full := errors.New("the disk is full")
	if err := WritePrivate(open, func(io.Writer) error { return full }); err != full || read(open) != "new" {
		t.Errorf("error %v, it holds %q", err, read(open))
	}
	var e *Error
	if err := WritePrivate(dir, put); !errors.As(err, &e) || e.Name != dir {
		t.Errorf("a folder: %v", err)
	}
	if got := names(t, dir); got != "closed link new open" {
		t.Errorf("the folder holds %q", got)
	}
}

// TestClearPrivate: only files that processes left an hour ago, in the middle of WritePrivate, are removed.
func TestClearPrivate(t *testing.T) {
	dir, then := t.TempDir(), time.Now().Add(-61*time.Minute)
	if err := os.Mkdir(filepath.Join(dir, ".partial-3"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".partial-1", ".partial-2", ".partial-a", "b"} {
		write(t, filepath.Join(dir, name), "")
	}
	for _, name := range []string{".partial-1", ".partial-3", ".partial-a", "b"} {
		if err := os.Chtimes(filepath.Join(dir, name), then, then); err != nil {
			t.Fatal(err)
		}
	}
	ClearPrivate(filepath.Join(dir, "none"))
	ClearPrivate(dir)
	if got := names(t, dir); got != ".partial-2 .partial-3 .partial-a b" {
		t.Errorf("%q are left", got)
	}
}

// TestPrivateOption: a private file belongs to the user alone, whatever was there before, and replaces a link.
func TestPrivateOption(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege, and there are no permissions of this kind")
	}
	dir := t.TempDir()
	target, link, open := filepath.Join(dir, "target"), filepath.Join(dir, "link"), filepath.Join(dir, "open")
	write(t, target, "old")
	write(t, open, "old")
	if err := errors.Join(os.Chmod(open, 0o666), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, open, filepath.Join(dir, "new")} {
		err := Options{Private: true}.Write(path, func(w io.Writer) error {
			_, err := io.WriteString(w, "new")
			return err
		})
		if info, infoErr := os.Lstat(path); err != nil || infoErr != nil || info.Mode() != 0o600 ||
			read(path) != "new" {
			t.Errorf("%s holds %q, %v, %v, %v", path, read(path), info, err, infoErr)
		}
	}
	if read(target) != "old" {
		t.Errorf("what the link led to holds %q", read(target))
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing", "a")
	for path, want := range map[string]string{"": "it is empty", dir: "this is a folder", missing: "no such file"} {
		if runtime.GOOS == "windows" && path == missing {
			want = "cannot find"
		}
		var e *Error
		if _, err := Create(path); !errors.As(err, &e) || e.Name != path || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", path, err, want)
		} else if ruled := e.Rule != ""; ruled == (path == missing) {
			t.Errorf("%q: the rule is %q", path, e.Rule)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("the folder holds %v", entries)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Skip(err) // Windows lets few users make links
	}
	const rule = "want a file or a new name, this is a link that leads nowhere"
	var e *Error
	if err := Write(link, func(io.Writer) error { return nil }); !errors.As(err, &e) || e.Rule != rule ||
		names(t, dir) != "link" {
		t.Errorf("%v, and there is %q; want %s", err, names(t, dir), rule)
	}
}

// TestFolderNotSynced: the file is in its place, and its folder cannot be synced. The error says what that means.
func TestFolderNotSynced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not synced there")
	}
	dir := t.TempDir()
	path, part := filepath.Join(dir, "a"), filepath.Join(dir, "b.part")
	write(t, part, "new")
	o := Options{seam: func(c change, do func() error) error {
		if c.action == syncsFolder {
			return &fs.PathError{Op: "sync", Path: c.path, Err: syscall.EIO}
		}
		return do()
	}}
	errs := map[string]error{
		path:                    o.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }),
		filepath.Join(dir, "b"): o.Place(part, filepath.Join(dir, "b")),
	}
	for path, err := range errs {
		want := path + ": it is written, but a power cut may take it: " + syscall.EIO.Error()
		if e := new(Error); !errors.As(err, &e) || err.Error() != want || !errors.Is(err, syscall.EIO) ||
			read(path) != "new" {
			t.Errorf("%v, want %s; it holds %q", err, want, read(path))
		}
	}
	if got := names(t, dir); got != "a b" {
		t.Errorf("the folder holds %q", got)
	}
}

// TestOnce: a file is committed or discarded only once.
func TestOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Discard(), f.Discard()); err != nil {
		t.Error(err)
	}
	if err := f.Commit(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("committed again: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// TestCloseAwaits: the system keeps a file open while it begins to write it, and NFS keeps its name. So Close waits.
func TestCloseAwaits(t *testing.T) {
	opened, err := os.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	f := &file{File: opened, beginning: make(chan struct{})}
	closed := make(chan error)
	go func() { closed <- f.Close() }()
	select {
	case <-closed:
		t.Fatal("it has not waited")
	case <-time.After(10 * time.Millisecond):
	}
	if close(f.beginning); <-closed != nil {
		t.Error("it is not closed")
	}
}

// TestBeginsEarly: the disk begins with what was written without a gap, once that is much.
func TestBeginsEarly(t *testing.T) {
	opened, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	f := &file{File: opened}
	defer f.Close()
	for i, c := range []struct{ at, bytes, begun, end int64 }{
		{0, early - 1, 0, early - 1},
		{early - 1, 2, early + 1, early + 1}, // it begins
		{early + 1, 5, early + 1, early + 6},
		{5 * early, early - 1, 5 * early, 6*early - 1}, // a gap
		{6*early - 1, 1, 6 * early, 6 * early},
	} {
		if f.wrote(c.at, c.bytes); f.begun != c.begun || f.end != c.end {
			t.Errorf("after write %d: %d … %d has not begun, want %d … %d", i, f.begun, f.end, c.begun, c.end)
		}
		if f.beginning != nil {
			<-f.beginning
		}
	}
	f.noSync = true
	if f.wrote(6*early, 2*early); f.begun != 6*early {
		t.Error("it begins without syncing")
	}
}

// TestGrownBegins: the disk begins with what is written into a grown file.
func TestGrownBegins(t *testing.T) {
	d, err := Options{}.KeepFolder(filepath.Join(t.TempDir(), "out"), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	g, err := d.Grow()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.WriteAt(make([]byte, early), 100); err != nil || g.file.begun != 100+early {
		t.Errorf("%v: it has begun with what is before %d, want %d", err, g.file.begun, 100+early)
	}
}
