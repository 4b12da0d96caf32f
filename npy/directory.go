package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// The largest directory of an archive that is read: its entries and its bytes. Package zip keeps the directory in
// memory. Within these bounds it takes less than 64 MiB.
const (
	mostEntries   = 1 << 16
	mostDirectory = 8 << 20
)

// openArchive reads the directory of an archive, unless the directory is too large.
func openArchive(r io.ReaderAt, size int64) (*zip.Reader, error) {
	entries, err := entriesOf(r, size)
	if err != nil {
		return nil, err
	}
	if entries > mostEntries { // package zip allocates as many as the end of the archive claims
		return nil, fmt.Errorf("the archive has %d entries: want at most %d", entries, mostEntries)
	}
	counted := &countedReader{r: r, left: mostDirectory}
	z, err := zip.NewReader(counted, size)
	counted.left = math.MaxInt64 // from here on, the sizes of the entries limit what is read
	return z, err
}

// countedReader reads at most left bytes.
type countedReader struct {
	r    io.ReaderAt
	left int64
}

func (c *countedReader) ReadAt(p []byte, off int64) (int, error) {
	if int64(len(p)) > c.left {
		return 0, fmt.Errorf("the archive's directory has more than %d bytes: want at most that", mostDirectory)
	}
	c.left -= int64(len(p))
	return c.r.ReadAt(p, off)
}

// entriesOf returns how many entries the end of an archive claims. It returns 0 if the archive has no end; package zip
// reports that. See PKWARE's APPNOTE.TXT, sections 4.3.14 to 4.3.16.
func entriesOf(r io.ReaderAt, size int64) (uint64, error) {
	const (
		endSize, locatorSize, mostComment = 22, 20, 1<<16 - 1
		end, locator, record              = "PK\x05\x06", "PK\x06\x07", "PK\x06\x06"
	)
	tail := make([]byte, min(size, locatorSize+endSize+mostComment))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return 0, err
	}
	at := bytes.LastIndex(tail[:max(0, len(tail)-endSize+len(end))], []byte(end))
	if at < 0 {
		return 0, nil
	}
	entries := uint64(binary.LittleEndian.Uint16(tail[at+10:]))
	if at < locatorSize || string(tail[at-locatorSize:][:len(locator)]) != locator {
		return entries, nil
	}
	var large [40]byte // the record of archives that have many entries or bytes
	where := binary.LittleEndian.Uint64(tail[at-locatorSize+8:])
	if where > uint64(size) {
		return entries, nil
	}
	if _, err := r.ReadAt(large[:], int64(where)); err == nil && string(large[:len(record)]) == record {
		entries = max(entries, binary.LittleEndian.Uint64(large[32:]))
	}
	return entries, nil
}
