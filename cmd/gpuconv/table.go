package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/stimuli"
)

// tableFile returns where the table of an array goes: beside it, as .csv.
func (f outputFile) tableFile() string {
	path := string(f)
	return strings.TrimSuffix(strings.TrimSuffix(path, ".npy"), ".npz") + ".csv"
}

// fillWithTable is fill with a table beside the file: both are written or none.
func (f outputFile) fillWithTable(ctx context.Context, shape []int, table *stimuli.Table, fill func(write writer) error) error {
	return f.withTable(ctx, table, func() error { return fillArray(ctx, string(f), shape, f.label, fill) })
}

// withTable has write write the file, with its missing folders, and the table
// beside it: both are there afterwards or neither is new.
func (f outputFile) withTable(ctx context.Context, table *stimuli.Table, write func() error) error {
	made, err := makeFolders(filepath.Dir(string(f)))
	if err != nil {
		return outputError(string(f), err)
	}
	hidden, err := writeHidden(f.tableFile(), table)
	if err == nil {
		err = write()
	}
	if err == nil {
		err = os.Rename(hidden, f.tableFile())
	}
	if err != nil {
		if hidden != "" {
			os.Remove(hidden)
		}
		removeFolders(made)
		return tableError(f.tableFile(), err)
	}
	return nil
}

// tableError says of an error of the file system which file it was.
func tableError(path string, err error) error {
	var link *os.LinkError
	switch {
	case errors.As(err, &link):
		return outputError(path, link.Err)
	case errors.As(err, new(*fs.PathError)) && !strings.HasPrefix(err.Error(), "--"):
		return outputError(path, cause(err))
	}
	return err
}

// writeHidden writes a table beside where it will be, under a name that does not
// show.
func writeHidden(path string, table *stimuli.Table) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".*.csv")
	if err != nil {
		return "", err
	}
	err = errors.Join(file.Chmod(0o644), table.WriteCSV(file), file.Close())
	return file.Name(), err
}

// saveTable writes a table as a file of its own.
func saveTable(path string, table *stimuli.Table) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(table.WriteCSV(file), file.Close())
}
