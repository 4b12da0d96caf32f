package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/param"
	"gpuconv/whole"
)

// tableFile returns where the table of an array goes: beside it, as .csv.
func (o output) tableFile() string {
	return strings.TrimSuffix(strings.TrimSuffix(o.path, ".npy"), ".npz") + ".csv"
}

// withTable calls write, which writes the file, and then puts the table beside it. If write fails, neither changes.
func (o output) withTable(ctx context.Context, table *param.Table, write func() error) error {
	if err := o.checkTable(ctx); err != nil {
		return err
	}
	return o.blame(o.withFolders(func() error {
		hidden, err := o.options.Create(o.tableFile())
		if err != nil {
			return err
		}
		defer hidden.Discard()
		if err := table.WriteCSV(hidden); err != nil {
			return err
		}
		if err := write(); err != nil {
			return err
		}
		return hidden.Commit()
	}))
}

// checkTable refuses to replace a file that is not a table.
func (o output) checkTable(ctx context.Context) error {
	path := o.tableFile()
	info, err := os.Stat(path) // opening a pipe would wait for its other end
	if err == nil && !info.Mode().IsRegular() {
		err := fmt.Errorf("its table would be %s, which is a %s: want another name", fault.Printable(path),
			whole.Kind(info))
		return refused(o.flag, o.path, err)
	}
	file, err := input.Open(ctx, input.Array, path)
	if err != nil {
		return nil // it does not exist, or writing it returns the error
	}
	defer file.Close()
	line, _ := bufio.NewReader(io.LimitReader(file, 64)).ReadString('\n')
	if line == "" || strings.HasPrefix(line, "image,kind") || strings.HasPrefix(line, "filter,kind") {
		return nil
	}
	err = fmt.Errorf("its table would replace %s, which is not a table of images or filters: want another name",
		fault.Printable(path))
	return refused(o.flag, o.path, err)
}
