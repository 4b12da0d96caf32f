package whole

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// keptJob writes a kept folder of two files: "a", in parts that each get a line of the journal, and "list".
type keptJob struct{ path string }

var keptParts = []string{"content", " of", " a"}

func (j keptJob) run(o Options, root string) error {
	path := filepath.Join(root, j.path)
	if exists(filepath.Join(path, "list")) {
		if err := o.ClearFinished(path, "a"); err != nil {
			return err
		}
	}
	d, err := o.KeepFolder(path, "a")
	if err != nil {
		return err
	}
	defer d.Discard()
	if err := grow(d); err != nil {
		return err
	}
	if err := d.Write("list", func(w io.Writer) error {
		_, err := io.WriteString(w, "content of list")
		return err
	}); err != nil {
		return err
	}
	return d.Commit()
}

// grow writes the parts that have no line in the journal yet, and commits the file.
func grow(d *Folder) error {
	g, err := d.Grow()
	if err != nil {
		return err
	}
	at, counted := int64(0), len(d.Journal().Lines)
	for i, part := range keptParts {
		got := make([]byte, len(part))
		if _, err := g.ReadAt(got, at); i < counted && err == nil && string(got) == part {
			at += int64(len(part))
			continue
		}
		if err := add(d, g, part, at); err != nil {
			return errors.Join(err, g.Close())
		}
		at += int64(len(part))
	}
	return g.Commit(Sum{Bytes: at, CRC32C: fmt.Sprintf("%08x", Checksum(0, []byte(strings.Join(keptParts, ""))))})
}

func add(d *Folder, g *Grown, part string, at int64) error {
	if _, err := g.WriteAt([]byte(part), at); err != nil {
		return err
	}
	if err := g.Sync(); err != nil {
		return err
	}
	if err := d.Journal().Add([]byte(part)); err != nil {
		return err
	}
	if err := d.Journal().Sync(); err != nil {
		return err
	}
	d.Keep()
	return nil
}

// judge says what is wrong, unless the folder is whole or not there.
func (j keptJob) judge(found tree, done bool) string {
	return folderJob{path: j.path}.judge(found, done)
}

// lost says what is wrong if the journal lacks a line that was written before the job continued, or if the file lacks a
// part that has a line. Once the whole folder is renamed, the model may lose the old name before it has the new one.
// Then the parts are done again.
func (j keptJob) lost(changes []change, found tree) string {
	added, relied := 0, 0
	for _, c := range changes {
		switch {
		case c.action == writes && filepath.Base(c.path) == journalName:
			added++
		case c.action == writesAt, c.action == links:
			relied = added
		case c.action == renames && filepath.Base(c.to) == j.path:
			return ""
		}
	}
	lines := strings.Count(found[j.path+unfinished+"/"+journalName].text, "\n")
	if lines < relied {
		return fmt.Sprintf("the journal has %d lines, want %d", lines, relied)
	}
	there := found[j.path+unfinished+"/"+grownName].text
	if there == "" {
		there = found[j.path+unfinished+"/"+filesName+"/a"].text
	}
	if want := strings.Join(keptParts[:lines], ""); !strings.HasPrefix(there, want) {
		return fmt.Sprintf("the journal has %d lines, and the file has %q", lines, there)
	}
	return ""
}

// examineKept calls examine, and also looks for lines of the journal that are lost.
func examineKept(t *testing.T, j keptJob, before tree, root string, changes []change) (states int, wrong string) {
	crashes(t, newModel(t, lay(t, before)), root, changes, func(after int, _ bool, found tree) {
		if wrong == "" {
			if wrong = j.lost(changes[:after], found); wrong != "" {
				wrong = fmt.Sprintf("cut after %d changes: %s: %s", after, wrong, found)
			}
		}
	})
	if wrong != "" {
		return 0, wrong
	}
	return examine(t, j, newModel(t, lay(t, before)), root, changes)
}

