package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/fault"
	"gpuconv/npy"
)

// outputDir is a folder that gets all of its files or none: they are written to
// a folder inside it and moved up when all are there.
type outputDir struct {
	path, partial string
	made          []string // folders that did not exist, innermost first
}

// newOutputDir makes path, which is new or empty, and its missing parents.
func newOutputDir(path string) (*outputDir, error) {
	if err := checkOutputDir(path); err != nil {
		return nil, usage(err)
	}
	made, err := makeFolders(path)
	if err != nil {
		return nil, outputError(path, err)
	}
	d := &outputDir{path: path, partial: filepath.Join(path, ".partial"), made: made}
	if err := os.Mkdir(d.partial, 0o777); err != nil {
		removeFolders(made) // and not .partial, which is another's if it is there now
		return nil, outputError(path, err)
	}
	return d, nil
}

// checkOutputDir refuses a path that can be seen not to be a new or empty folder.
func checkOutputDir(path string) error {
	if path == "" {
		return errors.New("--output: want a new or empty folder")
	}
	entries, err := os.ReadDir(path)
	switch {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("--output %s: want a new or empty folder, this one holds %s", fault.Printable(path), fault.Printable(entries[0].Name()))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--output %s: want a new or empty folder: %w", fault.Printable(path), cause(err))
	case err != nil:
		if _, err := os.Lstat(filepath.Clean(path)); err == nil {
			return fmt.Errorf("--output %s: want a new or empty folder, this is a link that leads nowhere", fault.Printable(path))
		}
	}
	return nil
}

// file returns where to write the file that will have this name.
func (d *outputDir) file(name string) string { return filepath.Join(d.partial, name) }

// label says of an error which file could not be written.
func (d *outputDir) label(name string) func(error) error {
	return func(err error) error {
		return outputError(d.path, fmt.Errorf("%s: %w", name, without(cause(err), "npy: ", fault.Printable(d.file(name))+": ")))
	}
}

// commit moves the files into place, all or none. They are moved in the order of
// their names, so that who waits for run.json finds the others.
func (d *outputDir) commit() error {
	entries, err := os.ReadDir(d.partial)
	if err != nil {
		return outputError(d.path, err)
	}
	for i, e := range entries {
		if err := os.Rename(d.file(e.Name()), filepath.Join(d.path, e.Name())); err != nil {
			for _, moved := range entries[:i] {
				os.Remove(filepath.Join(d.path, moved.Name()))
			}
			return outputError(d.path, err)
		}
	}
	d.made = nil
	os.Remove(d.partial) // empty: if it stays, nothing is missing
	return nil
}

// abort removes what was written and the folders that were made for it. After
// commit it does nothing.
func (d *outputDir) abort() {
	os.RemoveAll(d.partial)
	removeFolders(d.made)
}

// makeFolders makes path and its missing parents and returns those it made,
// innermost first. If it fails it leaves none.
func makeFolders(path string) (made []string, err error) {
	missing := []string{}
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	for _, folder := range slices.Backward(missing) {
		if err := os.Mkdir(folder, 0o777); err == nil {
			made = append([]string{folder}, made...)
		} else if info, statErr := os.Stat(folder); statErr != nil || !info.IsDir() { // else another job has just made it
			removeFolders(made)
			return nil, err
		}
	}
	return made, nil
}

// removeFolders removes folders that hold nothing.
func removeFolders(paths []string) {
	for _, p := range paths {
		os.Remove(p) // fails where someone has put something there: then it stays
	}
}

// outputFile is the file of the verbs that write one.
type outputFile string

// check refuses a path that can be seen not to be a file or a new name.
func (f outputFile) check() error {
	path := string(f)
	info, err := os.Stat(path)
	switch {
	case path == "":
		return usage(errors.New("--output: want the .npy file to write"))
	case os.IsPathSeparator(path[len(path)-1]), err == nil && info.IsDir():
		return usage(fmt.Errorf("--output %s: want the .npy file to write, this is a folder", fault.Printable(path)))
	case err == nil && !info.Mode().IsRegular():
		return usage(fmt.Errorf("--output %s: want the .npy file to write, this is a device, pipe or socket", fault.Printable(path)))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return usage(fmt.Errorf("--output %s: want the .npy file to write: %w", fault.Printable(path), cause(err)))
	}
	return nil
}

// checkArray refuses, beside that, an archive, for the verbs that write one array.
func (f outputFile) checkArray() error {
	if strings.HasSuffix(string(f), ".npz") {
		return usage(fmt.Errorf("--output %s: want a .npy file, one array is written", fault.Printable(string(f))))
	}
	return f.check()
}

// label says of an error which file could not be written.
func (f outputFile) label(err error) error {
	return outputError(string(f), without(cause(err), "npy: ", fault.Printable(string(f))+": "))
}

// fill writes the file whole or not at all, with its missing folders.
func (f outputFile) fill(ctx context.Context, shape []int, fill func(write writer) error) error {
	made, err := makeFolders(filepath.Dir(string(f)))
	if err != nil {
		return outputError(string(f), err)
	}
	if err := fillArray(ctx, string(f), shape, f.label, fill); err != nil {
		removeFolders(made)
		return err
	}
	return nil
}

// writer takes the next elements of an array.
type writer func(data []float32) error

// fillArray writes a .npy file whole or not at all. What goes wrong with the file
// is labelled; what fill reports for other reasons is not.
func fillArray(ctx context.Context, path string, shape []int, label func(error) error, fill func(write writer) error) error {
	w, err := npy.Create(path, shape...)
	if err != nil {
		return label(err)
	}
	defer w.Abort() // after Close it does nothing
	err = fill(func(data []float32) error {
		if err := w.Write(data); err != nil {
			return label(err)
		}
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return label(err)
	}
	return nil
}

// outputError says which output could not be written.
func outputError(path string, err error) error {
	return fmt.Errorf("--output %s: %w", fault.Printable(path), err)
}

// cause takes the operation and the paths off an error of package os.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
