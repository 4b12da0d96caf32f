package whole

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gpuconv/fault"
)

// Folder is a folder that gets all of its files or none. They are written into a hidden folder inside it, under the
// names that they keep, and Commit moves them up. Its methods may be called from several goroutines, for files of
// different names.
type Folder struct {
	path, hidden string
	made         Made
}

// CreateFolder makes the folder path, which is new or empty, and its missing parents. Commit or Discard must be called.
// It refuses what [CheckFolder] refuses: also a folder that another process is filling, which is not empty.
func CreateFolder(path string) (*Folder, error) {
	if err := CheckFolder(path); err != nil {
		return nil, err
	}
	made, err := MakeFolders(path)
	if err != nil {
		return nil, err
	}
	d := &Folder{path: path, hidden: filepath.Join(path, partial), made: made}
	if err := os.Mkdir(d.hidden, 0o777); err != nil {
		made.Remove() // and not the hidden folder: if it is there now, it is another's
		return nil, named(path, err)
	}
	return d, nil
}

// CheckFolder refuses a path that can be seen not to be a new or empty folder. Its errors are [*Error] with a Rule.
func CheckFolder(path string) error {
	refuse := func(details string, err error) error {
		return &Error{Name: path, Rule: "want a new or empty folder" + details, Err: err}
	}
	if path == "" {
		return refuse("", nil)
	}
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return refuse(", this one holds "+fault.Printable(entries[0].Name()), nil)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return refuse("", Cause(err))
	case err != nil:
		if _, err := os.Lstat(filepath.Clean(path)); err == nil {
			return refuse(", this is a link that leads nowhere", nil)
		}
	}
	return nil
}

// Path returns the folder's path, as it was given to CreateFolder.
func (d *Folder) Path() string { return d.path }

// Create makes a file that the folder will hold under name, which is not a path. Errors about the file have this name.
// The file must be committed before the folder.
func (d *Folder) Create(name string) (*File, error) {
	path := filepath.Join(d.hidden, name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, named(name, err)
	}
	return &File{name: name, file: f, path: path}, nil
}

// Write puts what write writes into the folder under name. If write fails, Write returns its error, and there is no
// such file.
func (d *Folder) Write(name string, write func(io.Writer) error) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return f.fill(write)
}

// Commit moves the files into place, in the order of their names, so that whoever sees the last sees all. If a move
// fails, Commit removes the files that it has moved.
func (d *Folder) Commit() error {
	entries, err := os.ReadDir(d.hidden)
	if err != nil {
		return named(d.path, err)
	}
	for i, e := range entries {
		if err := os.Rename(filepath.Join(d.hidden, e.Name()), filepath.Join(d.path, e.Name())); err != nil {
			for _, moved := range entries[:i] {
				os.Remove(filepath.Join(d.path, moved.Name()))
			}
			return named(e.Name(), err)
		}
	}
	d.made = nil
	os.Remove(d.hidden) // empty: if it stays, nothing is missing
	return nil
}

// Discard removes what was written and the folders that were made for it. After Commit it does nothing.
func (d *Folder) Discard() {
	os.RemoveAll(d.hidden)
	d.made.Remove()
}

// Made lists folders that did not exist before, the innermost first.
type Made []string

// MakeFolders makes path and its missing parents. If it fails it leaves none of them.
func MakeFolders(path string) (Made, error) {
	var missing []string
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	var made Made
	for _, folder := range slices.Backward(missing) {
		err := os.Mkdir(folder, 0o777)
		if err == nil {
			made = append(Made{folder}, made...)
			continue
		}
		if info, statErr := os.Stat(folder); statErr == nil && info.IsDir() {
			continue // another process has just made it
		}
		made.Remove()
		return nil, named(folder, err)
	}
	return made, nil
}

// Remove removes those of the folders that hold nothing.
func (m Made) Remove() {
	for _, p := range m {
		os.Remove(p) // fails where someone has put something there: then it stays
	}
}
