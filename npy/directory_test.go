package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
)

// endOf is a file of zeros with a given end.
type endOf struct {
	size int64
	end  []byte
}

func (e endOf) ReadAt(p []byte, off int64) (int, error) {
	if off >= e.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), e.size-off))
	clear(p[:n])
	if start := e.size - int64(len(e.end)); off+int64(n) > start {
		copy(p[max(0, start-off):n], e.end[max(0, off-start):])
	}
	return n, nil
}

// archiveOf returns a sparse archive of the given number of bytes. Its end claims the given number of entries.
func archiveOf(size int64, entries uint64) endOf {
	var b []byte
	le := binary.LittleEndian
	b = le.AppendUint64(append(b, "PK\x06\x06"...), 44)
	b = append(b, make([]byte, 12)...) // versions and disks
	b = le.AppendUint64(le.AppendUint64(b, entries), entries)
	b = le.AppendUint64(le.AppendUint64(b, 46), uint64(size-200)) // the directory
	b = le.AppendUint32(append(b, "PK\x06\x07"...), 0)
	b = le.AppendUint32(le.AppendUint64(b, uint64(size-98)), 1)
	b = append(append(b, "PK\x05\x06"...), make([]byte, 4)...)
	b = append(b, bytes.Repeat([]byte{0xff}, 12)...)
	return endOf{size, append(b, 0, 0)}
}

// TestDirectoryIsBounded: package zip would allocate memory for as many entries as an archive claims, if the file is
// long enough. With holes, a file of 100 TB takes no disk.
func TestDirectoryIsBounded(t *testing.T) {
	for _, entries := range []uint64{mostEntries + 1, 1 << 32, 3e12} {
		file := archiveOf(100e12, entries)
		_, err := newReader(startsWith{"PK\x03\x04", file}, file.size, "a.npz", "")
		wantError(t, err, fmt.Sprintf("npy: a.npz: the archive has %d entries: want at most 65536", entries))
	}
	if n, err := entriesOf(archiveOf(1000, 7), 1000); n != 7 && n != 0xffff || err != nil {
		t.Errorf("%d entries, %v", n, err)
	}

	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for i := range mostDirectory>>15 + 1 {
		if _, err := z.Create(fmt.Sprintf("%05d%s", i, strings.Repeat("n", 1<<15))); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := newReader(bytes.NewReader(file.Bytes()), int64(file.Len()), "a.npz", "")
	wantError(t, err, "npy: a.npz: the archive's directory has more than 8388608 bytes: want at most that")
}

// startsWith is a file whose first bytes are replaced by start.
type startsWith struct {
	start string
	io.ReaderAt
}

func (s startsWith) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, off)
	if off < int64(len(s.start)) {
		copy(p[:n], s.start[off:])
	}
	return n, err
}
