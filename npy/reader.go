package npy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/whole"
)

// Reader reads an array in pieces.
type Reader struct {
	name    string // for errors
	header  header
	src     elements
	whole   []float32 // all elements in C order, after the first Read of an array in Fortran order
	left    int       // elements that Read has not returned yet
	done    int       // elements that were read or passed over, at the furthest
	err     error     // if not nil, every later Read reports it
	memory  float64   // of src, for Memory
	closers []io.Closer

	file  *input.File             // that Open opened
	again func() (*Reader, error) // starts to read the array of file from its first element
	part  string                  // the key and checksum of the array in an archive, for Identify
	seen  input.Seen              // file, if Identify was called
}

// ReadFile loads the array of a .npy file, or one array of a .npz archive, which is named archive.npz:key. The key may
// end in ".npy". It may be left out if the archive has only one array. An array of Zarr 3 in a zip archive is named in
// the same way, a.zarr.zip:key; it must be stored as [Format] writes it. If there is a file whose name includes the
// colon and the key, ReadFile reads that file instead. It recognizes the kind of a file by its first bytes, not by its
// name.
//
// Errors: a file that cannot be read, is neither .npy nor .npz, or has no array of that key; a malformed header; a
// dtype that cannot become float32; data longer or shorter than the shape says; ctx's error, wrapped, soon after ctx is
// done.
func ReadFile(ctx context.Context, path string) (*Array, error) {
	r, err := Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Array()
}

// Open opens an array for reading in pieces. path names it as for [ReadFile]. Reading fails once ctx is done. When Open
// returns, it has checked the header, also against the size of the file. The caller must call Close. Errors are those
// of ReadFile.
func Open(ctx context.Context, path string) (*Reader, error) {
	f, file, key, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	again := func() (*Reader, error) { return newReader(f, f.Size(), file, key) }
	r, err := again()
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file, r.again = f, again
	return r, nil
}

// openFile opens path. If that fails, it tries the part before each colon, from the last colon to the first, until
// there is a file of that name. The part after the colon is the key.
func openFile(ctx context.Context, path string) (f *input.File, file, key string, err error) {
	f, err = openNamed(ctx, path)
	for i := len(path); err != nil; {
		if i = strings.LastIndexByte(path[:i], ':'); i < 0 {
			break
		}
		before, beforeErr := openNamed(ctx, path[:i])
		if !errors.Is(beforeErr, fs.ErrNotExist) {
			return before, path[:i], path[i+1:], beforeErr
		}
	}
	return f, path, "", err
}

// openNamed opens a file. Its error names the file.
func openNamed(ctx context.Context, path string) (*input.File, error) {
	f, err := input.Open(ctx, input.Array, path)
	if err != nil {
		return nil, failed(path, whole.Cause(err))
	}
	return f, nil
}

// newReader starts to read r, a file of size bytes that is called name.
func newReader(r io.ReaderAt, size int64, name, key string) (*Reader, error) {
	start := make([]byte, min(size, int64(len(magic))))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), start); err != nil {
		return nil, failed(name, cut(whole.Cause(err)))
	}
	switch {
	case string(start) == magic && key == "":
		return newStream(io.NewSectionReader(r, 0, size), size, name)
	case string(start) == magic:
		return nil, refused(name, "want no key for a .npy file, got %s", quote(key))
	case strings.HasPrefix(string(start), "PK\x03\x04"), strings.HasPrefix(string(start), "PK\x05\x06"):
		return newArchive(r, size, name, key)
	case size == 0:
		return nil, refused(name, "want a .npy or .npz file, this one is empty")
	}
	head := make([]byte, min(size, filekind.Head))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil {
		return nil, failed(name, cut(whole.Cause(err)))
	}
	switch kind := filekind.Of(name, head); {
	case Advice(kind) != "":
		return nil, refused(name, "%s: want a .npy or .npz file; %s", kind, Advice(kind))
	case kind != "" && kind != "text":
		return nil, refused(name, "%s: want a .npy or .npz file (%q or %q first)", kind, magic, "PK")
	}
	return nil, refused(name, "want a .npy or .npz file (%q or %q first), this one starts with %q", magic, "PK", start)
}

