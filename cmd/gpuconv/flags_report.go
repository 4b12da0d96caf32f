package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"gpuconv/whole"
)

// reportFile is a file that a flag names, for a report; without a path there is none.
type reportFile struct{ flag, path string }

// check refuses what can be seen not to be a file or a new name.
func (f reportFile) check() error {
	if info, err := os.Stat(f.path); f.path != "" && err == nil && !info.Mode().IsRegular() {
		return refused(f.flag, f.path, errors.New("want a file to write, this is none"))
	}
	return nil
}

// write fills the file and makes its missing folders, all or nothing.
func (f reportFile) write(fill func(io.Writer) error) error {
	if f.path == "" {
		return nil
	}
	made, err := makeFolders(filepath.Dir(f.path))
	if err != nil {
		return failed(f.flag, f.path, cause(err))
	}
	if err := whole.Write(f.path, fill); err != nil {
		removeFolders(made)
		return failed(f.flag, f.path, cause(err))
	}
	return nil
}
