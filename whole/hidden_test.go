package whole

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// die does to an unfinished file or folder what the end of its process does: everything is closed and left.
func die(t *testing.T, h home) {
	t.Helper()
	switch h := h.(type) {
	case *single:
		h.hidden.close()
	case *Folder:
		h.hidden.close()
	default:
		t.Fatalf("%T", h)
	}
}

// watched are options that record what is removed.
func watched(removed *[]string) Options {
	return Options{Removed: func(path string) { *removed = append(*removed, path) }}
}

// TestDead: what a dead process left is removed, and named, by the next process that writes the same. What belongs to
// others stays.
func TestDead(t *testing.T) {
	text := func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }
	for name, c := range map[string]struct {
		path   string
		begin  func(path string) (home, error)
		again  func(o Options, path string) error
		hidden []string
	}{
		"files": {"a b.npy", func(path string) (home, error) {
			f, err := Create(path)
			if err != nil {
				return nil, err
			}
			_, err = f.Write([]byte("half"))
			return f.home, err
		}, func(o Options, path string) error { return o.Write(path, text) }, []string{".partial-a b.npy", ".partial-a b.npy~1"}},
		"folders": {"out", func(path string) (home, error) {
			d, err := CreateFolder(path)
			if err != nil {
				return nil, err
			}
			f, err := d.Create("x")
			if err == nil {
				_, err = f.Write([]byte("half"))
			}
			return d, err
		}, func(o Options, path string) error {
			d, err := o.CreateFolder(path)
			if err != nil {
				return err
			}
			defer d.Discard()
			if err := d.Write("y", text); err != nil {
				return err
			}
			return d.Commit()
		}, []string{".partial-out"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.path)
			elsewhere, err := c.begin(filepath.Join(dir, "another"))
			if err != nil {
				t.Fatal(err)
			}
			defer die(t, elsewhere)
			var dead []home
			for range c.hidden {
				h, err := c.begin(path)
				if err != nil {
					t.Fatal(err)
				}
				dead = append(dead, h)
			}
			for _, h := range dead {
				die(t, h)
			}
			var removed []string
			if err := c.again(watched(&removed), path); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, name := range c.hidden {
				want = append(want, filepath.Join(dir, name))
			}
			if !slices.Equal(removed, want) {
				t.Errorf("removed are %q, want %q", removed, want)
			}
			if got, want := names(t, dir), ".partial-another "+c.path; got != want {
				t.Errorf("the folder holds %q, want %q", got, want)
			}
		})
	}
}

// TestScratch: a folder for scratch is removed with its contents, at the latest when the next one is made.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if os.TempDir() != dir {
		t.Skip("the system has another variable for it")
	}
	var removed []string
	o := watched(&removed)
	living, remove, err := o.Scratch("test")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(living, "x"), "x")
	// A process that dies leaves no lock.
	dead := filepath.Join(dir, ".partial-test~3")
	if err := os.MkdirAll(filepath.Join(dead, filesName, "y"), 0o777); err != nil {
		t.Fatal(err)
	}
	second, removeSecond, err := o.Scratch("test")
	if err != nil || second == living || !slices.Equal(removed, []string{dead}) {
		t.Errorf("beside %s there is %s (%v), and removed are %q, want %s", living, second, err, removed, dead)
	}
	remove()
	removeSecond()
	if got := names(t, dir); got != "" {
		t.Errorf("%q is left", got)
	}
}

// TestLivingFile: several processes write the same file. The last one to commit wins, and nothing else is left.
func TestLivingFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	var files []*File
	for i := range slots {
		f, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, i)
		files = append(files, f)
	}
	var e *Error
	if _, err := Create(path); !errors.As(err, &e) || !errors.Is(err, errInUse) {
		t.Errorf("one too many gets %v", err)
	}
	for _, i := range []int{3, 0, 15, 7} {
		if err := files[i].Commit(); err != nil || read(path) != fmt.Sprint(i) {
			t.Errorf("file %d: %v, it holds %q", i, err, read(path))
		}
	}
	for _, f := range files {
		if err := f.Discard(); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, dir); got != "a" {
		t.Errorf("the folder holds %q", got)
	}
}

