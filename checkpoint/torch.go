package checkpoint

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuconv/npy"
	"gpuconv/whole"
)

// torch is a file that torch.save wrote: a zip archive of NAME/data.pkl, and the bytes of each storage in
// NAME/data/KEY. https://docs.pytorch.org/docs/stable/notes/serialization.html
type torch struct {
	zip    *zip.Reader
	folder string // NAME/
	size   int64  // of the archive
	all    []tensor
	rest   []string
}

// mostPickle is the largest data.pkl that is read. A network of a million tensors has one of some 200 MB, a network of
// ten thousand tensors one of 2 MB.
const mostPickle = 64 << 20

func readTorch(r io.ReaderAt, size int64) (file, error) {
	z, err := npy.OpenArchive(r, size)
	if err != nil {
		return nil, ErrOther // package npy says what is wrong with an archive
	}
	at := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.HasSuffix(f.Name, "/data.pkl") })
	if at < 0 {
		return nil, ErrOther
	}
	f := &torch{zip: z, size: size, folder: strings.TrimSuffix(z.File[at].Name, "data.pkl")}
	if slices.ContainsFunc(z.File, func(e *zip.File) bool { return e.Name == f.folder+"constants.pkl" }) {
		return nil, errors.New("a TorchScript program: want the tensors alone: torch.save(model.state_dict(), FILE)")
	}
	if err := f.littleEndian(); err != nil {
		return nil, err
	}
	code, err := f.read(z.File[at], mostPickle)
	if err != nil {
		return nil, err
	}
	made, err := run(code)
	if err != nil {
		return nil, err
	}
	w := &walk{}
	w.visit("", made, 0)
	f.all, f.rest = w.tensors, w.rest
	for i := range f.all {
		if f.all[i].name == "" { // the file is a single tensor
			f.all[i].name = "tensor"
		}
	}
	return f, nil
}

// read returns the content of an entry. most is the largest size in bytes of an entry that it reads.
func (f *torch) read(e *zip.File, most int64) ([]byte, error) {
	if err := npy.CheckEntry(e, f.size); err != nil {
		return nil, err
	}
	if e.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%s has %d bytes: want at most %d", e.Name, e.UncompressedSize64, most)
	}
	src, err := e.Open()
	if err != nil {
		return nil, whole.Cause(err)
	}
	defer src.Close()
	content := make([]byte, e.UncompressedSize64)
	if _, err := io.ReadFull(src, content); err != nil {
		return nil, whole.Cause(err)
	}
	if err := ended(src); err != nil {
		return nil, whole.Cause(err)
	}
	return content, nil
}

// littleEndian refuses a file that a big-endian machine wrote, according to its entry byteorder.
func (f *torch) littleEndian() error {
	for _, e := range f.zip.File {
		if e.Name != f.folder+"byteorder" {
			continue
		}
		order, err := f.read(e, 64)
		if err == nil && string(order) != "little" {
			err = fmt.Errorf("byte order %q: want little", order)
		}
		return err
	}
	return nil
}

func (f *torch) tensors() []tensor { return f.all }
func (f *torch) others() []string  { return f.rest }

// section returns the bytes of a tensor. torch.save does not compress entries, but compressed ones can be read too.
func (f *torch) section(t tensor) (io.ReadCloser, error) {
	name := f.folder + "data/" + t.entry
	at := slices.IndexFunc(f.zip.File, func(e *zip.File) bool { return e.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("its bytes are missing: want an entry %s", name)
	}
	e := f.zip.File[at]
	if err := npy.CheckEntry(e, f.size); err != nil {
		return nil, err
	}
	if t.end > int64(e.UncompressedSize64) {
		return nil, fmt.Errorf("its bytes end at %d: the entry has %d", t.end, e.UncompressedSize64)
	}
	src, err := e.Open()
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, src, t.start); err != nil {
		src.Close()
		return nil, err
	}
	return &limited{io.LimitReader(src, t.end-t.start), src}, nil
}

// limited reads a part of an entry, and then passes over the rest: at the end package zip compares the checksum.
type limited struct {
	io.Reader
	entry io.ReadCloser
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if err == io.EOF {
		if _, err := io.Copy(io.Discard, l.entry); err != nil {
			return n, err
		}
	}
	return n, err
}

// Close implements [io.Closer].
func (l *limited) Close() error { return l.entry.Close() }

// ended reads to the end of an entry whose bytes have all been read, where package zip compares the checksum.
func ended(src io.Reader) error {
	_, err := io.Copy(io.Discard, src)
	return err
}
