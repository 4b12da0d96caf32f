package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Made lists folders that were newly made, the innermost first.
type Made []string

// MakeFolders makes path and its missing parents. If it fails, it removes those that it made.
func (o Options) MakeFolders(path string) (Made, error) {
	var missing []string
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	var made Made
	for _, folder := range slices.Backward(missing) {
		err := o.makeFolder(folder)
		if err == nil {
			made = append(Made{folder}, made...)
			continue
		}
		if info, statErr := os.Stat(folder); statErr == nil && info.IsDir() {
			continue // another process has just made it
		}
		made.Remove()
		if isLink(folder) {
			return nil, &Error{Name: folder, Rule: "want a folder, this is a " + Dangling}
		}
		return nil, named(folder, err)
	}
	return made, nil
}

// makeFolder makes a folder that survives a power cut.
func (o Options) makeFolder(path string) error {
	parent, err := o.disk().open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer parent.close()
	if err := parent.mkdir(filepath.Base(path), 0o777); err != nil {
		return err
	}
	err = parent.sync()
	if err != nil {
		_ = parent.remove(filepath.Base(path))
	}
	return err
}

// Remove removes those of the folders that are empty.
func (m Made) Remove() {
	for _, p := range m {
		if info, err := os.Lstat(p); err == nil && info.IsDir() {
			os.Remove(p) // fails if someone has put something there: then the folder stays
		}
	}
}
