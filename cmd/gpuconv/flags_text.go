package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gpuconv/internal/input"
	"gpuconv/whole"
)

// Tables and reports are parsed in memory. The memory for that is reserved first.

// The most memory that parsing takes, in bytes: for each byte of a table or report, and for each object of a report.
// TestHostileFiles checks that the program takes no more.
const (
	tableByte    = 40
	reportByte   = 32
	reportObject = 2000
)

// openTable opens a table. A stream is read to its end, because its size is not known before.
func openTable(ctx context.Context, path string) (io.ReadCloser, error) {
	file, err := input.Open(ctx, input.Table, path)
	if err != nil {
		return nil, whole.Cause(err)
	}
	if size := file.Size(); size > 0 {
		if err := reserve(fmt.Sprintf("a table of %d bytes", size), tableByte*float64(size)); err != nil {
			file.Close()
			return nil, err
		}
		return file, nil
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, whole.Cause(err)
	}
	err = reserve(fmt.Sprintf("a table of %d bytes", len(content)), tableByte*float64(len(content)))
	return io.NopCloser(bytes.NewReader(content)), err
}

// readReport reads the text of a report, and reserves the memory to parse it.
func readReport(ctx context.Context, path string) (io.Reader, error) {
	content, err := input.ReadFile(ctx, input.Report, path)
	if err != nil {
		return nil, err
	}
	objects := bytes.Count(content, []byte("{"))
	what := fmt.Sprintf("a report of %d bytes with %d objects", len(content), objects)
	return bytes.NewReader(content), reserve(what, reportByte*float64(len(content))+reportObject*float64(objects))
}
