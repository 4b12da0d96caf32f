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

// File is a new file that takes its place with Commit: that of another file, or of none. Until then it is hidden.
type File struct {
	name string // in errors
	file *os.File
	path string // where it goes, links followed; that of file if it is there already
	done bool
}

// Create makes the file that will be at path. Until Commit it has another name in the same folder, because renaming is
// atomic within one file system only. Commit or Discard must be called.
//
// The file gets the permissions that os.Create would leave: those of the file at path if there is one, else 0o666 less
// the umask. Create refuses what os.Create could not write, and everything that is not a regular file, since renaming
// would put a file where the device or folder was.
func Create(path string) (*File, error) {
	if path == "" {
		return nil, &Error{Rule: "want the name of a file, it is empty"}
	}
	target, mode := path, fs.FileMode(0o666)
	info, err := os.Stat(path)
	exists := err == nil
	switch {
	case exists:
		mode = info.Mode().Perm()
		target, err = writable(path, info)
	case errors.Is(err, fs.ErrNotExist):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	f, err := createHidden(filepath.Dir(target), mode)
	if err != nil {
		return nil, named(path, err)
	}
	if exists {
		_ = f.Chmod(mode) // for what the umask took; some file systems have no modes
	}
	return &File{name: path, file: f, path: target}, nil
}

// writable checks that the file at path may be written to and returns its path with links followed.
func writable(path string, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() {
		return "", &Error{Name: path, Rule: "want a file or a new name, this is a " + Kind(info)}
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return "", named(path, err)
	}
	target, err := filepath.EvalSymlinks(path)
	return target, named(path, err)
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

// partial begins the names of files and folders that are not committed.
const partial = ".partial"

// IsPartial reports whether name is one that [Create] gives a file until Commit. A process that dies leaves such files.
func IsPartial(name string) bool { return strings.HasPrefix(name, partial+"-") }

// createHidden creates a new file in folder. (os.CreateTemp would do, but its mode is always 0o600.)
func createHidden(folder string, mode fs.FileMode) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(folder, fmt.Sprintf("%s-%016x", partial, rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

// Name returns what errors call the file: the path that was given to [Create], or the name within a [Folder].
func (f *File) Name() string { return f.name }

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, named(f.name, err)
}

// Commit closes the file and puts it in its place. If either fails the file is gone.
func (f *File) Commit() error {
	if f.done {
		return named(f.name, os.ErrClosed)
	}
	f.done = true
	err := f.file.Close()
	if err == nil && f.file.Name() != f.path {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(f.file.Name())
	}
	return named(f.name, err)
}

// Discard closes and removes the file. It does nothing after Commit or Discard.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	closeErr := f.file.Close()
	if err := os.Remove(f.file.Name()); err != nil {
		return named(f.name, err)
	}
	return named(f.name, closeErr)
}

// Write puts what write writes at path. If write fails, Write returns its error, and path stays as it was.
func Write(path string, write func(io.Writer) error) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	return f.fill(write)
}

// WritePrivate puts what write writes at path, for the user alone: the file has mode 0o600. It replaces what is there,
// which the user need not be allowed to write to, and a link itself; it does not replace a folder. If write fails,
// WritePrivate returns its error, and path stays as it was.
func WritePrivate(path string, write func(io.Writer) error) error {
	f, err := createHidden(filepath.Dir(path), 0o600)
	if err != nil {
		return named(path, err)
	}
	return (&File{name: path, file: f, path: path}).fill(write)
}

// fill has write write the whole file.
func (f *File) fill(write func(io.Writer) error) error {
	defer f.Discard()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}
