package npy

import (
	"archive/zip"
	"bufio"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gpuconv/fault"
	"gpuconv/whole"
)

// Named is an array of a .npz archive, with its key.
type Named struct {
	Name  string // the key; ".npy" at its end is dropped
	Array *Array
}

// WriteNPZ saves arrays in a .npz archive at path, each as '<f4' in C order and uncompressed, like numpy.savez. The
// same arrays give the same bytes, because all entries have the same fixed time. As with [Create], path has the whole
// archive or stays as it was.
//
// Errors: a name that is empty, occurs twice, is too long or is not UTF-8; an array whose Data does not fill its Shape;
// those of Create.
func WriteNPZ(path string, arrays ...Named) error {
	if err := checkNamed(arrays); err != nil { // before there is a file
		return failed(path, err)
	}
	file, err := whole.Create(path)
	if err != nil {
		return &fault.Error{Package: "npy", Err: err}
	}
	return FillNPZ(file, arrays...)
}

// FillNPZ is like WriteNPZ, but for a [whole.File] that the caller has created. It commits the file, or discards it
// after an error.
func FillNPZ(file *whole.File, arrays ...Named) error {
	if err := checkNamed(arrays); err != nil {
		_ = file.Discard()
		return failed(file.Name(), err)
	}
	if err := writeArchive(file, arrays); err != nil {
		return &fault.Error{Package: "npy", Err: err}
	}
	return nil
}

func checkNamed(arrays []Named) error {
	const most = 1<<16 - 1 - len(".npy") // zip has two bytes for the length of a name
	seen := map[string]bool{}
	for i, a := range arrays {
		key := strings.TrimSuffix(a.Name, ".npy")
		switch {
		case key == "":
			return fmt.Errorf("the name of array %d is %s: want a key", i, quote(a.Name))
		case len(key) > most || !utf8.ValidString(key):
			return fmt.Errorf("the name of array %d is %s: want UTF-8 of at most %d bytes", i, quote(a.Name), most)
		case seen[key]:
			return fmt.Errorf("two arrays have the name %s: want each once", quote(key))
		}
		seen[key] = true
		if err := a.Array.check(); err != nil {
			return fmt.Errorf("array %s: %w", quote(key), err)
		}
	}
	return nil
}

// writeArchive writes and commits file, or discards it after an error.
func writeArchive(file *whole.File, arrays []Named) error {
	defer file.Discard()
	out := bufio.NewWriterSize(file, bufferSize)
	z := zip.NewWriter(out)
	scratch := newScratch()
	for _, a := range arrays {
		entry, err := z.CreateHeader(&zip.FileHeader{
			Name:     strings.TrimSuffix(a.Name, ".npy") + ".npy",
			Method:   zip.Store,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), // zip's first day, as in NumPy
		})
		if err != nil {
			return err
		}
		if _, err := entry.Write(formatHeader(a.Array.Shape)); err != nil {
			return err
		}
		if err := writeFloats(entry, a.Array.Data, scratch); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Commit()
}