// newStream starts to read an array from src, which has size bytes.
func newStream(src io.Reader, size int64, name string) (*Reader, error) {
	h, err := readHeader(src, size)
	if err != nil {
		return nil, failed(name, err)
	}
	h.fortran = h.fortran && !sameOrder(h.shape)
	return &Reader{
		name:   name,
		header: h,
		src:    elements{src: src, dtype: h.dtype, left: h.count},
		left:   h.count,
	}, nil
}

// Identify writes what tells the array from others: the file that [Open] opened, as [input.File.Fingerprint] does, and
// in an archive the array's key, and the checksum that the archive has of it. From then on reading fails if the file
// was changed.
func (r *Reader) Identify(to io.Writer) error {
	print, seen, err := r.file.Fingerprint()
	if err == nil {
		r.seen = seen
		_, err = fmt.Fprintf(to, "%s %q\n", print, r.part)
	}
	if err != nil {
		return failed(r.name, whole.Cause(err))
	}
	return nil
}

// Shape returns the extents of the whole array. It is empty for a 0-d array.
func (r *Reader) Shape() []int { return cloneShape(r.header.shape) }

// DType returns the type of the elements in the file, as the header gives it, for example "<f4", ">i2" or "|u1".
func (r *Reader) DType() string { return r.header.dtype.descr }

// Memory returns how many bytes the reader allocates for elements when it is read. It is 0, except for an array in
// Fortran order, which is loaded whole, and for a tensor of a network whose elements are not in C order.
func (r *Reader) Memory() float64 {
	if !r.header.fortran {
		return r.memory
	}
	return 4 * float64(r.header.count)
}

// Lost counts the elements read so far that float32 could not hold. Those that are read again after [Reader.Rewind]
// count once. The first Read of an array in Fortran order reads all of them.
func (r *Reader) Lost() Loss { return r.src.lost }

// Done returns the number of elements that Read has returned or Skip has passed over, those after [Reader.Rewind] only
// once.
func (r *Reader) Done() int { return r.done }

// advance counts n elements as read.
func (r *Reader) advance(n int) {
	r.left -= n
	r.done = max(r.done, r.header.count-r.left)
}

// Rewind goes back to the first element of an array that [Open] opened, in the file that is open, even if another has
// taken its name. A compressed array is inflated again from its start. An array in Fortran order stays in memory.
// Rewind refuses a file that now has another array. After a failure every later Read reports the same error.
func (r *Reader) Rewind() error {
	switch {
	case r.err != nil:
		return r.err
	case r.whole != nil:
		r.left = r.header.count
		return nil
	case r.again == nil:
		return refused(r.name, "want an array that Open opened, to read it again")
	}
	r.err = r.restart()
	return r.err
}

// restart replaces the stream of elements by one that begins with the first.
func (r *Reader) restart() error {
	fresh, err := r.again()
	if err != nil {
		return err
	}
	for _, c := range r.closers {
		_ = c.Close() // c was only read from
	}
	r.closers = fresh.closers
	is, was := fresh.header, r.header
	if is.dtype != was.dtype || is.fortran != was.fortran || !slices.Equal(is.shape, was.shape) {
		return refused(r.name, "has changed: want %s %v as before, got %s %v", was.dtype.descr, was.shape,
			is.dtype.descr, is.shape)
	}
	fresh.src.lost, fresh.src.known = r.src.lost, r.done
	r.src, r.left = fresh.src, r.header.count
	return nil
}

