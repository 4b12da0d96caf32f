package npy

import (
	"io"

	"gpuconv/fault"
)

// Head returns the header of a .npy file: all bytes before the elements. It refuses the shapes that [NewWriter]
// refuses.
func (f Format) Head(shape ...int) ([]byte, error) {
	if _, err := elementCount(shape); err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	return formatHeaderOf(shape, f.descr()), nil
}

// descr is how a header names the type of the elements.
func (f Format) descr() string {
	if f.Half {
		return "<f2"
	}
	return "<f4"
}

// ElementBytes returns the size of an element in bytes: 4, or 2 for float16.
func (f Format) ElementBytes() int { return f.size() }

// Encoder writes elements without a header, for files that are written in parts.
type Encoder struct {
	to        io.Writer
	half      bool
	scratch   []byte
	overflown int
}

// NewEncoder returns an encoder of the elements of f.
func (f Format) NewEncoder(to io.Writer) *Encoder {
	e := &Encoder{to: to, half: f.Half, scratch: newScratch()}
	if f.Half {
		e.scratch = make([]byte, bufferSize)
	}
	return e
}

// Write writes elements. It does not keep data. Its errors are those of the writer.
func (e *Encoder) Write(data []float32) error {
	if !e.half {
		return writeFloats(e.to, data, e.scratch)
	}
	lost, err := writeHalves(e.to, data, e.scratch)
	e.overflown += lost
	return err
}

// Overflown returns how many of the numbers written so far were finite, but beyond the range of float16.
func (e *Encoder) Overflown() int { return e.overflown }
