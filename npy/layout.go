package npy

import (
	"archive/zip"
	"hash/crc32"
	"io"
	"math"

	"gpuconv/fault"
	"gpuconv/whole"
)

// Layout says where the elements of an array are in a file, before the file is written, for files whose parts are
// written in any order. Around the elements a file has a frame: headers, and the directory of an archive. The file has
// the bytes that [Format.NewWriter] writes.
type Layout struct {
	format Format
	shape  []int
	name   string
	row    int64 // bytes of an index of the first axis
	rows   int   // indices of the first axis in a region
	starts []int64
	size   int64 // of the file
}

// Layout returns the layout of a file. array is the name of the array in it. An array of no elements is refused, and a
// shape without axes.
func (f Format) Layout(array string, shape ...int) (*Layout, error) {
	count, err := elementCount(shape)
	if err == nil && count == 0 {
		err = refused(array, "want elements")
	}
	if err == nil && len(shape) == 0 {
		err = refused(array, "a shape without axes: want at least one")
	}
	if err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	l := &Layout{format: f, shape: cloneShape(shape), name: array, rows: shape[0]}
	l.row = int64(count / shape[0] * f.size())
	if f.Kind == Zarr {
		l.rows = f.grid(shape)[0]
	}
	to := &frame{}
	if err := l.write(to, make([]uint32, l.Regions())); err != nil {
		return nil, &fault.Error{Package: "npy", Err: err}
	}
	l.starts, l.size = to.starts, to.at
	return l, nil
}

// Regions returns how many regions of elements the file has, each without a break.
func (l *Layout) Regions() int { return (l.shape[0] + l.rows - 1) / l.rows }

// Size returns the size of the file in bytes.
func (l *Layout) Size() int64 { return l.size }

// Piece is a part of the elements that is within one region.
type Piece struct {
	Region    int
	At, Bytes int64 // in the file
}

// Pieces returns where n indices of the first axis are, from first on.
func (l *Layout) Pieces(first, n int) (pieces []Piece) {
	for end := first + n; first < end; {
		region := first / l.rows
		next := min(end, (region+1)*l.rows)
		pieces = append(pieces, Piece{region, l.starts[region] + int64(first-region*l.rows)*l.row,
			int64(next-first) * l.row})
		first = next
	}
	return pieces
}

// Sums are two checksums of bytes: CRC-32C, and CRC-32 as zip has it.
type Sums struct {
	CRC32C uint32 `json:"crc32c"`
	CRC32  uint32 `json:"crc32"`
}

// Add adds the sums of bytes that follow.
func (s *Sums) Add(p []byte) {
	s.CRC32C, s.CRC32 = whole.Checksum(s.CRC32C, p), crc32.Update(s.CRC32, crc32.IEEETable, p)
}

// Join adds the sums of a number of bytes that follow.
func (s *Sums) Join(next Sums, bytes int64) {
	s.CRC32C = whole.JoinChecksums(s.CRC32C, next.CRC32C, bytes)
	s.CRC32 = whole.JoinZipChecksums(s.CRC32, next.CRC32, bytes)
}

// WriteFrame writes all but the elements. regions has the sums of the elements in each region. WriteFrame returns the
// CRC-32C of the whole file. If to is nil, it writes nothing.
func (l *Layout) WriteFrame(to io.WriterAt, regions []Sums) (uint32, error) {
	f := &frame{to: to, regions: regions}
	sums := make([]uint32, len(regions))
	for i, s := range regions {
		sums[i] = s.CRC32
	}
	err := l.write(f, sums)
	return f.sum, err
}

// write writes the file to a frame, with bytes of no meaning in the place of elements.
func (l *Layout) write(to *frame, sums []uint32) error {
	head := formatHeaderOf(l.shape, l.format.descr())
	size := int64(l.shape[0]) * l.row
	if l.format.Kind == NPY {
		if _, err := to.Write(head); err != nil {
			return err
		}
		return to.skip(to, func() error { return nil }, size)
	}
	archive := zip.NewWriter(to)
	if l.format.Kind == NPZ {
		sum := Sums{CRC32: crc32.ChecksumIEEE(head)}
		sum.Join(Sums{CRC32: sums[0]}, size)
		if err := l.entry(archive, to, l.name+".npy", head, size, 0, sum.CRC32); err != nil {
			return err
		}
		return archive.Close()
	}
	c, err := l.format.newChunks(archive, l.name, l.shape)
	if err != nil {
		return err
	}
	for i, sum := range sums {
		used := int64(min(l.rows, l.shape[0]-i*l.rows)) * l.row
		all := Sums{CRC32: sum}
		rest := make([]byte, int64(c.size)-used)
		all.Add(rest)
		if err := l.entry(archive, to, c.key(i), nil, used, len(rest), all.CRC32); err != nil {
			return err
		}
	}
	return archive.Close()
}

// entry writes an entry of an archive that is stored: a head, elements and zeros. sum is the checksum of all.
func (l *Layout) entry(archive *zip.Writer, to *frame, name string, head []byte, elements int64, zeros int,
	sum uint32) error {
	h := storedHeader(name) // CreateHeader fills in what CreateRaw takes as it is
	if _, err := zip.NewWriter(io.Discard).CreateHeader(h); err != nil {
		return err
	}
	h.CRC32, h.UncompressedSize64 = sum, uint64(len(head))+uint64(elements)+uint64(zeros)
	h.CompressedSize64 = h.UncompressedSize64
	w, err := archive.CreateRaw(h)
	if h.UncompressedSize64 >= math.MaxUint32 {
		h.ReaderVersion = 45 // in the directory: version 4.5, for zip64
	}
	if err == nil {
		_, err = w.Write(head)
	}
	if err == nil {
		err = archive.Flush()
	}
	if err == nil {
		err = to.skip(w, archive.Flush, elements)
	}
	if err == nil {
		_, err = w.Write(make([]byte, zeros))
	}
	return err
}

// frame writes at places in a file, or nowhere, and leaves out the elements.
type frame struct {
	to       io.WriterAt // nil: only places are wanted
	at       int64
	skipping bool
	starts   []int64 // where the regions begin
	regions  []Sums
	sum      uint32
}

// Write implements [io.Writer].
func (f *frame) Write(p []byte) (n int, err error) {
	if n = len(p); !f.skipping {
		if f.to != nil {
			n, err = f.to.WriteAt(p, f.at)
		}
		f.sum = whole.Checksum(f.sum, p[:n])
	}
	f.at += int64(n)
	return n, err
}

// skip passes over a region of elements. What is written to w reaches f, the last of it when flush is called.
func (f *frame) skip(w io.Writer, flush func() error, bytes int64) error {
	region := len(f.starts)
	f.starts = append(f.starts, f.at)
	f.skipping = true
	defer func() { f.skipping = false }()
	block := make([]byte, min(bytes, bufferSize))
	for left := bytes; left > 0; {
		n, err := w.Write(block[:min(left, int64(len(block)))])
		if err != nil {
			return err
		}
		left -= int64(n)
	}
	if err := flush(); err != nil {
		return err
	}
	if f.regions != nil {
		f.sum = whole.JoinChecksums(f.sum, f.regions[region].CRC32C, bytes)
	}
	return nil
}
