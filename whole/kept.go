package whole

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A kept folder is a [Folder] that several processes may write, one after the other. Until it is complete its files are
// in a folder of its own, NAME.unfinished beside NAME. That has a name that people see, and stays when a process ends
// or dies. NAME itself is complete or not there, as for any Folder. NAME.unfinished has the lock and the files of any
// hidden folder, and
//
//	gpuconv.lease.N  says who writes the folder: see lease
//	gpuconv.journal  the lines of [Folder.Journal], synced
//	gpuconv.grown    the file of [Folder.Grow], whose parts are written one by one
//
// The caller decides what the journal says about the grown file.

const (
	unfinished  = ".unfinished"
	journalName = mark + "journal"
	grownName   = mark + "grown"
)

// Unfinished returns the name of the folder in which [Options.KeepFolder] keeps the folder path.
func Unfinished(path string) string { return filepath.Clean(path) + unfinished }

// IsUnfinished reports whether something is kept for the folder path: see [Options.KeepFolder].
func IsUnfinished(path string) bool {
	info, err := os.Lstat(filepath.Join(Unfinished(path), journalName))
	return err == nil && info.Mode().IsRegular()
}

// GrownSize returns how many bytes the grown file has of the folder that is kept for path: 0 if it is gone. The
// complete folder will have it under the name grown. ok is false if nobody can tell.
func GrownSize(path, grown string) (bytes int64, ok bool) {
	for range 2 { // a process may move it from one name to the other meanwhile
		for _, name := range []string{grownName, filepath.Join(filesName, grown)} {
			info, err := os.Lstat(filepath.Join(Unfinished(path), name))
			if !errors.Is(err, fs.ErrNotExist) {
				return sizeOf(info), err == nil
			}
		}
	}
	return 0, IsUnfinished(path) // otherwise it has just been finished
}

