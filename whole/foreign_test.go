package whole

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestInTheWay: something that has the name of a hidden folder and is not one is neither followed nor removed.
func TestInTheWay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege")
	}
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.MkdirAll(filepath.Join(precious, filesName), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(precious, fileName), "mine")
	write(t, filepath.Join(dir, ".partial-c"), "mine")
	for _, name := range []string{".partial-a", ".partial-b"} {
		if err := os.Symlink("precious", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	somebodys := map[string]string{"d": "precious", "e": "files", "f": "file", "g": "lock", "h": "gpuconv.txt",
		"i": "moves"}
	for name, inside := range somebodys {
		hidden := filepath.Join(dir, ".partial-"+name)
		if err := os.MkdirAll(hidden, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(hidden, inside), "mine")
	}
	if err := os.Mkdir(filepath.Join(dir, ".partial-j"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split("bcdefghi", "") {
		var e *Error
		_, err := CreateFolder(filepath.Join(dir, name))
		want := filepath.Join(dir, ".partial-"+name) + ": it is in the way: want it gone"
		if inside := somebodys[name]; inside != "" {
			want = filepath.Join(dir, ".partial-"+name) + ": " + inside + foreignRule
		}
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := Write(filepath.Join(dir, "a"), func(io.Writer) error { return nil }); err != nil {
		t.Error(err) // under another name
	}
	var removed []string
	if err := watched(&removed).Write(filepath.Join(dir, "j"), func(io.Writer) error { return nil }); err != nil ||
		removed != nil {
		t.Errorf("%v, removed are %q", err, removed) // an empty folder is not something that was removed
	}
	if got, want := names(t, precious), fileName+" "+filesName; got != want {
		t.Errorf("what links lead to holds %q, want %q", got, want)
	}
	const want = ".partial-a .partial-b .partial-c .partial-d .partial-e .partial-f .partial-g .partial-h .partial-i " +
		"a j precious"
	if got := names(t, dir); got != want {
		t.Errorf("there is %q, want %q", got, want)
	}
	for name, inside := range somebodys {
		if got := names(t, filepath.Join(dir, ".partial-"+name)); got != inside {
			t.Errorf("a folder of somebody else holds %q, want %q", got, inside)
		}
	}
}

// TestForgedMoves: of the files in a list of moves, only those are removed that were moved there, byte for byte, and
// that such a list may have moved from their old place.
func TestForgedMoves(t *testing.T) {
	sum := newSummer()
	io.WriteString(sum, "mine")
	file := func(name string) string {
		text, err := json.Marshal(sum.of(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	list := func(into string, files ...string) string {
		return `{"into": "` + into + `", "files": [` + strings.Join(files, ", ") + `]}`
	}
	for _, text := range []string{
		list("..", file("mine")), list(".", file("../mine")), list(".", file("x/../../mine")), list("a/..", file("mine")),
		list("."), list(".", file("")), list(".", "{}"), `{"into": `, ``, list(".", file("folder"), file("missing")),
		list(".", file("folder/mine"), file("missing")), list("folder", file("mine"), file("missing")),
		list(".", file("mine"), file("folder/x")), list("another", file("mine"), file("missing")),
		`{"into": ".", "names": ["mine", "zzz"]}`, `{"into": ".", "names": ["folder/mine", "mine", "zzz"]}`,
		list(".", `{"name": "mine"}`, file("missing")), list(".", `{"name": "mine", "bytes": 4}`, file("missing")),
		list(".", `{"name": "mine", "bytes": 4, "crc32c": "00000000"}`, file("missing")),
		list(".", strings.Replace(file("mine"), "4", "5", 1), file("missing")),
	} {
		for _, hidden := range []string{"out/" + partial, ".partial-out", ".partial-mine"} {
			root := t.TempDir()
			for _, folder := range []string{"out/folder", "another", hidden} {
				if err := os.MkdirAll(filepath.Join(root, folder), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			mine := []string{"mine", "another/mine", "out/mine", "out/folder/mine"}
			for _, path := range mine {
				write(t, filepath.Join(root, path), "mine")
			}
			write(t, filepath.Join(root, hidden, movesName), text)
			var e *Error
			if err := (Options{NoSync: true}).CheckFolder(filepath.Join(root, "out")); !errors.As(err, &e) ||
				!strings.HasSuffix(e.Rule, "this one holds folder") {
				t.Errorf("%s: %v", text, err)
			}
			for _, path := range mine {
				if read(filepath.Join(root, path)) != "mine" {
					t.Errorf("%s in %s: %s is gone", text, hidden, path)
				}
			}
		}
	}
}

// TestChangedMeanwhile: a process dies between the moves of its files. The next one removes those that are unchanged.
// What somebody has written over one of them, into it or in its place, stays.
func TestChangedMeanwhile(t *testing.T) {
	dead := errors.New("the process is dead")
	for _, linked := range []bool{true, false} {
		for moves := range 3 {
			for _, write := range []func(path string) error{
				nil,
				func(path string) error { return os.WriteFile(path, []byte("content of b"), 0o666) },
				func(path string) error { return os.WriteFile(path, nil, 0o666) },
				func(path string) error {
					return errors.Join(os.WriteFile(path+"2", []byte("content of b"), 0o666), os.Rename(path+"2", path))
				},
			} {
				root, done := t.TempDir(), 0
				o := Options{NoSync: true, seam: func(c change, do func() error) error {
					if filepath.Base(filepath.Dir(c.path)) == filesName && filepath.Dir(c.to) == root {
						if c.action == links && !linked {
							return syscall.EPERM
						}
						done++
					}
					if done > moves {
						return dead
					}
					return do()
				}}
				d, err := o.CreateFolder(root)
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"a", "b", "c"} {
					text := func(w io.Writer) error { _, err := io.WriteString(w, "content of "+name); return err }
					if err := d.Write(name, text); err != nil {
						t.Fatal(err)
					}
				}
				if err := d.Commit(); !errors.Is(err, dead) {
					t.Fatal(err)
				}
				die(t, d)
				want := ""
				if changed := filepath.Join(root, "a"); write != nil {
					if err := write(changed); err != nil {
						t.Fatal(err)
					}
					want = read(changed)
				}
				err = CheckFolder(root)
				if got := names(t, root); write == nil && (err != nil || got != "") {
					t.Errorf("%v, there is %q", err, got)
				} else if write != nil && (err == nil || got != "a" || read(filepath.Join(root, "a")) != want) {
					t.Errorf("%v, there is %q, and a holds %q, want %q", err, got, read(filepath.Join(root, "a")), want)
				}
			}
		}
	}
}

// TestAppears: a free name is taken while a file moves there, at any moment between the check and the move. What has
// appeared stays, even if the file system has no hard links.
func TestAppears(t *testing.T) {
	for name, move := range map[string]func(o Options, root string) error{
		"a folder": func(o Options, root string) error {
			d, err := o.CreateFolder(filepath.Join(root, "out"))
			if err != nil {
				return err
			}
			defer d.Discard()
			if err := d.Write("a", func(io.Writer) error { return nil }); err != nil {
				return err
			}
			return d.Commit()
		},
		"a download": func(o Options, root string) error {
			write(t, filepath.Join(root, "a.part"), "part")
			return o.PlaceNew(filepath.Join(root, "a.part"), filepath.Join(root, "a"))
		},
	} {
		root, appeared := t.TempDir(), ""
		if err := os.Mkdir(filepath.Join(root, "out"), 0o777); err != nil {
			t.Fatal(err)
		}
		o := Options{NoSync: true, seam: func(c change, do func() error) error {
			switch {
			case c.action == links:
				return syscall.EPERM
			case c.action == renames:
				appeared = c.to
				write(t, c.to, "mine")
			}
			return do()
		}}
		err := move(o, root)
		if !errors.As(err, new(*Error)) || appeared == "" || read(appeared) != "mine" {
			t.Errorf("%s: %v, and %s holds %q", name, err, appeared, read(appeared))
		}
	}
}

// TestNoReplace: if the system checks and renames in one step, files and folders move only to free names, and replace
// neither a file nor a link.
func TestNoReplace(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "new")
	write(t, filepath.Join(dir, "mine"), "mine")
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	err = renameNoReplace(root, "a", "mine")
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system has no such step")
	}
	if !errors.Is(err, fs.ErrExist) || read(filepath.Join(dir, "mine")) != "mine" ||
		read(filepath.Join(dir, "a")) != "new" {
		t.Errorf("%v; mine holds %q", err, read(filepath.Join(dir, "mine")))
	}
	if err := os.Symlink(os.TempDir(), filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := renameNoReplace(root, "a", "out"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a link: %v", err)
	}
	if err := renameNoReplace(root, "a", filepath.Join("out", "a")); err == nil {
		t.Error("a file moves through a link out of the folder")
	}
	if err := renameNoReplace(root, "none", "b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
	if err := renameNoReplace(root, "a", filepath.Join("in", "b")); err != nil ||
		read(filepath.Join(dir, "in", "b")) != "new" {
		t.Errorf("%v; there is %q", err, names(t, dir))
	}
}

// foreignRule ends the error about a file of somebody else.
const foreignRule = " is in it, which gpuconv did not write: want that elsewhere"

// TestForeignAmongMany: a file of somebody else is seen among more files of this package than are listed at a time.
func TestForeignAmongMany(t *testing.T) {
	dir := t.TempDir()
	hidden := filepath.Join(dir, ".partial-a")
	if err := os.Mkdir(hidden, 0o777); err != nil {
		t.Fatal(err)
	}
	for number := range 300 {
		write(t, filepath.Join(hidden, leaseFile(number)), "")
	}
	write(t, filepath.Join(hidden, "mine"), "mine")
	_, err := CreateFolder(filepath.Join(dir, "a"))
	if want := hidden + ": mine" + foreignRule; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if got := len(strings.Fields(names(t, hidden))); got != 301 {
		t.Errorf("%d files are left of somebody's 301", got)
	}
}