// TestNoLocks: on a file system without locks everything works, and nothing is mistaken for the work of a dead process.
func TestNoLocks(t *testing.T) {
	o := Options{seam: func(c change, do func() error) error {
		if c.action == locks {
			return errUnlockable
		}
		return do()
	}}
	for name, prepare := range jobs(t) {
		root := t.TempDir()
		if err := prepare(root).run(o, root); err != nil || hiddenLeft(t, root) != nil {
			t.Errorf("%s: %v, left are %q", name, err, hiddenLeft(t, root))
		}
	}
	dir := t.TempDir()
	d, err := o.CreateFolder(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	die(t, d)
	_, err = o.CreateFolder(filepath.Join(dir, "out"))
	const want = ".partial-out: it is in the way: want it gone"
	if !errors.As(err, new(*Error)) || !strings.HasSuffix(err.Error(), want) || names(t, dir) != ".partial-out" {
		t.Errorf("%v, want %s; there is %q", err, want, names(t, dir))
	}
}

// TestLockReplaced: a lock counts only while its file is the one in the hidden folder. Before the folder was locked,
// another process may have taken it for that of a dead process, and have removed it.
func TestLockReplaced(t *testing.T) {
	replaced := false
	o := Options{seam: func(c change, do func() error) error {
		if c.action == locks && !replaced {
			replaced = true
			if err := errors.Join(os.Remove(c.path), os.WriteFile(c.path, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		return do()
	}}
	d, err := o.CreateFolder(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	there, err := d.hidden.inner.root.Stat(lockName)
	ours, ourErr := d.hidden.lock.Stat()
	if err != nil || ourErr != nil || !os.SameFile(there, ours) {
		t.Errorf("the lock that is held is not the one that is there (%v, %v)", err, ourErr)
	}
}

// TestClaim: only one process at a time has a path. If it dies, the next one can have it.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.part")
	release, err := Options{}.Claim(path)
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := (Options{}).Claim(path); !errors.As(err, &e) || e.Name != path || !errors.Is(err, errInUse) {
		t.Errorf("a second one: %v", err)
	}
	release()
	if got := names(t, dir); got != "" {
		t.Errorf("%q is left", got)
	}
	base, err := Options{}.disk().open(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := claim(base, hiddenName("a.part", 0), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.close() // it dies
	if release, err = (Options{}).Claim(path); err != nil {
		t.Fatal(err)
	}
	release()
	if got := names(t, dir); got != "" {
		t.Errorf("%q is left of the dead", got)
	}
	if _, err := (Options{}).Claim(filepath.Join(dir, "none", "a")); !errors.As(err, &e) {
		t.Errorf("in no folder: %v", err)
	}
}

// TestLongNames: a name may be as long as the file system allows, and the hidden name shows to which file it belongs.
func TestLongNames(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for _, name := range []string{strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", strings.Repeat("ä", 127)} {
		if err := Write(filepath.Join(dir, name), func(io.Writer) error { return nil }); err != nil {
			t.Error(err)
		}
		hidden := hiddenName(name, 15)
		if len(hidden) > 255 || !strings.HasPrefix(hidden, ".partial-"+name[:20]) || seen[hidden] {
			t.Errorf("%s has the hidden name %s", name, hidden)
		}
		seen[hidden] = true
	}
}

// TestManyProcesses: of many processes that begin the same folder at the same moment, one at a time gets it, and at
// most one commits.
func TestManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	var group sync.WaitGroup
	var inside, committed atomic.Int32
	for worker := range 8 {
		group.Go(func() {
			for round := range 20 {
				d, err := Options{NoSync: true}.CreateFolder(path)
				if err != nil {
					if !errors.As(err, new(*Error)) {
						t.Errorf("error %v", err)
					}
					continue
				}
				if inside.Add(1) > 1 {
					t.Error("two are in it")
				}
				if err := d.Write("x", func(io.Writer) error { return nil }); err != nil {
					t.Error(err)
				}
				inside.Add(-1)
				switch {
				case worker == 0 && round == 19:
					if d.Commit() == nil {
						committed.Add(1)
					}
				case round%3 == 0:
					die(t, d)
				default:
					d.Discard()
				}
			}
		})
	}
	group.Wait()
	if committed.Load() > 1 {
		t.Errorf("%d have committed", committed.Load())
	}
	if committed.Load() == 0 {
		if err := (folderJob{path: "out"}).run(Options{}, filepath.Dir(path)); err != nil {
			t.Error(err)
		}
	}
	if left := hiddenLeft(t, filepath.Dir(path)); left != nil {
		t.Errorf("%q are left", left)
	}
}

// TestNobodyDied: if a process ends normally while another begins the same folder, nobody reports it as dead.
func TestNobodyDied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	o := Options{NoSync: true, Removed: func(path string) { t.Errorf("%s is removed", path) }}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				if d, err := o.CreateFolder(path); err == nil {
					d.Discard()
				}
			}
		})
	}
	group.Wait()
}

