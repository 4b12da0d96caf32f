package input

import (
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"time"
)

// fingerprintMost is how many bytes of a file [File.Fingerprint] reads at most.
const fingerprintMost = 3 << 18

// Seen remembers a file as [File.Fingerprint] saw it. The zero Seen is of no file. There may be one for each of a
// million pictures. A stamp of 0 says nothing: the file was written just before.
type Seen struct{ stamp, print uint32 }

// tick is longer than the steps in which systems keep times of files: 4 to 10 ms on Linux before 6.13, 2 s on FAT. Two
// writes within a step leave the same time.
const tick = 3 * time.Second

// Fingerprint tells a file from others without reading a large one whole: its size, when it was last written, and the
// CRC-32C of its content. Of a file of more than 768 KiB only the first, middle and last 256 KiB count. It does not
// move the place where Read reads. [File.Unchanged] compares the file with what Fingerprint saw.
func (f *File) Fingerprint() (string, Seen, error) {
	info, err := f.file.Stat() // before the content is read: what is written later shows in stamp
	if err != nil {
		return "", Seen{}, err
	}
	sum, size := crc32.New(castagnoli()), info.Size()
	part, starts := size, []int64{0}
	if size > fingerprintMost {
		part = fingerprintMost / 3
		starts = []int64{0, (size - part) / 2, size - part}
	}
	for _, start := range starts {
		n, err := io.Copy(sum, io.NewSectionReader(f, start, part))
		if err == nil && n < part {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", Seen{}, err
		}
	}
	text := fmt.Sprintf("%d %d %08x", size, info.ModTime().UTC().UnixNano(), sum.Sum32())
	seen := Seen{stampOf(info), sumOf(text)}
	for _, at := range []int64{info.ModTime().UnixNano(), changed(info)} {
		if time.Since(time.Unix(0, at)).Abs() < tick {
			seen.stamp = 0
		}
	}
	return text, seen, nil
}

// Unchanged returns an error, a [Refusal] if it has no other cause, if the file is not as it was when Fingerprint saw
// it. Call it after what counts was read. It looks at the size and the times of the file. Only if these differ, or say
// nothing, does it make the fingerprint again: somebody may have changed the permissions, or copied the file. It then
// keeps the new times in since. For the zero Seen it returns nil.
func (f *File) Unchanged(since *Seen) error {
	if *since == (Seen{}) {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil || since.stamp != 0 && stampOf(info) == since.stamp {
		return err
	}
	_, now, err := f.Fingerprint()
	if err != nil {
		return err
	}
	if now.print != since.print {
		return Refusal("has changed since the run began: want it as it was")
	}
	*since = now
	return nil
}

// stampOf is the checksum of what changes whenever somebody writes a file or puts another in its place, where the
// system keeps that.
func stampOf(info fs.FileInfo) uint32 {
	return sumOf(fmt.Sprintln(info.Size(), info.ModTime().UnixNano(), changed(info)))
}

func sumOf(text string) uint32 { return crc32.Checksum([]byte(text), castagnoli()) }

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }
