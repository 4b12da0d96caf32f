package input

import (
	"fmt"
	"hash/crc32"
	"io"
)

// fingerprintMost is how many bytes of a file [File.Fingerprint] reads at most.
const fingerprintMost = 3 << 18

// Fingerprint tells a file from others without reading a large one whole: its size, when it was last written, and the
// CRC-32C of its content. Of a file of more than 768 KiB only the first, middle and last 256 KiB count. It does not
// move the place where Read reads.
func (f *File) Fingerprint() (string, error) {
	sum, part := crc32.New(crc32.MakeTable(crc32.Castagnoli)), f.size
	starts := []int64{0}
	if f.size > fingerprintMost {
		part = fingerprintMost / 3
		starts = []int64{0, (f.size - part) / 2, f.size - part}
	}
	for _, start := range starts {
		n, err := io.Copy(sum, io.NewSectionReader(f, start, part))
		if err == nil && n < part {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d %d %08x", f.size, f.modified.UTC().UnixNano(), sum.Sum32()), nil
}
