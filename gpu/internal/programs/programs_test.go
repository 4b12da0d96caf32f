package programs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gpuconv/whole"
)

// example returns a program of n bytes. Other seeds give other programs.
func example(seed byte, n int) Program {
	return Program{Format: 0x8740 + uint32(seed), Data: bytes.Repeat([]byte{seed, 1, 2, 3}, n/4)}
}

func equal(a, b Program) bool { return a.Format == b.Format && bytes.Equal(a.Data, b.Data) }

func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

// TestLoad: a program comes back as it was saved, for its driver and source alone.
func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there", "yet")
	f := &Folder{Path: path, Driver: "driver", Most: Most}
	if _, ok := f.Load("a"); ok {
		t.Error("a folder that does not exist has a program")
	}
	for i, source := range []string{"a", "b", "a"} { // a is replaced
		if err := f.Save(source, example(byte(i), 1000)); err != nil {
			t.Fatal(err)
		}
	}
	for source, want := range map[string]Program{"a": example(2, 1000), "b": example(1, 1000)} {
		again := &Folder{Path: path, Driver: "driver", Most: Most}
		if p, ok := again.Load(source); !ok || !equal(p, want) {
			t.Errorf("%s: %v, another program than was saved", source, ok)
		}
	}
	other := &Folder{Path: path, Driver: "another driver", Most: Most}
	for _, c := range []struct {
		folder *Folder
		source string
	}{{other, "a"}, {f, "A"}, {f, ""}, {&Folder{Path: path, Driver: "driver\x00a", Most: Most}, ""}} {
		if _, ok := c.folder.Load(c.source); ok {
			t.Errorf("driver %q, source %q: a program is found that is not theirs", c.folder.Driver, c.source)
		}
	}
	if all := names(t, path); len(all) != 2 ||
		slices.ContainsFunc(all, func(name string) bool { return len(name) != 64+len(Extension) }) {
		t.Errorf("the folder holds %q, want two programs", all)
	}
}

// TestParse: content that is not what format wrote is refused.
func TestParse(t *testing.T) {
	k := key{1, 2, 3}
	want := example(7, 100)
	good := format(want, k)
	if p, ok := parse(good, k); !ok || !equal(p, want) {
		t.Errorf("%v, %v: want what was saved", p, ok)
	}
	changed := func(at int) []byte {
		bad := slices.Clone(good)
		bad[at] ^= 1
		return bad
	}
	for name, bad := range map[string][]byte{
		"empty":             {},
		"cut in the header": good[:header-1],
		"header alone":      good[:header],
		"no data":           format(Program{}, k),
		"cut":               good[:len(good)-1],
		"longer":            append(slices.Clone(good), 0),
		"another version":   changed(len(magic) - 2),
		"another key":       changed(len(magic)),
		"another hash":      changed(header - 1),
		"another bit":       changed(len(good) - 1),
	} {
		if p, ok := parse(bad, k); ok {
			t.Errorf("%s: read as %v", name, p)
		}
	}
}

// TestDamagedFile: a file that was cut off is not loaded, and the next Save mends it.
func TestDamagedFile(t *testing.T) {
	f := &Folder{Path: t.TempDir(), Most: Most}
	if err := f.Save("a", example(1, 400)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(f.file(f.key("a")), 300); err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Load("a"); ok {
		t.Error("a file that was cut off is loaded")
	}
	if err := f.Save("a", example(2, 400)); err != nil {
		t.Fatal(err)
	}
	if p, ok := f.Load("a"); !ok || !equal(p, example(2, 400)) {
		t.Error("it is not mended")
	}
}

// TestPrivate: only the user may read or change a program. Save replaces what another left in its place.
func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permissions of this kind")
	}
	f := &Folder{Path: t.TempDir(), Most: Most}
	path := f.file(f.key("a"))
	for name, leave := range map[string]func() error{
		"nothing":                  func() error { return nil },
		"a program that all share": func() error { return os.Chmod(path, 0o666) },
		"an unreadable file":       func() error { return os.Chmod(path, 0) },
		"a link to a folder":       func() error { return errors.Join(os.RemoveAll(path), os.Symlink(f.Path, path)) },
	} {
		if err := f.Save("a", example(1, 400)); err != nil {
			t.Fatal(err)
		}
		if err := leave(); err != nil {
			t.Fatal(err)
		}
		if err := f.Save("a", example(2, 400)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		info, err := os.Lstat(path)
		if p, ok := f.Load("a"); !ok || !equal(p, example(2, 400)) || err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: the program is found: %v, %v", name, ok, err)
		}
	}
}