// Scan reads and discards the remaining elements, so that [Reader.Lost] counts all of them.
func (r *Reader) Scan() error {
	buffer := make([]float32, min(r.left, bufferSize/4))
	for r.left > 0 {
		if err := r.Read(buffer[:min(r.left, len(buffer))]); err != nil {
			return err
		}
	}
	return nil
}

// Read fills all of dst with the next elements in C order. If fewer are left, it reports an error and reads nothing. If
// the file has been cut since it was opened, the error wraps [io.ErrUnexpectedEOF]. After a failure, the contents of
// dst are undefined, and every later Read reports the same error. After the last element of an array in an archive,
// Read checks the array's checksum.
//
// The first Read of an array in Fortran order loads the whole array.
func (r *Reader) Read(dst []float32) error {
	if r.err != nil {
		return r.err
	}
	if len(dst) > r.left {
		return refused(r.name, "want at most %d elements, that many are left of shape %v, got room for %d", r.left,
			r.header.shape, len(dst))
	}
	if err := r.read(dst); err != nil {
		r.err = failed(r.name, err)
		return r.err
	}
	r.advance(len(dst))
	return nil
}

// Skip passes over the next n elements. In a .npy file in C order it does so without reading them, and [Reader.Lost]
// does not count them. Otherwise, or if the array ends after them, it does what Read does, and fails as Read does.
func (r *Reader) Skip(n int) error {
	if seeker, ok := r.src.src.(io.Seeker); ok && r.err == nil && !r.header.fortran && n >= 0 && n < r.left {
		if _, err := seeker.Seek(int64(n)*int64(r.header.dtype.size), io.SeekCurrent); err != nil {
			r.err = failed(r.name, whole.Cause(err))
			return r.err
		}
		r.advance(n)
		r.src.left, r.src.known = r.src.left-n, r.src.known-n
		return nil
	}
	if n < 0 || n > r.left {
		return refused(r.name, "want to skip 0 to %d elements, not %d", r.left, n)
	}
	buffer := make([]float32, min(n, bufferSize/4))
	for n > 0 {
		part := buffer[:min(n, len(buffer))]
		if err := r.Read(part); err != nil {
			return err
		}
		n -= len(part)
	}
	return nil
}

func (r *Reader) read(dst []float32) error {
	if !r.header.fortran {
		if err := r.src.read(dst); err != nil {
			return err
		}
		return r.unchanged()
	}
	if r.whole == nil {
		whole, err := r.src.readFortran(r.header.shape)
		if err != nil {
			return err
		}
		if err := r.unchanged(); err != nil {
			return err
		}
		r.whole = whole
	}
	copy(dst, r.whole[len(r.whole)-r.left:])
	return nil
}

// unchanged returns an error if the file that Open opened is not as Identify saw it.
func (r *Reader) unchanged() error {
	if r.file == nil {
		return nil
	}
	return whole.Cause(r.file.Unchanged(&r.seen))
}

// Array reads the whole array. It must be called before any Read.
func (r *Reader) Array() (*Array, error) {
	a := &Array{Shape: r.Shape()}
	if r.header.fortran { // take the slice from which Read would copy
		if err := r.Read(nil); err != nil {
			return nil, err
		}
		a.Data = r.whole
		r.advance(r.left)
		return a, nil
	}
	a.Data = make([]float32, r.left)
	if err := r.Read(a.Data); err != nil {
		return nil, err
	}
	return a, nil
}

// Close releases the file. Closing twice is harmless. Read after Close reports an error that wraps [os.ErrClosed].
func (r *Reader) Close() error {
	var err error
	closers := r.closers
	if r.again != nil {
		closers = append(closers, r.file)
	}
	for _, c := range closers {
		if closeErr := c.Close(); err == nil {
			err = closeErr
		}
	}
	r.closers, r.again, r.whole = nil, nil, nil
	r.err = failed(r.name, os.ErrClosed)
	if err != nil {
		return failed(r.name, whole.Cause(err))
	}
	return nil
}
