package whole

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gpuconv/internal/input"
)

// Sum says what a file of a folder contained when it was written. Its checksum detects damage by disks and power cuts,
// but no forgery. It is CRC-32C, which processors compute ten times as fast as SHA-256.
type Sum struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	CRC32C string `json:"crc32c"` // CRC-32 with Castagnoli's polynomial, in eight hexadecimal digits
}

// summer computes a Sum while a file is written.
type summer struct {
	bytes  int64
	crc32c uint32
}

func newSummer() *summer { return &summer{} }

// Write implements [io.Writer].
func (s *summer) Write(p []byte) (int, error) {
	s.bytes, s.crc32c = s.bytes+int64(len(p)), Checksum(s.crc32c, p)
	return len(p), nil
}

// join adds bytes whose CRC-32C is known.
func (s *summer) join(bytes int64, crc32c uint32) {
	s.bytes, s.crc32c = s.bytes+bytes, JoinChecksums(s.crc32c, crc32c, bytes)
}

func (s *summer) of(name string) Sum { return Sum{name, s.bytes, fmt.Sprintf("%08x", s.crc32c)} }

// Look returns nil if there is a file of this name and size in folder. It does not read the file.
func (s Sum) Look(folder string) error {
	if err := s.plain(); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(folder, s.Name))
	switch {
	case err != nil:
		return named(s.Name, err)
	case !info.Mode().IsRegular():
		return &Error{Name: s.Name, Rule: "want a file, this is a " + Kind(info)}
	}
	return s.sized(info.Size())
}

func (s Sum) sized(bytes int64) error {
	if bytes != s.Bytes {
		return &Error{Name: s.Name, Rule: fmt.Sprintf("%d bytes: want %d", bytes, s.Bytes)}
	}
	return nil
}

func (s Sum) plain() error {
	if !isPlain(s.Name) {
		return &Error{Name: s.Name, Rule: "want the name of a file in the folder"}
	}
	return nil
}

// Verify reads the file in folder and says how it differs from s. It returns nil if it does not differ, and ctx's error
// if ctx is done. It refuses a name that is a path, because s may come from a file that anyone could have written.
func (s Sum) Verify(ctx context.Context, folder string) error {
	if err := s.plain(); err != nil {
		return err
	}
	f, err := input.Open(ctx, input.Output, filepath.Join(folder, s.Name))
	if err != nil {
		return named(s.Name, err)
	}
	defer f.Close()
	if err := s.sized(f.Size()); err != nil {
		return err
	}
	got := newSummer()
	if _, err := io.Copy(got, f); err != nil {
		return named(s.Name, err)
	}
	if found := got.of(s.Name); found != s {
		return &Error{Name: s.Name, Rule: fmt.Sprintf("CRC-32C %s of %d bytes: want %s of %d", found.CRC32C,
			found.Bytes, s.CRC32C, s.Bytes)}
	}
	return nil
}
