package npy

import (
	"bufio"
	"os"

	"gpuconv/fault"
	"gpuconv/whole"
)

// Writer writes an array in pieces. Until Close the path has none of them: [Create] keeps them in a hidden file beside
// it, see [whole.File], and [NewWriter] where its file keeps them.
type Writer struct {
	name    string // for errors
	shape   []int
	left    int // elements that Write still takes
	file    *whole.File
	out     *bufio.Writer
	scratch []byte
	err     error // what every later Write reports
	closed  bool  // by Close or Abort
	result  error // what Close reports once closed
}

// WriteFile saves a at path as Create, Write and Close do.
func WriteFile(path string, a *Array) error {
	if err := a.check(); err != nil {
		return failed(path, err)
	}
	file, err := whole.Create(path)
	if err != nil {
		return &fault.Error{Package: "npy", Err: err}
	}
	return Fill(file, a)
}

// Fill is WriteFile for a file that is made already. It commits file, or discards it after an error.
func Fill(file *whole.File, a *Array) error {
	if err := a.check(); err != nil {
		_ = file.Discard()
		return failed(file.Name(), err)
	}
	w, err := NewWriter(file, a.Shape...)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := w.Write(a.Data); err != nil {
		return err
	}
	return w.Close()
}

// Create starts to write an array of the given shape ('<f4', C order). It appears at path when Close has succeeded.
// Until then path stays as it is: free, or an older file, whose permissions the new one takes over. Close or Abort must
// be called. After
//
//	defer w.Abort()
//
// the caller leaves either the whole array or nothing, however it returns.
//
// Errors: an extent in shape that is negative or too large; a folder that does not exist or cannot be written; a path
// that is no regular file or is read-only.
func Create(path string, shape ...int) (*Writer, error) {
	if _, err := elementCount(shape); err != nil { // before there is a file
		return nil, failed(path, err)
	}
	file, err := whole.Create(path)
	if err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	return NewWriter(file, shape...)
}

// NewWriter is Create for a file that is made already, such as one of a [whole.Folder]. Close commits it; Abort, and
// NewWriter if it fails, discards it.
//
// Errors: a negative extent or one too large in shape. Whatever goes wrong with the file is a [*whole.Error] in the
// chain of each method's error.
func NewWriter(file *whole.File, shape ...int) (*Writer, error) {
	name := file.Name()
	count, err := elementCount(shape)
	if err != nil {
		_ = file.Discard()
		return nil, failed(name, err)
	}
	head := formatHeader(shape)
	w := &Writer{
		name:    name,
		shape:   cloneShape(shape),
		left:    count,
		file:    file,
		out:     bufio.NewWriterSize(file, min(bufferSize, len(head)+4*count)),
		scratch: newScratch(),
	}
	if _, err := w.out.Write(head); err != nil {
		w.Abort()
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	return w, nil
}

// Write writes the next elements in C order. If there are more than the shape has room for, it reports an error and
// writes nothing. After any other error, such as a full disk, every later call reports the same. data is not kept.
func (w *Writer) Write(data []float32) error {
	if w.err != nil {
		return w.err
	}
	if len(data) > w.left {
		return refused(w.name, "want at most %d elements, that many are left of shape %v, got %d", w.left, w.shape,
			len(data))
	}
	if err := writeFloats(w.out, data, w.scratch); err != nil {
		w.err = &fault.Error{Package: "npy", Err: err}
		return w.err
	}
	w.left -= len(data)
	return nil
}

// Close puts the complete array at path and replaces, in one step, what was there. If elements are missing, a Write has
// failed or the file cannot be completed, it reports an error, path stays as it was, and the hidden file is removed.
// Closing again has no effect and the same result. The array outlives a power cut unless the file's [whole.Options] say
// otherwise.
func (w *Writer) Close() error {
	if w.closed {
		return w.result
	}
	w.closed = true
	w.result = w.finish()
	if w.result != nil {
		_ = w.file.Discard()
	}
	w.err = failed(w.name, os.ErrClosed)
	return w.result
}

func (w *Writer) finish() error {
	if w.err != nil {
		return w.err
	}
	if w.left > 0 {
		return refused(w.name, "want %d more elements for shape %v", w.left, w.shape)
	}
	err := w.out.Flush()
	if err == nil {
		err = w.file.Commit()
	}
	if err != nil {
		return &fault.Error{Package: "npy", Err: err}
	}
	return nil
}

// Abort removes the hidden file and leaves path as it was. After Close or Abort it does nothing. Close after Abort
// reports an error.
func (w *Writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.result = refused(w.name, "given up before it was complete")
	w.err = w.result
	if err := w.file.Discard(); err != nil {
		return &fault.Error{Package: "npy", Err: err}
	}
	return nil
}
