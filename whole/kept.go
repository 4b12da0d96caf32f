package whole

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
)

// A kept folder is a [Folder] that takes several processes. Until it is complete its files are in a folder of its own,
// NAME.unfinished beside NAME, which has a name that people see and stays when a process ends or dies. NAME itself is
// complete or not there, as for any Folder. NAME.unfinished has the lock and the files of any hidden folder, and
//
//	gpuconv.journal  the lines of [Folder.Journal], synced
//	gpuconv.grown    the file of [Folder.Grow], whose parts are written one by one
//
// What the journal says of the grown file is the caller's affair.

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

// KeepFolder starts to write the folder path, or goes on with it. path must be new: an empty folder is refused, because
// what is kept is beside it, perhaps on another disk. The files of a former process are gone, except the journal and
// the grown file, which will be called grown. The caller must call Commit or Discard. Discard keeps the two if
// [Folder.Keep] was called, or if a former process had written a line of the journal, and removes everything otherwise.
//
// A second process is refused while the first one writes.
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
		if errors.Is(err, errInUse) {
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
	if d.hidden, err = base.adopt(d.name + unfinished); err != nil {
		base.close()
		return err
	}
	if err = d.hidden.sign(); err == nil {
		err = d.reopen()
	}
	if err == nil && base.holds(d.name) { // another process has just completed it
		err = holding(d.path, filepath.Base(d.path))
	}
	if err == nil {
		err = base.sync()
	}
	if err != nil {
		d.files.close()
		d.hidden.close()
		base.close()
	}
	return err
}

// adopt locks the folder called name, and makes it if there is none.
func (p place) adopt(name string) (*hidden, error) {
	for range tries {
		err := p.mkdir(name, 0o777)
		switch {
		case err == nil:
			h, err := own(p, name)
			if !errors.Is(err, errInUse) && !errors.Is(err, fs.ErrNotExist) {
				return h, err
			}
		case errors.Is(err, fs.ErrExist):
			h, err := seize(p, name)
			if !errors.Is(err, fs.ErrNotExist) {
				return h, err
			}
		default:
			return nil, err
		}
	}
	return nil, errInUse
}

// sign writes a random token into the lock file. Locks may hold on one machine only, and then a process on another one
// takes the folder over from a process that is alive. The latter finds another token, and stops.
func (h *hidden) sign() error {
	h.token = rand.Text()
	err := h.lock.Truncate(0)
	if err == nil {
		_, err = h.lock.WriteAt([]byte(h.token), 0)
	}
	return err
}

