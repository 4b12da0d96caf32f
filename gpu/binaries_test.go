//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/programs"
	"gpuconv/gpu/internal/recipe"
	"gpuconv/whole"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// keeping returns the options of a device that keeps its programs in a folder.
func keeping(folder, algorithm string) Options {
	return Options{Device: Software(), Guard: true, Algorithm: algorithm, Programs: folder}
}

// entriesOf lists the files of a folder of programs.
func entriesOf(t *testing.T, folder string) (paths []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, f := range files {
		paths = append(paths, filepath.Join(folder, f.Name()))
	}
	return paths
}

// TestProgramsFromBinaries: each algorithm computes correctly with programs that another device has saved, and compiles
// none.
func TestProgramsFromBinaries(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there", "yet")
	p := problems.Layer(2, 1, 4, 3, 9)
	p.Bias = false
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}}
	for _, algorithm := range recipe.AlgorithmNames() {
		before := len(entriesOf(t, folder))
		for i, again := range []bool{false, true} {
			d := openTest(t, keeping(folder, algorithm))
			judge(t, d, p)
			b := d.binaries
			if n := len(d.programs); again && (b.loaded != n || b.saved != 0) || !again && b.loaded+b.saved != n {
				t.Errorf("%s, device %d: %d programs, %d loaded, %d saved", algorithm, i, n, b.loaded, b.saved)
			}
			if i == 0 && len(entriesOf(t, folder)) != before+b.saved {
				t.Errorf("%s: %d entries, %d before, %d saved", algorithm, len(entriesOf(t, folder)), before, b.saved)
			}
		}
	}
}

// TestBadEntries: a program whose file is damaged, or that the driver refuses, is compiled and saved again.
func TestBadEntries(t *testing.T) {
	folder, p := t.TempDir(), problems.Seed(1)
	first := openTest(t, keeping(folder, "direct"))
	judge(t, first, p)
	path := entriesOf(t, folder)[0]
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	source := onlySource(t, first)
	program, ok := first.binaries.folder.Load(source)
	if !ok {
		t.Fatal("the program that was saved cannot be loaded")
	}
	save := func(format uint32, data []byte) func() error {
		return func() error { return first.binaries.folder.Save(source, programs.Program{Format: format, Data: data}) }
	}
	for name, spoil := range map[string]func() error{
		"empty":              func() error { return os.WriteFile(path, nil, 0o600) },
		"cut":                func() error { return os.Truncate(path, int64(len(good)-1)) },
		"another format":     save(program.Format^1, program.Data), // OpenGL refuses it with an error
		"not of this driver": save(program.Format, []byte("a program of another driver")),
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		d := openTest(t, keeping(folder, "direct"))
		judge(t, d, p)
		if got, _ := os.ReadFile(path); d.binaries.loaded != 0 || d.binaries.saved != 1 || !slices.Equal(got, good) {
			t.Errorf("%s: %d loaded, %d saved, rewritten %v",
				name, d.binaries.loaded, d.binaries.saved, slices.Equal(got, good))
		}
	}
	d := openTest(t, keeping(folder, "direct"))
	if judge(t, d, p); d.binaries.loaded != 1 {
		t.Errorf("the program that was saved again is not loaded")
	}
}

// onlySource returns the source of a device's only program.
func onlySource(t *testing.T, d *Device) (source string) {
	t.Helper()
	if len(d.programs) != 1 {
		t.Fatalf("%d programs, want 1", len(d.programs))
	}
	for key := range d.programs {
		var err error
		if source, err = key.Source(nil); err != nil {
			t.Fatal(err)
		}
	}
	return source
}

// TestNoFolder: if a folder cannot be made or written, programs are compiled and everything else works.
func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	d := openTest(t, keeping(taken, "direct"))
	judge(t, d, problems.Seed(1))
	path := entriesOf(t, taken)[0]
	if err := errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{
		"none": "", "a file": file, "in a file": filepath.Join(file, "folder"), "an entry is a folder": taken,
	} {
		d := openTest(t, keeping(folder, "direct"))
		judge(t, d, problems.Seed(1))
		if d.binaries.loaded != 0 || d.binaries.saved != 0 {
			t.Errorf("%s: %d loaded, %d saved", name, d.binaries.loaded, d.binaries.saved)
		}
	}
	if left := entriesOf(t, taken); len(left) != 1 {
		t.Errorf("%q are left, want the folder alone", left)
	}
}