// TestNoFolder: if the folder cannot be made or written, Save returns an error and Load finds no program.
func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := &Folder{Path: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(taken.file(taken.key("a")), "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a file": file, "in a file": filepath.Join(file, "folder"),
		"a program is a folder": taken.Path} {
		f := &Folder{Path: path, Most: Most}
		if err := f.Save("a", example(1, 400)); err == nil {
			t.Errorf("%s: saved", name)
		}
		if _, ok := f.Load("a"); ok {
			t.Errorf("%s: loaded", name)
		}
	}
	if all := names(t, taken.Path); len(all) != 1 {
		t.Errorf("%q are left, want the folder alone", all)
	}
}

// TestPrune: the programs that were used least recently go first, and so do files of processes that died while they
// wrote. What is not ours stays.
func TestPrune(t *testing.T) {
	path := t.TempDir()
	size := len(format(example(0, 1000), key{}))
	f := &Folder{Path: path, Driver: "driver", Most: 3*size + 10}
	old := func(path string, age time.Duration) {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	dead, alive := partialName(t), partialName(t)
	foreign := []string{"foreign", "mine.program", ".new-mine", ".partial-mine", ".partial-12.npy"}
	ages := map[string]time.Duration{dead: 2 * time.Hour, ".new-123": 2 * time.Hour, alive: time.Minute,
		".new-45": time.Minute}
	for _, name := range foreign {
		ages[name] = 2 * time.Hour
	}
	for name, age := range ages {
		if err := os.WriteFile(filepath.Join(path, name), make([]byte, 5000), 0o600); err != nil {
			t.Fatal(err)
		}
		old(filepath.Join(path, name), age)
	}
	for i, source := range []string{"a", "b", "c"} {
		if err := f.Save(source, example(byte(i), 1000)); err != nil {
			t.Fatal(err)
		}
		old(f.file(f.key(source)), time.Hour-time.Duration(i)*time.Minute)
	}
	if _, ok := f.Load("a"); !ok { // now a was used last
		t.Error("a is gone already")
	}
	if err := f.Save("d", example(3, 1000)); err != nil {
		t.Fatal(err)
	}
	if err := f.Save("too large", example(4, f.Most)); err == nil {
		t.Error("a program larger than the folder was saved")
	}
	var held []string
	for _, source := range []string{"a", "b", "c", "d"} {
		if _, ok := f.Load(source); ok {
			held = append(held, source)
		}
	}
	if got := strings.Join(held, " "); got != "a d" || f.bytes > f.Most*7/8 {
		t.Errorf("%s are left in %d bytes, want a d", got, f.bytes)
	}
	all := names(t, path)
	listed := len(all)
	stay := slices.Sorted(slices.Values(append(foreign, alive, ".new-45")))
	all = slices.DeleteFunc(all, func(name string) bool { return len(name) > 64 && strings.HasSuffix(name, Extension) })
	if programs := listed - len(all); programs != 2 || !slices.Equal(all, stay) {
		t.Errorf("%d programs and %q are left, want two, the files that are being written and the foreign ones",
			listed-len(all), all)
	}
}

// partialName returns a name that package whole gives to a private file until it is complete.
func partialName(t *testing.T) (name string) {
	t.Helper()
	folder := t.TempDir()
	err := whole.WritePrivate(filepath.Join(folder, "a"), func(io.Writer) error {
		name = names(t, folder)[0]
		return nil
	})
	if err != nil || name == "a" {
		t.Fatal(name, err)
	}
	return name
}

// TestSharedFolder: what is loaded is what was saved while others write, read and remove the same files.
func TestSharedFolder(t *testing.T) {
	path := t.TempDir()
	var group sync.WaitGroup
	loaded := make([]int, 4)
	for i := range loaded {
		group.Go(func() {
			f := &Folder{Path: path, Driver: "driver", Most: 40 << 10} // two programs
			for round := range 60 {
				seed := byte((i + round) % 3)
				source := string(rune('a' + seed))
				if p, ok := f.Load(source); ok {
					loaded[i]++
					if !equal(p, example(seed, 16<<10)) {
						t.Errorf("%s: another program", source)
					}
				}
				_ = f.Save(source, example(seed, 16<<10)) // another may have removed the file under it
			}
		})
	}
	group.Wait()
	if slices.Max(loaded) == 0 {
		t.Error("nothing was ever loaded")
	}
	for _, name := range names(t, path) {
		if filepath.Ext(name) != Extension {
			t.Errorf("%s is left", name)
		}
	}
}