// TestKeptPowerCut: whenever the power is cut, each part with a line in the journal is on the disk, and the next
// process completes the folder. The test would fail without any one of the syncs.
func TestKeptPowerCut(t *testing.T) {
	root, j, tape := t.TempDir(), keptJob{"out"}, &tape{}
	before := found(t, root)
	if err := j.run(tape.options(), root); err != nil {
		t.Fatal(err)
	}
	states, wrong := examineKept(t, j, before, root, tape.changes)
	if wrong != "" || states < 20 {
		t.Errorf("%d states: %s", states, wrong)
	}
	for i, c := range tape.changes {
		if c.action != syncs && c.action != syncsFolder {
			continue
		}
		without := slices.Delete(slices.Clone(tape.changes), i, i+1)
		if _, wrong := examineKept(t, j, before, root, without); wrong == "" {
			t.Errorf("without change %d, %s of %s, nothing is wrong", i, c.action, c.path)
		}
	}
}

// TestKeptStepFails: whichever step the system refuses, and whenever the process dies, the next process completes the
// folder and does not repeat a part that has a line in the journal.
func TestKeptStepFails(t *testing.T) {
	for _, dies := range []bool{false, true} {
		for step := 1; ; step++ {
			root, steps, added := quickDir(t), 0, 0
			o := Options{NoSync: true, seam: func(c change, do func() error) error {
				if steps++; steps == step || dies && steps > step {
					return syscall.ENOSPC
				}
				if c.action == writes && filepath.Base(c.path) == journalName {
					added++
				}
				return do()
			}}
			err := keptJob{"out"}.run(o, root)
			again := Options{NoSync: true, seam: func(c change, do func() error) error {
				if c.action == writes && filepath.Base(c.path) == journalName {
					added++
				}
				return do()
			}}
			if err != nil {
				if exists(filepath.Join(root, "out")) {
					t.Errorf("step %d is refused with %v, and the folder is there", step, err)
				}
				if err := (keptJob{"out"}).run(again, root); err != nil {
					t.Errorf("after step %d, the next process fails with %v", step, err)
				}
			}
			if wrong := (keptJob{"out"}).judge(found(t, root), true); wrong != "" {
				t.Errorf("after step %d: %s", step, wrong)
			}
			if added > len(keptParts)+1 { // one whose line was not synced
				t.Errorf("after step %d, %d parts are done, want %d at most", step, added, len(keptParts)+1)
			}
			if steps < step {
				break
			}
		}
	}
}

// TestKept: a kept folder is beside its path until it is complete. Complete files of an earlier process are removed.
// While a process writes, another one is refused. Discard leaves nothing if nothing was worth keeping.
func TestKept(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "new", "out")
	if err := keepNothing(t, path); err != nil || exists(filepath.Join(root, "new")) {
		t.Fatalf("%v, and %q are left", err, names(t, root))
	}
	d, err := Options{}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	if !d.Kept() || !IsUnfinished(path) || exists(path) {
		t.Errorf("kept: %v, unfinished: %v", d.Kept(), IsUnfinished(path))
	}
	if _, err := (Options{}).KeepFolder(path, "a"); err == nil ||
		!strings.Contains(err.Error(), "another process is writing this one") {
		t.Errorf("a second process gets %v", err)
	}
	if err := CheckFolder(path); err == nil || !strings.Contains(err.Error(), "out.unfinished has a part of this one") {
		t.Errorf("a process that does not continue gets %v", err)
	}
	if err := grow(d); err != nil {
		t.Fatal(err)
	}
	put(t, d, "b")
	die(t, d)
	if d, err = (Options{}).KeepFolder(path, "a"); err != nil {
		t.Fatal(err)
	}
	if got := names(t, filepath.Join(Unfinished(path), filesName)); got != "" {
		t.Errorf("%q are left of a process that died", got)
	}
	if err := grow(d); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := names(t, path); got != "a" || read(filepath.Join(path, "a")) != "content of a" ||
		exists(Unfinished(path)) {
		t.Errorf("the folder holds %q", got)
	}
	for _, path := range []string{path, root, "", ".", "/", filepath.Join(root, "..")} {
		if _, err := (Options{}).KeepFolder(path, "a"); err == nil ||
			!strings.Contains(err.Error(), "want the name of a new folder") {
			t.Errorf("%q: error %v", path, err)
		}
	}
}

// keepNothing begins a folder and discards it.
func keepNothing(t *testing.T, path string) error {
	t.Helper()
	d, err := Options{}.KeepFolder(path, "a")
	if err != nil {
		return err
	}
	defer d.Discard()
	g, err := d.Grow()
	if err != nil {
		return err
	}
	put(t, d, "b")
	return errors.Join(d.Journal().Add([]byte("x")), g.Close())
}

