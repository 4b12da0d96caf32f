package whole

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// hiddenLeft lists the hidden folders that are left in root.
func hiddenLeft(t *testing.T, root string) (left []string) {
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), partial) || strings.HasSuffix(path, unfinished) {
			left = append(left, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// fileJob writes a file, over another one or not, in a folder that exists or not.
type fileJob struct{ path, old string }

func (j fileJob) run(o Options, root string) error {
	made, err := o.MakeFolders(filepath.Join(root, filepath.Dir(j.path)))
	if err != nil {
		return err
	}
	err = o.Write(filepath.Join(root, j.path), func(w io.Writer) error {
		_, err := io.WriteString(w, "new ")
		if err == nil {
			_, err = io.WriteString(w, "content")
		}
		return err
	})
	if err != nil {
		made.Remove()
	}
	return err
}

// judge says what is wrong with what is found. done means that the job has ended.
func (j fileJob) judge(found tree, done bool) string {
	it, there := found[filepath.ToSlash(j.path)]
	switch got := it.text; {
	case got == "new content":
		return ""
	case done:
		return "the job was done, and the file is missing"
	case there && got != j.old, !there && j.old != "":
		return "it is neither the old file nor the new one"
	}
	return ""
}

// placeJob writes a part, as a download does, and renames it.
type placeJob struct{ fileJob }

func (j placeJob) run(o Options, root string) (err error) {
	base, err := o.disk().open(root)
	if err != nil {
		return err
	}
	defer base.close()
	part := j.path + ".part"
	if base.holds(part) {
		if err := base.remove(part); err != nil {
			return err
		}
	}
	f, err := base.create(part, 0o666)
	if err == nil {
		_, err = f.Write([]byte("new content"))
		err = errors.Join(err, f.Close())
	}
	place := o.PlaceNew
	if base.holds(j.path) {
		place = o.Place
	}
	if err == nil {
		err = place(filepath.Join(root, part), filepath.Join(root, j.path))
	}
	if err != nil && base.holds(part) {
		err = errors.Join(err, base.remove(part))
	}
	return err
}

// folderJob writes a folder of files, over another one or not.
type folderJob struct {
	path      string
	before    bool
	piecemeal bool // for file systems that cannot rename folders or link files
}

var folderFiles = []string{"a", "list"}

func (j folderJob) run(o Options, root string) error {
	if do := o.change; j.piecemeal {
		o.seam = func(c change, done func() error) error {
			if c.action == links || c.action == renames && filepath.Base(c.path) == filesName {
				return syscall.EXDEV
			}
			return do(c, done)
		}
	}
	d, err := o.CreateFolder(filepath.Join(root, j.path))
	if err != nil {
		return err
	}
	defer d.Discard()
	for _, name := range folderFiles {
		write := func(w io.Writer) error { _, err := io.WriteString(w, "content of "+name); return err }
		if err := d.Write(name, write); err != nil {
			return err
		}
	}
	return d.Commit()
}

// judge: a new folder has all files or does not exist. An old folder has all files once it has the last one.
func (j folderJob) judge(found tree, done bool) string {
	path := filepath.ToSlash(j.path) + "/"
	whole := 0
	for _, name := range folderFiles {
		it, there := found[path+name]
		switch {
		case there && it.text != "content of "+name:
			return "file " + name + " is not whole"
		case there:
			whole++
		}
	}
	_, exists := found[path]
	_, last := found[path+"list"]
	switch {
	case done && whole < len(folderFiles):
		return "the job was done, and the folder is not whole"
	case last && whole < len(folderFiles):
		return "the last file is there, and another is not"
	case !j.before && !j.piecemeal && exists && whole < len(folderFiles):
		return "the folder is there, and not whole"
	case j.before && !exists:
		return "the folder is gone"
	}
	return ""
}

// job is the job that the power cut interrupts.
type job interface {
	run(o Options, root string) error
	judge(found tree, done bool) string
}

func jobs(t *testing.T) map[string]func(root string) job {
	put := func(root, path, text string) {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, path), text)
	}
	return map[string]func(root string) job{
		"a new file":         func(string) job { return fileJob{"x/y/out.npy", ""} },
		"a file over a file": func(root string) job { put(root, "out.npy", "old"); return fileJob{"out.npy", "old"} },
		"a download":         func(string) job { return placeJob{fileJob{"out.npz", ""}} },
		"a download over a file": func(root string) job {
			put(root, "out.npz", "old")
			return placeJob{fileJob{"out.npz", "old"}}
		},
		"a new folder": func(string) job { return folderJob{"x/out", false, false} },
		"a folder that was there": func(root string) job {
			if err := os.Mkdir(filepath.Join(root, "out"), 0o777); err != nil {
				t.Fatal(err)
			}
			return folderJob{"out", true, false}
		},
		"a folder that is not renamed": func(string) job { return folderJob{"out", false, true} },
	}
}

