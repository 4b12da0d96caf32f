package whole

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"gpuconv/internal/input"
)

// Journal is a text file of lines, each with its own checksum. It only grows. A line that a power cut or a full disk
// has cut off, and one that somebody has changed, does not count. Several goroutines may add lines at once.
//
// A line is the CRC-32C of its text in eight hexadecimal digits, a space, the text, and a line feed.
type Journal struct {
	Lines   [][]byte // the texts of all lines that count, as they were when the journal was opened
	Changed int      // how many complete lines did not count

	// If ReadJournal read it: when it was last written, and when the lease of its folder was last renewed, by the clock
	// of the file system. Ended says that the owner has given the lease back: no process writes the folder.
	Modified, Renewed time.Time
	Ended             bool

	mutex sync.Mutex
	file  *file
	held  func() error // returns an error if the journal is another process's now
}

// mostLine is the longest line in bytes, with its line feed. A longer one counts as changed: a line has some 1,000.
const mostLine = 1 << 20

// sumBytes is how many hexadecimal digits begin a line.
const sumBytes = 8

// openJournal opens or makes the journal of a kept folder, reads it, and cuts off a line without an end. If a file does
// not begin as a journal does, openJournal leaves it as it is.
func (p place) openJournal() (*Journal, error) {
	f, err := p.openEnd(journalName)
	if err != nil {
		return nil, named(journalName, err)
	}
	j := &Journal{file: f}
	size, err := j.read(f.File)
	if err == nil {
		err = j.begins(size)
	}
	if err == nil && (len(j.Lines) > 0 || j.Changed == 0) {
		err = f.change(change{action: truncates, path: f.path, at: size}, func() error { return f.Truncate(size) })
	}
	if err != nil {
		f.Close()
		return nil, named(journalName, err)
	}
	return j, nil
}

// begins returns an error if the file has no complete line, and what it has is not the beginning of one.
func (j *Journal) begins(size int64) error {
	if size > 0 {
		return nil
	}
	head := make([]byte, sumBytes+1)
	n, err := j.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	if len(bytes.Trim(head, "\x00")) == 0 { // it is empty, or a power cut left zeros
		return nil
	}
	for i, c := range head {
		if i < sumBytes && !bytes.ContainsRune([]byte("0123456789abcdef"), rune(c)) || i == sumBytes && c != ' ' {
			return errors.New("want a journal of gpuconv, this is another file")
		}
	}
	return nil
}

// openEnd opens a file for reading and for writing at its end, and makes it if there is none.
func (p place) openEnd(name string) (*file, error) {
	if !p.holds(name) {
		made, err := p.create(name, 0o666) // its name is synced with that of the grown file
		if err != nil {
			return nil, err
		}
		made.Close()
	}
	if err := p.wantFile(name); err != nil {
		return nil, err
	}
	opened, err := p.root.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return &file{disk: p.disk, File: opened, path: filepath.Join(p.path, name)}, nil
}

// ReadJournal reads the journal of the kept folder for path, which another process may be writing. It fails if there is
// none, and once ctx is done.
func ReadJournal(ctx context.Context, path string) (*Journal, error) {
	f, err := input.Open(ctx, input.Output, filepath.Join(Unfinished(path), journalName))
	if err != nil {
		return nil, named(Unfinished(path), err)
	}
	defer f.Close()
	j := &Journal{Modified: f.Modified()}
	_, err = j.read(f)
	j.Renewed, j.Ended = disk{}.renewed(Unfinished(path))
	return j, named(Unfinished(path), err)
}

// read reads lines, and returns the size of those that are complete.
func (j *Journal) read(from io.Reader) (size int64, err error) {
	lines := bufio.NewReader(from)
	for {
		line, bytes, err := readLine(lines)
		if err == io.EOF { // what is left has no end
			return size, nil
		}
		if err != nil {
			return size, err
		}
		size += bytes
		if text, ok := counts(line); ok {
			j.Lines = append(j.Lines, text)
		} else {
			j.Changed++
		}
	}
}

// readLine reads a line, and returns it without its line feed, and how many bytes it has with that. A line of more than
// mostLine bytes is empty.
func readLine(from *bufio.Reader) (line []byte, bytes int64, err error) {
	for {
		part, err := from.ReadSlice('\n')
		if bytes += int64(len(part)); bytes <= mostLine {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return nil, bytes, err
		case bytes > mostLine:
			return nil, bytes, nil
		}
		return line[:len(line)-1], bytes, nil
	}
}

// counts returns the text of a line, if it is as it was written.
func counts(line []byte) (text []byte, ok bool) {
	if len(line) < 9 || line[8] != ' ' {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(line[:8]), 16, 32)
	return line[9:], err == nil && Checksum(0, line[9:]) == uint32(sum)
}

// Add adds a line. text has no line feed.
func (j *Journal) Add(text []byte) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if err := j.held(); err != nil {
		return named(journalName, err)
	}
	_, err := j.file.Write(fmt.Appendf(nil, "%08x %s\n", Checksum(0, text), text))
	return named(journalName, err)
}

// Sync puts all lines that were added on the disk. Lines that are added meanwhile do not wait, and may be there or not.
func (j *Journal) Sync() error { return named(journalName, j.file.sync()) }

func (j *Journal) close() error { return j.file.Close() }

// Checksum returns the CRC-32C of bytes that follow others whose CRC-32C is sum; 0 is that of none.
func Checksum(sum uint32, p []byte) uint32 {
	return crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), p)
}

// JoinChecksums returns the CRC-32C of two parts, one after the other, from the CRC-32C of each and the number of bytes
// of the second.
func JoinChecksums(first, second uint32, bytes int64) uint32 {
	return join(first, second, bytes, crc32.Castagnoli)
}

// JoinZipChecksums is JoinChecksums for the CRC-32 of zip.
func JoinZipChecksums(first, second uint32, bytes int64) uint32 {
	return join(first, second, bytes, crc32.IEEE)
}

// join is Mark Adler's crc32_combine of zlib: a byte of zeros multiplies a CRC by x⁸, modulo the polynomial, so n of
// them multiply it by x⁸ⁿ.
func join(first, second uint32, bytes int64, polynomial uint32) uint32 {
	// Bit 31 is x⁰, as in the table of hash/crc32.
	product := func(a, b uint32) (p uint32) {
		for ; a != 0; a <<= 1 {
			if a&(1<<31) != 0 {
				p ^= b
			}
			low := b & 1
			b >>= 1
			if low != 0 {
				b ^= polynomial
			}
		}
		return p
	}
	power, square := uint32(1)<<31, uint32(1)<<(31-8) // x⁰, x⁸
	for ; bytes > 0; bytes >>= 1 {
		if bytes&1 != 0 {
			power = product(power, square)
		}
		square = product(square, square)
	}
	return product(power, first) ^ second
}
