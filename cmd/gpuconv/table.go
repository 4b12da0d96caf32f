package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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

// fillWithTable is fill with a table beside the file.
func (f outputFile) fillWithTable(ctx context.Context, shape []int, table *stimuli.Table, fill func(write writer) error) error {
	return f.withTable(table, func() error { return fillArray(ctx, string(f), shape, f.label, fill) })
}

// withTable has write write the file, with its missing folders, and then the table
// beside it. If write fails, neither is new.
func (f outputFile) withTable(table *stimuli.Table, write func() error) error {
	if err := f.checkTable(); err != nil {
		return err
	}
	made, err := makeFolders(filepath.Dir(string(f)))
	if err != nil {
		return outputError(string(f), err)
	}
	hidden, err := writeHidden(f.tableFile(), table)
	if err == nil {
		err = write()
	} else {
		err = outputError(string(f), cause(err))
	}
	if err == nil {
		err = f.commitTable(hidden)
	}
	if err != nil {
		if hidden != "" {
			os.Remove(hidden)
		}
		removeFolders(made)
	}
	return err
}

// checkTable refuses to replace what is no table.
func (f outputFile) checkTable() error {
	info, err := os.Stat(f.tableFile()) // opening a pipe would wait for its other end
	if err == nil && !info.Mode().IsRegular() {
		kind := "device, pipe or socket"
		if info.IsDir() {
			kind = "folder"
		}
		return usage(fmt.Errorf("--output %s: its table would be %s, which is a %s: want another name", printable(string(f)), printable(f.tableFile()), kind))
	}
	file, err := os.Open(f.tableFile())
	if err != nil {
		return nil // it is not there, or writing will say why not
	}
	defer file.Close()
	line, _ := bufio.NewReader(io.LimitReader(file, 64)).ReadString('\n')
	if line == "" || strings.HasPrefix(line, "image,kind") || strings.HasPrefix(line, "filter,kind") {
		return nil
	}
	return usage(fmt.Errorf("--output %s: its table would replace %s, which is no table of images or filters: want another name",
		printable(string(f)), printable(f.tableFile())))
}

func (f outputFile) commitTable(hidden string) error {
	if err := os.Rename(hidden, f.tableFile()); err != nil {
		var link *os.LinkError
		if errors.As(err, &link) {
			err = link.Err
		}
		return outputError(f.tableFile(), err)
	}
	return nil
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
