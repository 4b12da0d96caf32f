package npy

import (
	"bufio"
	"io"
	"os"

	"gpuconv/fault"
	"gpuconv/whole"
)

// Writer writes an array in pieces. The array's path stays as it is until Close. Meanwhile the elements are in a hidden
// file beside the path (see [whole.File]). If [NewWriter] made the writer, they are in the file that NewWriter was
// given.
type Writer struct {
	name     string // for errors
	shape    []int
	left     int // elements that are still to be written
	file     *whole.File
	out      *bufio.Writer
	elements *Encoder // what it writes ends up in out

	finish func() error // writes what follows the elements; nil: nothing
	err    error        // if not nil, every later Write reports it
	closed bool         // by Close or Abort
	result error        // what Close reports if it is called again
}

// WriteFile saves a at path, like Create, Write and Close.
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

// Fill is like WriteFile, but for a [whole.File] that the caller has created. It commits the file, or discards it after
// an error.
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

// Create starts to write an array of the given shape ('<f4', C order). The array appears at path when Close has
// succeeded. Until then path stays as it is. If there is an older file, the new one replaces it and keeps its
// permissions. The caller must call Close or Abort. With
//
//	defer w.Abort()
//
// the caller leaves either the whole array or nothing, however it returns.
//
// Errors: an extent in shape that is negative or too large; a folder that does not exist or cannot be written; a path
// that is read-only or leads to something other than a regular file.
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

// NewWriter is like Create, but for a [whole.File] that the caller has created, for instance in a [whole.Folder]. Close
// commits the file. Abort discards it, and so does NewWriter if it fails.
//
// Errors: an extent in shape that is negative or too large. If something goes wrong with the file, the error of each
// method wraps a [*whole.Error].
func NewWriter(file *whole.File, shape ...int) (*Writer, error) {
	name := file.Name()
	count, err := elementCount(shape)
	if err != nil {
		_ = file.Discard()
		return nil, failed(name, err)
	}
	head := formatHeader(shape)
	w := &Writer{
		name:  name,
		shape: cloneShape(shape),
		left:  count,
		file:  file,
		out:   bufio.NewWriterSize(file, min(bufferSize, len(head)+4*count)),
	}
	w.elements = Format{}.NewEncoder(past{w.out, file})
	if _, err := w.out.Write(head); err != nil {
		w.Abort()
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	return w, nil
}

// past is a buffer for small writes. Large ones pass it by: copying them takes as long as a checksum.
type past struct {
	*bufio.Writer
	to io.Writer // of the buffer
}

// Write implements [io.Writer].
func (p past) Write(data []byte) (int, error) {
	if len(data) < bufferSize/4 {
		return p.Writer.Write(data)
	}
	if err := p.Flush(); err != nil {
		return 0, err
	}
	return p.to.Write(data)
}

// Write writes the next elements in C order. If there are more than the shape has room for, it reports an error and
// writes nothing. After any other error, such as a full disk, every later call reports the same error. Write does not
// keep data.
func (w *Writer) Write(data []float32) error {
	if w.err != nil {
		return w.err
	}
	if len(data) > w.left {
		return refused(w.name, "want at most %d elements, that many are left of shape %v, got %d", w.left, w.shape,
			len(data))
	}
	if err := w.elements.Write(data); err != nil {
		w.err = &fault.Error{Package: "npy", Err: err}
		return w.err
	}
	w.left -= len(data)
	return nil
}

// Overflown returns how many of the numbers written so far were finite, but beyond the range of float16, and became
// infinite. It is 0 for float32.
func (w *Writer) Overflown() int { return w.elements.Overflown() }

// Close puts the complete array at path, and replaces in one step what was there. It reports an error if elements are
// missing, a Write has failed or the file cannot be completed. Then path stays as it was, and the hidden file is
// removed. Calling Close again has no effect and returns the same result. The array survives a power cut unless the
// file's [whole.Options] say otherwise.
func (w *Writer) Close() error {
	if w.closed {
		return w.result
	}
	w.closed = true
	w.result = w.commit()
	if w.result != nil {
		_ = w.file.Discard()
	}
	w.err = failed(w.name, os.ErrClosed)
	return w.result
}

func (w *Writer) commit() error {
	if w.err != nil {
		return w.err
	}
	if w.left > 0 {
		return refused(w.name, "want %d more elements for shape %v", w.left, w.shape)
	}
	var err error
	if w.finish != nil {
		err = w.finish()
	}
	if err == nil {
		err = w.out.Flush()
	}
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
