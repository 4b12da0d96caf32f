package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

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
	err := p.wantFile(grownName)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := p.create(grownName, 0o666)
		if err == nil {
			err = p.sync()
		}
		return f, err
	}
	if err != nil {
		return nil, err
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

	writing   sync.RWMutex // a write is in progress
	beginning sync.Mutex   // of file.wrote
	failed    atomic.Pointer[error]
}

// WriteAt implements [io.WriterAt].
func (g *Grown) WriteAt(p []byte, at int64) (n int, err error) {
	if err := g.folder.hidden.lease.check(trusted); err != nil {
		return 0, named(g.folder.path, err)
	}
	g.writing.RLock()
	defer g.writing.RUnlock()
	defer g.unsynced.Store(true) // after the write: a sync meanwhile may have missed it
	c := change{action: writesAt, path: g.file.path, data: p, at: at}
	err = g.file.change(c, func() (err error) { n, err = g.file.File.WriteAt(p, at); return err })
	g.fail(err)
	g.begin(at, int64(n))
	return n, named(g.folder.grown, err)
}

// begin tells the disk that it may write now what was written.
func (g *Grown) begin(at, bytes int64) {
	g.beginning.Lock()
	defer g.beginning.Unlock()
	g.file.wrote(at, bytes)
}

// ReadAt implements [io.ReaderAt]. At the end of the file its error is io.EOF.
func (g *Grown) ReadAt(p []byte, at int64) (int, error) { return g.file.File.ReadAt(p, at) }

// fail keeps the first error of a write or a sync. The system says once that it could not put bytes on the disk. On NFS
// a later write may get the error of earlier bytes, and the sync after it none.
func (g *Grown) fail(err error) {
	if err != nil {
		g.failed.CompareAndSwap(nil, &err)
	}
}

// Sync puts what was written on the disk. It fails if the folder is gone, and if a write or a sync has failed before.
func (g *Grown) Sync() error {
	if err := g.folder.hidden.signed(); err != nil { // first: a process that has taken it over may have completed it
		return named(g.folder.path, err)
	}
	if g.folder.hidden.base.lost() || !g.folder.hidden.base.holds(g.folder.hidden.name) {
		return named(g.folder.path, errMoved)
	}
	return named(g.folder.grown, g.sync())
}

// sync puts the file on the disk. What is written meanwhile may be there or not.
func (g *Grown) sync() error {
	g.unsynced.Store(false)
	g.fail(g.file.sync())
	g.writing.Lock() // until the writes that have begun have ended: one of them may get the error
	defer g.writing.Unlock()
	if err := g.failed.Load(); err != nil {
		g.unsynced.Store(true)
		return *err
	}
	return nil
}

// Close closes the file, which stays in the kept folder.
func (g *Grown) Close() error { return named(g.folder.grown, g.file.Close()) }

// Commit says that the file is complete, syncs what is not synced, and closes it. It gives the file its name in the
// folder, and adds sum to [Folder.Sums]. Bytes after those of sum are cut off. sum's Name is ignored.
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
