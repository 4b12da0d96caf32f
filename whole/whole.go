// Package whole writes files that are there whole or not at all. [Write] is for what is
// written at once, [Create] for what grows.
//
// Errors are those of package os, or say in one line what would be right; neither names
// what the file is for.
package whole

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// File is a new file that takes the place of another, or of none, with Commit. Until
// then it has a hidden name in the same folder, because renaming is atomic within one
// file system only.
type File struct {
	*os.File
	path string // links followed
	done bool
}

// Create makes the file that will be at path, with the permissions that os.Create would
// leave: those of the file at path if there is one, else 0o666 less the umask. What
// os.Create could not write is refused, and so is all that is not a regular file,
// since renaming would put a file where the device or folder was. Commit or Discard must
// be called.
func Create(path string) (*File, error) {
	if path == "" {
		return nil, fmt.Errorf("want the name of a file, it is empty")
	}
	mode := fs.FileMode(0o666)
	info, err := os.Stat(path)
	exists := err == nil
	switch {
	case exists:
		mode = info.Mode().Perm()
		path, err = writable(path, info)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	f, err := createHidden(filepath.Dir(path), mode)
	if err != nil {
		return nil, err
	}
	if exists {
		_ = f.Chmod(mode) // for what the umask took; some file systems have no modes
	}
	return &File{File: f, path: path}, nil
}

// writable checks that the file at path may be written to and returns its path
// with links followed.
func writable(path string, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("want a file or a new name, this is a %s", Kind(info))
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// Kind says what is at a path where a regular file is wanted.
func Kind(info fs.FileInfo) string {
	switch {
	case info.IsDir():
		return "folder"
	case info.Mode().IsRegular():
		return "file"
	}
	return "device, pipe or socket"
}

// partial begins the names of files that are not committed.
const partial = ".partial-"

// IsPartial reports whether name is one that Create gives a file until Commit. A process that dies leaves such files.
func IsPartial(name string) bool { return strings.HasPrefix(name, partial) }

// createHidden creates a new file in folder. (os.CreateTemp would do, but for its
// mode of 0o600.)
func createHidden(folder string, mode fs.FileMode) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(folder, fmt.Sprintf("%s%016x", partial, rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

// Commit closes the file and gives it its name. If either fails the file is gone.
func (f *File) Commit() error {
	if f.done {
		return os.ErrClosed
	}
	f.done = true
	err := f.Close()
	if err == nil {
		err = os.Rename(f.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Discard closes and removes the file. It does nothing after Commit or Discard.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	closeErr := f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	return closeErr
}

// Write puts what write writes at path. If write fails, path stays as it was.
func Write(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}
