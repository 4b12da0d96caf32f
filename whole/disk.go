package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Everything that this package changes on a disk it changes in this file, so that tests see each step, can refuse it,
// and can replay the steps to every point at which the power may fail.

// action is a kind of change.
type action string

const (
	creates     action = "create"
	writes      action = "write"
	syncs       action = "sync" // what a file holds reaches the disk
	makesFolder action = "mkdir"
	renames     action = "rename"
	links       action = "link"        // gives a file another name
	removes     action = "remove"      // a file or an empty folder
	removesAll  action = "remove all"  // a folder with what it holds
	syncsFolder action = "sync folder" // the names that a folder holds reach the disk
	locks       action = "lock"        // changes nothing, but tests refuse it
)

// change is one step.
type change struct {
	action   action
	path, to string // to is a new name
	data     []byte // that is written
}

// disk says how files are written.
type disk struct {
	noSync bool
	// seam, if not nil, is asked to do each change: do does it. Tests set it.
	seam func(c change, do func() error) error
}

func (d disk) change(c change, do func() error) error {
	if d.seam == nil {
		return do()
	}
	return d.seam(c, do)
}

// place is an open folder. Names are within it, and lead there also after it was moved.
type place struct {
	disk
	root *os.Root
	path string // by which it was opened
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

// lost reports whether the path by which p was opened leads to another folder now, or to none.
func (p place) lost() bool {
	ours, err := p.root.Stat(".")
	there, thereErr := os.Stat(p.path)
	return err != nil || thereErr != nil || !os.SameFile(ours, there)
}

// holds reports whether p has an entry of a name.
func (p place) holds(name string) bool {
	_, err := p.root.Lstat(name)
	return err == nil
}

// create makes a file that is not there yet.
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

// rename moves what is at from to the name to, where it replaces a file.
func (p place) rename(from, to string) error {
	return p.change(change{action: renames, path: filepath.Join(p.path, from), to: filepath.Join(p.path, to)},
		func() error { return p.root.Rename(from, to) })
}

// renameNew moves what is at from to the name to, if nothing has it: in one step where the system can, so that nothing
// is replaced that appears between a look and the rename.
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

// add gives a file the name to as well, if nothing has it. Where the file system has no files of two names the file
// moves there.
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

// removeAll removes a folder and what it holds, or a file.
func (p place) removeAll(name string) error {
	return p.change(change{action: removesAll, path: filepath.Join(p.path, name)},
		func() error { return p.root.RemoveAll(name) })
}

// sync has the names that the folder holds outlive a power cut.
func (p place) sync() error {
	if p.noSync || runtime.GOOS == "windows" { // which cannot: NTFS has a journal of its names
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
			return nil // a file system that has no such thing
		}
		return err
	})
}

// file is an open file.
type file struct {
	disk
	*os.File
	path         string
	bytes, begun int64 // that were written, and that are on their way to the disk
}

// early is how many bytes a file gets before the disk gets them. The disk then writes while the next are computed, and
// the sync at the end has less to wait for.
const early = 8 << 20

// Write implements [io.Writer].
func (f *file) Write(p []byte) (n int, err error) {
	if f.seam == nil {
		n, err = f.File.Write(p)
	} else {
		c := change{action: writes, path: f.path, data: p}
		err = f.seam(c, func() (err error) { n, err = f.File.Write(p); return err })
	}
	if f.bytes += int64(n); f.bytes-f.begun >= early && !f.noSync {
		begin(f.File, f.begun, f.bytes-f.begun)
		f.begun = f.bytes
	}
	return n, err
}

// sync has what the file holds outlive a power cut.
func (f *file) sync() error {
	if f.noSync {
		return nil
	}
	return f.change(change{action: syncs, path: f.path}, f.Sync)
}