// sizeOf returns the size of a file, and 0 for anything else.
func sizeOf(info fs.FileInfo) int64 {
	if info == nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

// KeepFolder starts to write the folder path, or continues with it. path must be new: an empty folder is refused,
// because what is kept is beside it, perhaps on another disk. Files of an earlier process are removed, except the
// journal and the grown file. The complete folder will have the grown file under the name grown. The caller must call
// Commit or Discard. Discard keeps the journal and the grown file if [Folder.Keep] was called, or if an earlier process
// wrote a line of the journal. Otherwise it removes everything.
//
// A second process is refused while the first one writes. It takes the folder over from one that is dead, or that has
// stopped for longer than [Options].Lease, which then writes nothing more. The error has a Wait if nobody knows whether
// the first one is dead.
func (o Options) KeepFolder(path, grown string) (*Folder, error) {
	if err := CheckNew(path); err != nil {
		return nil, err
	}
	clean := filepath.Clean(path)
	d := &Folder{path: path, name: filepath.Base(clean), written: map[string]bool{}, grown: grown}
	var err error
	if d.made, err = o.MakeFolders(filepath.Dir(clean)); err != nil {
		return nil, err
	}
	if err = d.adopt(o, filepath.Dir(clean)); err != nil {
		d.made.Remove()
		leased := new(leasedError)
		switch {
		case errors.As(err, &leased):
			return nil, &Error{Name: path, Wait: leased.left, Rule: "want a new folder, " + leased.Error()}
		case errors.Is(err, errInUse):
			return nil, inUse(path)
		}
		return nil, about(path, err)
	}
	return d, nil
}

// CheckNew refuses a path at which there is anything. Its errors are [*Error] with a Rule.
func CheckNew(path string) error {
	const want = "want the name of a new folder"
	base := filepath.Base(filepath.Clean(path))
	if path == "" || base == "." || base == ".." || base == string(filepath.Separator) {
		return &Error{Name: path, Rule: want}
	}
	info, err := os.Lstat(filepath.Clean(path))
	switch {
	case err == nil:
		return &Error{Name: path, Rule: want + ", this is a " + Kind(info)}
	case !errors.Is(err, fs.ErrNotExist):
		return &Error{Name: path, Rule: want, Err: Cause(err)}
	}
	return nil
}

// adopt makes the folder in which d is kept, or takes it over from a process that ended.
func (d *Folder) adopt(o Options, at string) error {
	base, err := o.disk().open(at)
	if err != nil {
		return err
	}
	if d.hidden, err = base.adopt(d.name+unfinished, o.lease()); err != nil {
		base.close()
		return err
	}
	err = d.reopen()
	if err == nil && base.holds(d.name) { // another process has just completed it
		err = holding(d.path, filepath.Base(d.path))
	}
	if err == nil {
		err = base.sync()
	}
	if err != nil {
		d.files.close()
		if d.journal != nil {
			_ = d.journal.close()
		}
		d.hidden.lease.end(true)
		d.hidden.close()
		base.close()
	}
	return err
}

// adopt takes the lease of the folder called name, and makes the folder if there is none.
func (p place) adopt(name string, lease time.Duration) (h *hidden, err error) {
	for range tries {
		var locked error
		err = p.mkdir(name, 0o777)
		switch {
		case err == nil:
			if h, err = own(p, name); errors.Is(err, errInUse) {
				continue // another process locked it before
			}
		case errors.Is(err, fs.ErrExist):
			if h, err = enter(p, name); err == nil {
				locked = taken(h.inner, h.lock)
			}
		default:
			return nil, err
		}
		if err == nil && (locked == nil || errors.Is(locked, errInUse) || errors.Is(locked, errUnlockable)) {
			err = h.take(lease, locked)
		} else if err == nil {
			err = locked
		}
		if err == nil {
			return h, nil
		}
		if h != nil {
			h.close()
		}
		if !gone(err) {
			return nil, err
		}
	}
	if errors.Is(err, syscall.ESTALE) {
		return nil, err
	}
	return nil, errInUse
}

// signed returns an error if another process has taken the folder over.
func (h *hidden) signed() error { return h.lease.check(0) }

// signed is like hidden.signed. For a folder that is not kept it returns nil.
func (d *Folder) signed() error {
	if d.journal == nil {
		return nil
	}
	return d.hidden.signed()
}

// reopen undoes what a former process had begun with complete files, and opens the journal.
func (d *Folder) reopen() (err error) {
	h := d.hidden
	if err = h.undo(); err != nil {
		return err
	}
	if err = h.inner.mkdir(filesName, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if d.files, err = h.inner.open(filesName); err != nil {
		return err
	}
	if d.files.holds(d.grown) && !h.inner.holds(grownName) {
		if err = h.inner.move(filepath.Join(filesName, d.grown), grownName); err != nil {
			return err
		}
	}
	if err = d.files.clean(); err != nil {
		return err
	}
	if h.inner.holds(movesName) {
		if err = h.inner.remove(movesName); err != nil {
			return err
		}
	}
	if d.journal, err = h.inner.openJournal(); err != nil {
		return err
	}
	d.journal.held = h.signed
	d.keeps = len(d.journal.Lines)+d.journal.Changed > 0 // whatever this process does with it
	return nil
}

// move moves a file to another folder. A power cut leaves it in one of the two at least, where the file system allows
// two names for a file.
func (p place) move(from, to string) error {
	if err := p.add(from, to); err != nil {
		return err
	}
	if err := p.syncIn(filepath.Dir(to)); err != nil {
		return err
	}
	if !p.holds(from) { // it was renamed
		return nil
	}
	return p.remove(from)
}

// clean removes everything in a folder, except what its file system removes when a process closes it: see renamed. NFS
// refuses to remove that.
func (p place) clean() error {
	folder, err := p.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	for _, e := range entries {
		if !renamed(e.Name()) {
			err = errors.Join(err, p.removeAll(e.Name()))
		}
	}
	return err
}

// Kept reports whether KeepFolder made d.
func (d *Folder) Kept() bool { return d.journal != nil }

// Keep says that from now on what is written is worth keeping: Discard leaves the journal and the grown file.
func (d *Folder) Keep() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.keeps = true
}

// Journal returns the journal of a kept folder, and nil for any other.
func (d *Folder) Journal() *Journal { return d.journal }

// leaveKept ends a folder that is kept, as [Folder.leave] does: complete says that all files are in their place.
func (d *Folder) leaveKept(complete bool) {
	h := d.hidden
	owned := complete || h.signed() == nil // otherwise everything in it belongs to another process
	if owned {
		for name := range d.written {
			_ = d.files.remove(name)
		}
	}
	d.files.close()
	_ = d.journal.close()
	if !owned || !complete && d.keeps {
		h.lease.end(owned) // last of all, because another process may take the folder from now on
		h.close()
		if !owned { // NFS keeps names of open files: the process that completed the folder could not remove it
			_ = h.base.remove(h.name) // if it is empty
		}
		return
	}
	if !complete {
		_ = h.inner.remove(filepath.Join(filesName, d.grown))
		_ = h.inner.remove(grownName)
	}
	_ = h.inner.remove(filesName)
	_ = h.inner.remove(movesName)
	_ = h.inner.remove(journalName)
	h.lease.end(false)
	_ = h.inner.remove(leaseFile(h.lease.number))
	h.leave()
}

// ClearFinished removes NAME.unfinished if its process died after it had put the folder path in its place. The caller
// knows that the folder is complete, and that its grown file is called grown. ClearFinished leaves what may be of
// another job: files whose content the folder does not have. It also leaves what another process is writing: it takes
// the lease, as [Options.KeepFolder] does. The error says that something stays; it is nil if nothing is there.
func (o Options) ClearFinished(path, grown string) error {
	clean := filepath.Clean(path)
	base, err := o.disk().open(filepath.Dir(clean))
	if err != nil {
		return about(path, err)
	}
	defer base.close()
	h, err := enter(base, filepath.Base(clean)+unfinished)
	if err != nil {
		if gone(err) {
			return nil
		}
		return err
	}
	defer h.close()
	finished := func() bool {
		return h.has(grownName, filepath.Join(filepath.Base(clean), grown)) && h.hasFiles(filepath.Base(clean))
	}
	stays := &Error{Name: Unfinished(path), Err: errors.New("it has a part of something else, and stays")}
	locked := taken(h.inner, h.lock)
	switch {
	case gone(locked):
		return nil
	case locked != nil && !errors.Is(locked, errUnlockable):
		return &Error{Name: Unfinished(path), Err: locked}
	case !finished():
		return stays
	}
	switch err := h.take(o.lease(), locked); {
	case gone(err): // another process has just removed it
		return nil
	case err != nil:
		return &Error{Name: Unfinished(path), Err: err}
	}
	if !finished() { // another process had it meanwhile
		h.lease.end(true)
		return stays
	}
	if err := h.clearFinished(); err != nil {
		return &Error{Name: Unfinished(path), Err: err}
	}
	return nil
}

// clearFinished removes a folder whose lease this process has. What cannot be removed stays, and so does the folder. If
// another process takes it over meanwhile, the rest stays, and the error says so.
func (h *hidden) clearFinished() error {
	for _, name := range []string{grownName, filesName, movesName, fileName, journalName} {
		if err := h.signed(); err != nil {
			h.lease.end(false)
			return err
		}
		_ = h.inner.removeAll(name)
	}
	h.lease.end(false)
	_ = h.inner.remove(leaseFile(h.lease.number))
	h.leave()
	return nil
}

// hasFiles reports whether the folder called into has all files that are complete in h.
func (h *hidden) hasFiles(into string) bool {
	folder, err := h.inner.root.Open(filesName)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	return err == nil && !slices.ContainsFunc(names, func(name string) bool {
		return !h.has(filepath.Join(filesName, name), filepath.Join(into, name))
	})
}

// has reports whether the file there, in h.base, has the content of the file here, in h. It also returns true if there
// is no file here.
func (h *hidden) has(here, there string) bool {
	mine, err := h.inner.root.Lstat(here)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	others, err := h.base.root.Lstat(there)
	if err != nil || !mine.Mode().IsRegular() || !others.Mode().IsRegular() || mine.Size() != others.Size() {
		return false
	}
	if os.SameFile(mine, others) {
		return true
	}
	sums := [2]*summer{}
	for i, root := range []*os.Root{h.inner.root, h.base.root} {
		f, err := root.Open([]string{here, there}[i])
		if err != nil {
			return false
		}
		sums[i] = newSummer()
		_, err = io.Copy(sums[i], f)
		if f.Close(); err != nil {
			return false
		}
	}
	return sums[0].of("") == sums[1].of("")
}