// TestMoved: the folder of an output is moved meanwhile. Nothing is written, and nothing is left.
func TestMoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open folders are not moved there")
	}
	for name, c := range map[string]struct{ move, output string }{
		"a file's folder":             {"a", "a/x"},
		"the folder of a folder":      {"a", "a/new"},
		"the folder itself":           {"a/empty", "a/empty"},
		"the folder above the folder": {"a", "a/empty"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.MkdirAll(filepath.Join(root, "a", "empty"), 0o777); err != nil {
				t.Fatal(err)
			}
			output := filepath.Join(root, filepath.FromSlash(c.output))
			var commit func() error
			if c.output == "a/x" {
				f, err := Create(output)
				if err != nil {
					t.Fatal(err)
				}
				commit = f.Commit
			} else {
				d := folder(t, output)
				defer d.Discard()
				put(t, d, "x")
				commit = func() error { err := d.Commit(); d.Discard(); return err }
			}
			moved := filepath.Join(root, "moved")
			if err := os.Rename(filepath.Join(root, filepath.FromSlash(c.move)), moved); err != nil {
				t.Fatal(err)
			}
			err := commit()
			if !errors.As(err, new(*Error)) ||
				!strings.HasSuffix(err.Error(), "its folder was moved or removed meanwhile") {
				t.Errorf("Commit returns %v", err)
			}
			if got, want := names(t, moved), map[bool]string{true: "empty"}[c.move == "a"]; got != want {
				t.Errorf("the folder that was moved holds %q, want %q", got, want)
			}
		})
	}
}

// TestLeaveOpenFiles: on NFS and FUSE a file that is removed while it is open has another name until it is closed. It
// keeps nobody from entering its folder, and the folder goes with it.
func TestLeaveOpenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, aPart)
	at := func(name string) string { return filepath.Join(Unfinished(path), name) }
	for _, name := range []string{".nfs0000000000a1b2c300000001", ".fuse_hidden0000000300000001"} {
		write(t, at(name), "")
	}
	refused := 0
	o := Options{NoSync: true, seam: func(c change, do func() error) error {
		if c.action == removes && c.path == Unfinished(path) && refused == 0 {
			refused++
			err := do()
			for _, name := range []string{".nfs0000000000a1b2c300000001", ".fuse_hidden0000000300000001"} {
				err = errors.Join(err, os.Remove(at(name))) // as if they were closed
			}
			return err
		}
		return do()
	}}
	d, err := o.KeepFolder(path, "a")
	if err == nil {
		err = errors.Join(grow(d), d.Commit())
	}
	if err != nil || refused != 1 || exists(Unfinished(path)) {
		t.Errorf("error %v, left: %s", err, found(t, filepath.Dir(path)))
	}
}

// TestCleanOpenFiles: NFS refuses to remove a file that was removed while it was open and still is. That keeps nobody
// from taking the folder over.
func TestCleanOpenFiles(t *testing.T) {
	const hidden = ".nfs0000000000a1b2c300000001"
	path := filepath.Join(t.TempDir(), "out")
	abandon(t, path, func(d *Folder) error {
		return errors.Join(d.Write("b", func(io.Writer) error { return nil }), os.Link(
			filepath.Join(d.files.path, "b"), filepath.Join(d.files.path, hidden)))
	})
	o := Options{NoSync: true, seam: func(c change, do func() error) error {
		if filepath.Base(c.path) == hidden {
			return syscall.EBUSY
		}
		return do()
	}}
	d, err := o.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	if got := names(t, d.files.path); got != hidden {
		t.Errorf("there is %q, want %q", got, hidden)
	}
}