// TestPowerCut: at each moment, whatever part of the last steps reaches the disk, the old version or the new one is
// there, whole. After the job it is the new one. The next process writes the same again, and leaves nothing of the one
// that died.
func TestPowerCut(t *testing.T) {
	for name, prepare := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for the disk
			root := t.TempDir()
			j := prepare(root)
			start, tape := newModel(t, root), &tape{}
			if err := j.run(tape.options(), root); err != nil {
				t.Fatal(err)
			}
			states, wrong := examine(t, j, start, root, tape.changes)
			if wrong != "" {
				t.Error(wrong)
			}
			t.Logf("%d changes, %d states", len(tape.changes), states)
			if states < 6 {
				t.Errorf("%d states are too few to show anything", states)
			}
		})
	}
}

// TestPowerCutBites: if a program leaves out one of its syncs, the test finds it, whichever sync it is.
func TestPowerCutBites(t *testing.T) {
	for name, prepare := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits for the disk
			root := t.TempDir()
			j := prepare(root)
			if f, ok := j.(folderJob); ok && f.piecemeal {
				return // the steps are those of the other jobs, and one sync is for the rename that fails
			}
			before := tree{}
			newModel(t, root).cut(nil, func(found tree) { before = found })
			tape := &tape{}
			if err := j.run(tape.options(), root); err != nil {
				t.Fatal(err)
			}
			for i, c := range tape.changes {
				if c.action != syncs && c.action != syncsFolder {
					continue
				}
				without := slices.Delete(slices.Clone(tape.changes), i, i+1)
				start := newModel(t, lay(t, before))
				if _, wrong := examine(t, j, start, root, without); wrong == "" {
					t.Errorf("without change %d, %s of %s, nothing is wrong", i, c.action, c.path)
				}
			}
		})
	}
}

// examine cuts a job at each moment. It returns the first thing that is wrong, and how many different states there are.
func examine(t *testing.T, j job, start *model, root string, changes []change) (states int, wrong string) {
	seen := map[string]tree{}
	crashes(t, start, root, changes, func(after int, done bool, found tree) {
		text := found.String()
		if _, known := seen[text]; wrong != "" || known && !done {
			return
		}
		if wrong = j.judge(found, done); wrong != "" {
			wrong = fmt.Sprintf("cut after %d of %d changes: %s: %s", after, len(changes), wrong, text)
		}
		seen[text] = found
	})
	for text, found := range seen { // this is slower
		if wrong != "" {
			break
		}
		if wrong = again(t, j, found); wrong != "" {
			wrong += ": " + text
		}
	}
	return len(seen), wrong
}

// again makes the next process write the same after a power cut, and says what is wrong.
func again(t *testing.T, j job, found tree) string {
	root := lay(t, found)
	defer os.RemoveAll(root)
	complete := j.judge(found, true) == ""
	err := j.run(Options{NoSync: true}, root)
	left := hiddenLeft(t, root)
	_, isFolder := j.(folderJob)
	_, isKept := j.(keptJob)
	isFolder = isFolder || isKept
	switch {
	case isFolder && complete && err == nil:
		return "the next process writes into a folder that is whole"
	case !(isFolder && complete) && err != nil:
		return fmt.Sprintf("the next process fails with %v", err)
	case left != nil:
		return fmt.Sprintf("%v are left", left)
	}
	return ""
}

// TestNoSync: without syncing, no sync is called.
func TestNoSync(t *testing.T) {
	for name, prepare := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			root, tape := t.TempDir(), &tape{}
			o := tape.options()
			o.NoSync = true
			if err := prepare(root).run(o, root); err != nil {
				t.Fatal(err)
			}
			for _, c := range tape.changes {
				if c.action == syncs || c.action == syncsFolder {
					t.Errorf("%s of %s", c.action, c.path)
				}
			}
		})
	}
}

// TestEachStepFails: whichever step the system refuses, the job fails and leaves what was there before, or it succeeds.
// The next job succeeds.
func TestEachStepFails(t *testing.T) {
	for name, prepare := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for step := 1; ; step++ {
				root := quickDir(t)
				j := prepare(root)
				before, refused, steps := found(t, root), change{}, 0
				err := j.run(Options{seam: func(c change, do func() error) error {
					if steps++; steps == step && c.action != removes {
						refused = c
						return syscall.ENOSPC
					}
					return do()
				}}, root)
				after := found(t, root)
				switch {
				case err == nil && (j.judge(after, true) != "" || hiddenLeft(t, root) != nil):
					t.Errorf("step %d, %v of %s, is refused, and there is %v", step, refused.action, refused.path,
						after)
				// it is unknown whether it is safe
				case err != nil && refused.action == syncsFolder && j.judge(after, true) == "":
				case err != nil && before.String() != after.String():
					t.Errorf("step %d, %v of %s, is refused with %v: there is %v, want %v", step, refused.action,
						refused.path, err, after, before)
				case err != nil && !errors.Is(err, syscall.ENOSPC):
					t.Errorf("step %d, %v of %s, is refused with %v", step, refused.action, refused.path, err)
				}
				if wrong := again(t, j, after); wrong != "" {
					t.Errorf("after step %d was refused: %s", step, wrong)
				}
				if steps < step {
					if steps < 5 {
						t.Errorf("%d steps are too few", steps)
					}
					return
				}
			}
		})
	}
}

// found lists what is in a folder.
func found(t *testing.T, root string) (all tree) {
	newModel(t, root).cut(nil, func(state tree) { all = state })
	return all
}
