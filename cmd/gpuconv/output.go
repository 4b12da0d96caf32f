package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// outputDir is a folder that gets all of its files or none: they are written to
// a folder inside it and moved up when all are there.
type outputDir struct {
	path, partial string
	made          []string // folders that did not exist, innermost first
}

// newOutputDir makes path, which is new or empty, and its missing parents.
func newOutputDir(path string) (*outputDir, error) {
	if path == "" {
		return nil, usage(errors.New("--output: want a new or empty folder"))
	}
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return nil, usage(fmt.Errorf("--output %s: is not empty: want a new or empty folder", path))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, usage(fmt.Errorf("--output %s: want a new or empty folder: %w", path, err))
	}
	made, err := makeFolders(path)
	if err != nil {
		return nil, err
	}
	d := &outputDir{path: path, partial: filepath.Join(path, ".partial"), made: made}
	if err := os.Mkdir(d.partial, 0o777); err != nil {
		d.abort()
		return nil, fmt.Errorf("--output %s: %w", path, err)
	}
	return d, nil
}

// makeFolders makes path and its missing parents and returns those it made,
// innermost first. If it fails it leaves none.
func makeFolders(path string) ([]string, error) {
	var missing []string
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(path, 0o777); err != nil {
		removeFolders(missing)
		return nil, fmt.Errorf("--output %s: %w", path, err)
	}
	return missing, nil
}

// removeFolders removes folders that hold nothing.
func removeFolders(paths []string) {
	for _, p := range paths {
		os.Remove(p) // fails where someone has put something there: then it stays
	}
}

// file returns where to write the file that will have this name.
func (d *outputDir) file(name string) string { return filepath.Join(d.partial, name) }

// commit moves the files into place.
func (d *outputDir) commit() error {
	entries, err := os.ReadDir(d.partial)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(d.file(e.Name()), filepath.Join(d.path, e.Name())); err != nil {
			return err
		}
	}
	d.made = nil
	return os.Remove(d.partial)
}

// abort removes what was written and the folders that were made for it. After
// commit it does nothing.
func (d *outputDir) abort() {
	os.RemoveAll(d.partial)
	removeFolders(d.made)
}
