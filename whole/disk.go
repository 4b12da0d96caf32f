package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"gpuconv/internal/input"
)

// The changes by which files and folders get onto a disk are in this file. So tests can see each step, make it fail,
// and replay the steps up to every point at which the power may fail. Elsewhere in this package are only changes that
// need not survive that: the cache files of WritePrivate, modes and times, the clock and the renewal of leases, and
// Made.Remove.

// action is a kind of change.
type action string

const (
	creates     action = "create"
	writes      action = "write"
	syncs       action = "sync" // puts the contents of a file on the disk
	makesFolder action = "mkdir"
	renames     action = "rename"
	links       action = "link"        // gives a file another name
	removes     action = "remove"      // a file or an empty folder
	removesAll  action = "remove all"  // a folder with everything in it
	syncsFolder action = "sync folder" // puts the names in a folder on the disk
	locks       action = "lock"        // changes nothing, but tests make it fail
	writesAt    action = "write at"    // writes data at an offset
	truncates   action = "truncate"    // gives a file the size that the change's at says
)

// change is one step.
type change struct {
	action   action
	path, to string // to is the new name, if there is one
	data     []byte // what is written
	at       int64  // an offset, or a size
}

// disk makes changes.
type disk struct {
	noSync bool
	// seam, if not nil, is called to make each change, by calling do. Tests set it.
	seam func(c change, do func() error) error
	peek func(path string) error // if not nil, is called before [place.look], which then may fail; tests set it
}

func (d disk) change(c change, do func() error) error {
	if d.seam == nil {
		return do()
	}
	return d.seam(c, do)
}

// place is an open folder. Names are relative to it, and stay valid if it is moved.
type place struct {
	disk
	root *os.Root
	path string // the path by which it was opened
}

// open opens a folder by its path.
func (d disk) open(path string) (place, error) {
	root, err := os.OpenRoot(path)
	return place{d, root, path}, err
}

// open opens a folder in p.
func (p place) open(name string) (place, error) {
	root, err := p.root.OpenRoot(name)
	return place{p.disk, root, filepath.Join(p.path, name)}, err
}

// close closes the folder. It may be closed already, or never have been opened.
func (p place) close() {
	if p.root != nil {
		p.root.Close()
	}
}

// lost reports whether the path by which p was opened now leads to another folder, or to none.
func (p place) lost() bool {
	ours, err := p.root.Stat(".")
	there, thereErr := os.Stat(p.path)
	return err != nil || thereErr != nil || !os.SameFile(ours, there)
}

// look opens a file or folder that other processes may have changed.
func (p place) look(name string, flag int) (*os.File, error) {
	if p.peek != nil {
		if err := p.peek(filepath.Join(p.path, name)); err != nil {
			return nil, err
		}
	}
	return p.root.OpenFile(name, flag, 0)
}

// wantFile returns an error if name is not that of a file. Opening a pipe would wait for its other end.
func (p place) wantFile(name string) error {
	info, err := p.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("want a file, this is a " + Kind(info))
	}
	return err
}

// holds reports whether p has an entry called name.
func (p place) holds(name string) bool {
	_, err := p.root.Lstat(name)
	return err == nil
}

// create makes a file. It fails if the name exists.
func (p place) create(name string, mode fs.FileMode) (f *file, err error) {
	path := filepath.Join(p.path, name)
	err = p.change(change{action: creates, path: path}, func() error {
		opened, err := p.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		f = &file{disk: p.disk, File: opened, path: path}
		return err
	})
	return f, err
}

func (p place) mkdir(name string, mode fs.FileMode) error {
	return p.change(change{action: makesFolder, path: filepath.Join(p.path, name)},
		func() error { return p.root.Mkdir(name, mode) })
}

// rename gives what is called from the name to. It replaces a file that has that name.
func (p place) rename(from, to string) error {
	return p.change(change{action: renames, path: filepath.Join(p.path, from), to: filepath.Join(p.path, to)},
		func() error { return p.root.Rename(from, to) })
}

