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

	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/whole"
)

// tableFile returns where the table of an array goes: beside it, as .csv.
func (f outputFile) tableFile() string {
	path := string(f)
	return strings.TrimSuffix(strings.TrimSuffix(path, ".npy"), ".npz") + ".csv"
}

// fillWithTable is fill with a table beside the file.
func (f outputFile) fillWithTable(ctx context.Context, shape []int, table *param.Table, fill func(write writer) error) error {
	return f.withTable(table, func() error { return fillArray(ctx, string(f), shape, f.label, fill) })
}

// withTable has write write the file, with its missing folders, and then the table
// beside it. If write fails, neither is new.
func (f outputFile) withTable(table *param.Table, write func() error) error {
	if err := f.checkTable(); err != nil {
		return err
	}
	made, err := makeFolders(filepath.Dir(string(f)))
	if err != nil {
		return outputError(string(f), err)
	}
	err = f.writeBoth(table, write)
	if err != nil {
		removeFolders(made)
	}
	return err
}

// writeBoth has write write the file before the table takes its name.
func (f outputFile) writeBoth(table *param.Table, write func() error) error {
	hidden, err := whole.Create(f.tableFile())
	if err != nil {
		return outputError(string(f), cause(err))
	}
	defer hidden.Discard()
	if err := table.WriteCSV(hidden); err != nil {
		return outputError(string(f), cause(err))
	}
	if err := write(); err != nil {
		return err
	}
	if err := hidden.Commit(); err != nil {
		return outputError(f.tableFile(), cause(err))
	}
	return nil
}

// checkTable refuses to replace what is no table.
func (f outputFile) checkTable() error {
	info, err := os.Stat(f.tableFile()) // opening a pipe would wait for its other end
	if err == nil && !info.Mode().IsRegular() {
		return usage(fmt.Errorf("--output %s: its table would be %s, which is a %s: want another name", fault.Printable(string(f)), fault.Printable(f.tableFile()), whole.Kind(info)))
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
		fault.Printable(string(f)), fault.Printable(f.tableFile())))
}

// saveTable writes a table as a file of its own.
func saveTable(path string, table *param.Table) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(table.WriteCSV(file), file.Close())
}
