package npy

import (
	"archive/zip"
	"io"
)

// Raw describes an array whose elements are in a file of another kind. They are little-endian and in C order, without a
// header.
type Raw struct {
	Name    string // for errors
	Shape   []int
	DType   string // f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1 or bf16
	Src     io.Reader
	Memory  float64     // bytes that Src allocates when it is read, see [Reader.Memory]
	Closers []io.Closer // Reader.Close closes them
}

// NewRaw returns a reader of the elements of r. Src must end after the last of them. It refuses a type that [Raw] does
// not list, and a shape with more elements than the address space has room for.
func NewRaw(r Raw) (*Reader, error) {
	count, err := elementCount(r.Shape)
	if err != nil {
		return nil, failed(r.Name, err)
	}
	d, err := parseDType("<" + r.DType)
	if r.DType == "bf16" {
		d, err = dtype{descr: "<bf16", kind: "bf16", size: 2}, nil
	}
	if err != nil {
		return nil, failed(r.Name, err)
	}
	return &Reader{name: r.Name, memory: r.Memory, header: header{dtype: d, shape: cloneShape(r.Shape), count: count},
		src: elements{src: r.Src, dtype: d, left: count}, left: count, closers: r.Closers}, nil
}

// ElementSize returns the size in bytes of an element of one of the types that [Raw] lists, or 0 for any other type.
func ElementSize(dtype string) int {
	if dtype == "bf16" {
		return 2
	}
	d, err := parseDType("<" + dtype)
	if err != nil {
		return 0
	}
	return d.size
}

// OpenArchive reads the directory of a zip archive of size bytes. It refuses a directory of more than 65,536 entries or
// 8 MiB, so that a malicious file cannot exhaust the memory.
func OpenArchive(r io.ReaderAt, size int64) (*zip.Reader, error) { return openArchive(r, size) }

// CheckEntry refuses an entry of an archive of this many bytes if it is encrypted, compressed in a way other than
// deflate, or claims more bytes than the archive can hold. The sizes of an entry that it accepts are safe bounds for
// allocating.
func CheckEntry(f *zip.File, archive int64) error { return checkEntry(f, archive) }
