package npy

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// replacement is a new file that takes the place of path when it is complete.
// Until then it has a hidden name in the same folder, because renaming is atomic
// within one file system only.
type replacement struct {
	*os.File
	path string // links followed
	done bool
}

// newReplacement makes the file, with the permissions that os.Create would leave:
// those of the file at path if there is one, else 0o666 less the umask. What
// os.Create could not write is refused, and so is all that is not a regular file,
// since renaming would put a file where the device or folder was.
func newReplacement(path string) (*replacement, error) {
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
	return &replacement{File: f, path: path}, nil
}

// writable checks that the file at path may be written to and returns its path
// with links followed.
func writable(path string, info fs.FileInfo) (string, error) {
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("want a file or a new name, this is a %s", fileKind(info))
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

// createHidden creates a new file in folder. (os.CreateTemp would do, but for its
// mode of 0o600.)
func createHidden(folder string, mode fs.FileMode) (*os.File, error) {
	for try := 0; ; try++ {
		name := filepath.Join(folder, fmt.Sprintf(".npy-%016x.tmp", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

// commit closes the file and gives it its name. If either fails the file is gone.
func (r *replacement) commit() error {
	if r.done {
		return os.ErrClosed
	}
	r.done = true
	err := r.Close()
	if err == nil {
		err = os.Rename(r.Name(), r.path)
	}
	if err != nil {
		_ = os.Remove(r.Name())
	}
	return err
}

// discard closes and removes the file. It does nothing after commit or discard.
func (r *replacement) discard() error {
	if r.done {
		return nil
	}
	r.done = true
	closeErr := r.Close()
	if err := os.Remove(r.Name()); err != nil {
		return err
	}
	return closeErr
}