// TestBinaryFaults: a program that does not link from its binary is compiled from its source. Nothing is left of the
// first attempt, even if the context is lost.
func TestBinaryFaults(t *testing.T) {
	folder, p := t.TempDir(), problems.Seed(1)
	d := openTest(t, keeping(folder, "direct"))
	judge(t, d, p)
	_, compiled := objects(d)
	d = openTest(t, keeping(folder, "direct"))
	calls := 0
	d.meddle(func(s *seam) { s.programBinary = func(uint32, uint32, []byte) { calls++ } })
	judge(t, d, p)
	if _, programs := objects(d); calls != 1 || programs != compiled || d.binaries.loaded != 0 ||
		d.binaries.saved != 1 {
		t.Errorf("%d binaries given, %d programs, %d loaded, %d saved",
			calls, programs, d.binaries.loaded, d.binaries.saved)
	}
	lost := openTest(t, keeping(folder, "direct"))
	lost.meddle(func(s *seam) {
		s.programBinary = func(uint32, uint32, []byte) { lost.seam.getError = func() uint32 { return gl.CONTEXT_LOST } }
	})
	_, weight := filled(p)
	if _, err := lost.Plan(p, weight, nil); !errors.Is(err, conv.ErrLost) {
		t.Errorf("%v, want conv.ErrLost", err)
	}
	if _, programs := objects(lost); programs != 0 {
		t.Errorf("%d programs are left", programs)
	}
}

// TestBinariesOfMutants: a broken shader and another driver do not get the binary of the intact shader. The intact
// shader does not get that of a broken one.
func TestBinariesOfMutants(t *testing.T) {
	folder, p := t.TempDir(), faulty()["direct"]
	intact := openTest(t, keeping(folder, "direct"))
	if err := attempt(t, intact, p); err != nil {
		t.Fatal(err)
	}
	m := directMutants()[0]
	breaks := func(file, text string) string {
		if file == "direct.comp" {
			return strings.Replace(text, m.old, m.new, 1)
		}
		return text
	}
	mutant := openTest(t, keeping(folder, "direct"))
	mutant.meddle(func(s *seam) { s.edit = breaks })
	if err := attempt(t, mutant, p); !errors.Is(err, errWrong) || mutant.binaries.loaded != 0 {
		t.Errorf("a mutant: %v, %d programs loaded, want a wrong output of its own program",
			err, mutant.binaries.loaded)
	}
	again := openTest(t, keeping(folder, "direct"))
	if err := attempt(t, again, p); err != nil || again.binaries.loaded != 1 {
		t.Errorf("after a mutant: %v, %d programs loaded", err, again.binaries.loaded)
	}
	other := openTest(t, keeping(folder, "direct"), func(d *Device) {
		d.binaries.folder.Driver += " of another version"
	})
	if err := attempt(t, other, p); err != nil || other.binaries.loaded != 0 || other.binaries.saved != 1 {
		t.Errorf("another driver: %v, %d loaded, %d saved", err, other.binaries.loaded, other.binaries.saved)
	}
}

// TestProgramsInSharedFolder: devices that write, read and remove the same entries at once all compute correctly.
func TestProgramsInSharedFolder(t *testing.T) {
	folder := t.TempDir()
	var group sync.WaitGroup
	for i := range 4 {
		d := openTest(t, keeping(folder, "direct"), func(d *Device) {
			d.binaries.folder.Most = 40 << 10 // one entry, or two
		})
		group.Go(func() {
			for round := range 6 {
				p := problems.Seed(1)
				p.Weight[0] = 1 + 4*((i+round)%2) // another program
				p.PaddingMode = conv.PaddingMode((i + round) / 2 % 2)
				judge(t, d, p)
				d.thread.do(func() error { d.forget(); return nil })
			}
		})
	}
	group.Wait()
	for _, path := range entriesOf(t, folder) {
		if whole.IsPartial(filepath.Base(path)) {
			t.Errorf("%s is left", path)
		}
		if name := filepath.Base(path); len(name) != 64+len(programs.Extension) {
			t.Errorf("an entry is called %s", fmt.Sprintf("%q", name))
		}
	}
}