// TestKeptForeign: a folder of somebody else that has the name of a kept folder is left alone.
func TestKeptForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := os.Mkdir(Unfinished(path), 0o777); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(Unfinished(path), "mine")
	write(t, mine, "mine")
	if _, err := (Options{}).KeepFolder(path, "a"); err == nil || !strings.Contains(err.Error(), ": mine"+foreignRule) {
		t.Errorf("error %v", err)
	}
	if err := (Options{}).ClearFinished(path, "a"); err == nil || read(mine) != "mine" {
		t.Errorf("error %v, or it is changed", err)
	}
}

// TestKeptVanishes: a folder that is moved away while it is written is noticed before the journal gets a line.
func TestKeptVanishes(t *testing.T) {
	unixRename(t)
	path := filepath.Join(t.TempDir(), "out")
	d, err := Options{}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	g, err := d.Grow()
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := os.Rename(Unfinished(path), path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := add(d, g, "content", 0); err == nil || !strings.Contains(err.Error(), "moved or removed meanwhile") {
		t.Errorf("error %v", err)
	}
}

func unixRename(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("this system does not rename open folders")
	}
}

// TestGrownSize: the grown file is found under both of its names. If it is gone, its size is 0, as long as the folder
// is not finished.
func TestGrownSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	is := func(when string, want int64, wantKnown bool) {
		t.Helper()
		if got, known := GrownSize(path, "a"); got != want || known != wantKnown {
			t.Errorf("%s: %d, %v, want %d, %v", when, got, known, want, wantKnown)
		}
	}
	is("before", 0, false)
	d, err := Options{NoSync: true}.KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	is("begun", 0, true)
	g, err := d.Grow()
	if err == nil {
		_, err = g.WriteAt([]byte("abc"), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	is("grown", 3, true)
	if err := g.Commit(Sum{Bytes: 3}); err != nil {
		t.Fatal(err)
	}
	is("complete", 3, true)
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	is("finished", 0, false)
}

// TestJournal: lines that are cut off or changed do not count, and lines after them do.
func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	journal := filepath.Join(Unfinished(path), journalName)
	lines := func() (texts string, changed int) {
		t.Helper()
		d, err := Options{}.KeepFolder(path, "a")
		if err != nil {
			t.Fatal(err)
		}
		d.Keep()
		defer d.Discard()
		for _, line := range d.Journal().Lines {
			texts += string(line) + ";"
		}
		changed = d.Journal().Changed
		if err := d.Journal().Add(fmt.Appendf(nil, "line %d", len(d.Journal().Lines))); err != nil {
			t.Fatal(err)
		}
		return texts, changed
	}
	long := strings.Repeat("x", mostLine)
	for _, step := range []struct {
		change  func(text string) string
		lines   string
		changed int
	}{
		{nil, "", 0},
		{nil, "line 0;", 0},
		{func(text string) string { return text + "0123" }, "line 0;line 1;", 0},
		{func(text string) string { return strings.TrimSuffix(text, "\n") }, "line 0;line 1;", 0},
		{func(text string) string { return strings.Replace(text, "line 1", "line 9", 1) }, "line 0;line 2;", 1},
		{func(text string) string { return "\n" + text }, "line 0;line 2;line 2;", 2},
		{func(text string) string { return text + long + "\n0123" }, "line 0;line 2;line 2;line 3;", 3},
		{func(text string) string { return text + long }, "line 0;line 2;line 2;line 3;line 4;", 3},
		{func(text string) string { return strings.ToUpper(text) }, "", 9},
	} {
		if step.change != nil {
			write(t, journal, step.change(read(journal)))
		}
		if got, changed := lines(); got != step.lines || changed != step.changed {
			t.Errorf("lines %q and %d changed, want %q and %d", got, changed, step.lines, step.changed)
		}
	}
}

// TestJoinChecksums: joining the checksums of two parts gives the checksum of both together, for any sizes.
func TestJoinChecksums(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	data := make([]byte, 5000)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for range 200 {
		a, b := random.IntN(len(data)), random.IntN(len(data))
		first, second := data[:min(a, b)], data[min(a, b):max(a, b)]
		got := JoinChecksums(Checksum(0, first), Checksum(0, second), int64(len(second)))
		if want := Checksum(0, data[:max(a, b)]); got != want {
			t.Fatalf("%d and %d bytes: %08x, want %08x", len(first), len(second), got, want)
		}
	}
}