// signed returns an error if another process has taken the folder over.
func (h *hidden) signed() error {
	if runtime.GOOS == "windows" { // a locked file cannot be read there, and locks hold between machines
		return nil
	}
	text, err := h.inner.root.ReadFile(lockName)
	if err == nil && string(text) != h.token {
		err = errors.New("another process has taken it over meanwhile: want a disk with locks between machines")
	}
	return err
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

// clean removes everything in a folder.
func (p place) clean() error {
	folder, err := p.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	for _, e := range entries {
		err = errors.Join(err, p.removeAll(e.Name()))
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

// Grow opens the grown file of a kept folder, and makes it if there is none. The caller must call Commit or Close.
func (d *Folder) Grow() (*Grown, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done || d.journal == nil {
		return nil, named(d.grown, os.ErrClosed)
	}
	if err := d.hidden.signed(); err != nil {
		return nil, named(d.path, err)
	}
	former := d.hidden.inner.holds(grownName)
	f, err := d.hidden.inner.openGrown()
	if err != nil {
		return nil, named(d.grown, err)
	}
	g := &Grown{folder: d, file: f}
	g.unsynced.Store(former) // nobody knows whether the disk has what a former process wrote, or a copy brought
	return g, nil
}

// openGrown opens the grown file for reading and writing.
func (p place) openGrown() (*file, error) {
	info, err := p.root.Lstat(grownName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f, err := p.create(grownName, 0o666)
		if err == nil {
			err = p.sync()
		}
		return f, err
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("want a file, this is a " + Kind(info))
	}
	opened, err := p.root.OpenFile(grownName, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &file{disk: p.disk, File: opened, path: filepath.Join(p.path, grownName)}, nil
}

// Grown is a file whose parts are written at their places, in any order, by one process after the other. Several
// goroutines may read it at once.
type Grown struct {
	folder *Folder
	file   *file

	unsynced atomic.Bool // the disk may lack some of what the file holds
}

// WriteAt implements [io.WriterAt].
func (g *Grown) WriteAt(p []byte, at int64) (n int, err error) {
	g.unsynced.Store(true)
	c := change{action: writesAt, path: g.file.path, data: p, at: at}
	err = g.file.change(c, func() (err error) { n, err = g.file.File.WriteAt(p, at); return err })
	return n, named(g.folder.grown, err)
}

// ReadAt implements [io.ReaderAt]. At the end of the file its error is io.EOF.
func (g *Grown) ReadAt(p []byte, at int64) (int, error) { return g.file.File.ReadAt(p, at) }

// Begin tells the disk that this many bytes from the offset at on may be written now. It does not wait.
func (g *Grown) Begin(at, bytes int64) {
	if !g.file.noSync {
		begin(g.file.File, at, bytes)
	}
}

// Sync puts what was written on the disk. It fails if the folder is gone.
func (g *Grown) Sync() error {
	if g.folder.hidden.base.lost() || !g.folder.hidden.base.holds(g.folder.hidden.name) {
		return named(g.folder.path, errors.New("its folder was moved or removed meanwhile"))
	}
	if err := g.folder.hidden.signed(); err != nil {
		return named(g.folder.path, err)
	}
	return named(g.folder.grown, g.sync())
}

// sync puts the file on the disk. What is written meanwhile may be there or not.
func (g *Grown) sync() error {
	g.unsynced.Store(false)
	err := g.file.sync()
	if err != nil {
		g.unsynced.Store(true)
	}
	return err
}

// Close closes the file, which stays in the kept folder.
func (g *Grown) Close() error { return named(g.folder.grown, g.file.Close()) }

// Commit says that the file is complete, syncs what is not synced, and closes it. It gets its name in the folder, and
// sum in [Folder.Sums]. Bytes after those of sum are cut off. sum's Name is ignored.
func (g *Grown) Commit(sum Sum) error {
	d := g.folder
	sum.Name = d.grown
	err := d.hidden.signed()
	if err == nil {
		err = g.cut(sum.Bytes)
	}
	if err == nil && g.unsynced.Load() {
		err = g.sync()
	}
	if closeErr := g.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return named(d.grown, err)
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done {
		return named(d.grown, os.ErrClosed)
	}
	if err := d.hidden.inner.move(grownName, filepath.Join(filesName, d.grown)); err != nil {
		return named(d.grown, err)
	}
	d.committed = append(d.committed, sum)
	return nil
}

// cut cuts off what is beyond a size.
func (g *Grown) cut(size int64) error {
	info, err := g.file.Stat()
	if err != nil || info.Size() <= size {
		return err
	}
	g.unsynced.Store(true)
	return g.file.change(change{action: truncates, path: g.file.path, at: size},
		func() error { return g.file.Truncate(size) })
}

// leaveKept ends a folder that is kept, as [Folder.leave] does: complete says that all files are in their place.
func (d *Folder) leaveKept(complete bool) {
	if !complete && d.hidden.signed() != nil { // all there is another process's
		d.files.close()
		_ = d.journal.close()
		d.hidden.close()
		return
	}
	for name := range d.written {
		_ = d.files.remove(name)
	}
	d.files.close()
	_ = d.journal.close()
	h := d.hidden
	if !complete && d.keeps {
		h.close()
		return
	}
	if !complete {
		_ = h.inner.remove(filepath.Join(filesName, d.grown))
		_ = h.inner.remove(grownName)
	}
	_ = h.inner.remove(filesName)
	_ = h.inner.remove(movesName)
	_ = h.inner.remove(journalName)
	h.leave()
}

// ClearFinished removes what a process left in NAME.unfinished that died after it had put the folder path in its place.
// The caller knows that the folder is complete, and that its grown file is called grown. ClearFinished leaves what may
// be of another job: files whose content the folder does not have. It also leaves what another process is writing. The
// error says that something stays; it is nil if nothing is there.
func (o Options) ClearFinished(path, grown string) error {
	clean := filepath.Clean(path)
	base, err := o.disk().open(filepath.Dir(clean))
	if err != nil {
		return about(path, err)
	}
	defer base.close()
	h, err := seize(base, filepath.Base(clean)+unfinished)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, errInUse):
		return &Error{Name: Unfinished(path), Err: err}
	case err != nil:
		return err
	}
	if !h.has(grownName, filepath.Join(filepath.Base(clean), grown)) || !h.hasFiles(filepath.Base(clean)) {
		h.close()
		return &Error{Name: Unfinished(path), Err: errors.New("it has a part of something else, and stays")}
	}
	_, _ = h.empty() // what cannot be removed stays, and so does the folder
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

// has reports whether the file there has the content of the file here, which is in h, or there is none here.
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