// renameNew gives the file called from the name to. If something has that name already, it returns [fs.ErrExist]. Where
// the system can, it checks and renames in one step. Elsewhere a file that appears between the check and the rename is
// replaced.
func (p place) renameNew(from, to string) error {
	return p.change(change{action: renames, path: filepath.Join(p.path, from), to: filepath.Join(p.path, to)},
		func() error {
			err := renameNoReplace(p.root, from, to)
			if !errors.Is(err, errors.ErrUnsupported) {
				return err
			}
			if p.holds(to) {
				return fs.ErrExist
			}
			return p.root.Rename(from, to)
		})
}

// add gives a file the second name to. If something has that name already, add returns [fs.ErrExist]. If the file
// system does not allow two names for a file, add renames the file.
func (p place) add(from, to string) error {
	err := p.change(change{action: links, path: filepath.Join(p.path, from), to: filepath.Join(p.path, to)},
		func() error { return p.root.Link(from, to) })
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return p.renameNew(from, to)
}

func (p place) remove(name string) error {
	return p.change(change{action: removes, path: filepath.Join(p.path, name)},
		func() error { return p.root.Remove(name) })
}

// removeAll removes a file, or a folder with everything in it.
func (p place) removeAll(name string) error {
	return p.change(change{action: removesAll, path: filepath.Join(p.path, name)},
		func() error { return p.root.RemoveAll(name) })
}

// sync puts the names in the folder on the disk, so that they survive a power cut.
func (p place) sync() error {
	if p.noSync || runtime.GOOS == "windows" { // Windows cannot sync folders; NTFS has a journal of names
		return nil
	}
	return p.change(change{action: syncsFolder, path: p.path}, func() error {
		folder, err := p.root.Open(".")
		if err != nil {
			return err
		}
		defer folder.Close()
		err = folder.Sync()
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
			return nil // this file system cannot sync folders
		}
		return err
	})
}

// file is an open file.
type file struct {
	disk
	*os.File
	path       string
	begun, end int64 // what was written last without a gap, and the disk has not begun to write

	beginning chan struct{} // is closed when the last call that makes the disk begin has returned; nil before the first
}

// early is how many bytes are written into a file before the disk is told to begin with them. The disk then works while
// the next bytes are computed, so that the sync at the end takes less time.
const early = 8 << 20

// Write implements [io.Writer].
func (f *file) Write(p []byte) (n int, err error) {
	if f.seam == nil {
		n, err = f.File.Write(p)
	} else {
		c := change{action: writes, path: f.path, data: p}
		err = f.seam(c, func() (err error) { n, err = f.File.Write(p); return err })
	}
	f.wrote(f.end, int64(n))
	return n, err
}

// wrote tells the disk to begin with what was written without a gap, if that is much. Finding a place on the disk for
// 8 MB takes more than a millisecond of CPU time, so another goroutine does it.
func (f *file) wrote(at, bytes int64) {
	if at != f.end {
		f.begun = at
	}
	if f.end = at + bytes; f.end-f.begun < early || f.noSync {
		return
	}
	if f.beginning != nil {
		select {
		case <-f.beginning:
		default:
			return // the next call begins with more
		}
	}
	from, size := f.begun, f.end-f.begun
	done := make(chan struct{})
	f.beginning, f.begun = done, f.end
	go func() { defer close(done); begin(f.File, from, size) }()
}

// Close closes the file, once the last call that makes the disk begin has returned: until then the system would keep it
// open, and NFS its name.
func (f *file) Close() error {
	if f.beginning != nil {
		<-f.beginning
	}
	return f.File.Close()
}

// copy appends bytes of another file.
func (f *file) copy(src *input.File, at, bytes int64) (err error) {
	if f.seam == nil {
		err = src.CopyTo(f.File, at, bytes)
	} else {
		data := make([]byte, bytes)
		if _, err = src.ReadAt(data, at); err == nil {
			err = f.seam(change{action: writes, path: f.path, data: data},
				func() error { return src.CopyTo(f.File, at, bytes) })
		}
	}
	f.wrote(f.end, bytes)
	return err
}

// sync puts the contents of the file on the disk, so that they survive a power cut.
func (f *file) sync() error {
	if f.noSync {
		return nil
	}
	return f.change(change{action: syncs, path: f.path}, f.Sync)
}
