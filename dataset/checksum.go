package dataset

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"gpuconv/fault"
	"gpuconv/internal/input"
)

// Sums are the checksums of a file, in hexadecimal, and its size in bytes. The tutorial gives the MD5, which protects
// against damage, but not against an attacker. SHA-256 protects against both.
type Sums struct {
	MD5    string `json:"md5"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"bytes"`
}

// String returns both checksums with their names.
func (s Sums) String() string { return "MD5 " + s.MD5 + ", SHA-256 " + s.SHA256 }

// Sum computes the checksums of a file. Reading ends soon after ctx is done.
func Sum(ctx context.Context, path string) (Sums, error) {
	f, err := input.Open(ctx, input.Array, path)
	if err != nil {
		return Sums{}, failed(path, err)
	}
	defer f.Close()
	md5, sha256 := md5.New(), sha256.New()
	size, err := io.Copy(io.MultiWriter(md5, sha256), f)
	if err != nil {
		return Sums{}, failed(path, err)
	}
	return Sums{hex.EncodeToString(md5.Sum(nil)), hex.EncodeToString(sha256.Sum(nil)), size}, nil
}

// Wanted holds the checksums that a file must have, in hexadecimal of either case. "" accepts any.
type Wanted struct{ MD5, SHA256 string }

// Any reports whether any file will do.
func (w Wanted) Any() bool { return w == Wanted{} }

// Check returns a [*ChecksumError] if a wanted checksum is not the one in s. name is the name of the file in the error.
func (w Wanted) Check(name string, s Sums) error {
	for _, c := range []struct{ kind, got, want string }{{"SHA-256", s.SHA256, w.SHA256}, {"MD5", s.MD5, w.MD5}} {
		if c.want != "" && !strings.EqualFold(c.got, c.want) {
			return &ChecksumError{Name: name, Kind: c.kind, Got: c.got, Want: strings.ToLower(c.want)}
		}
	}
	return nil
}

// A ChecksumError reports a complete file whose checksum is not the wanted one.
type ChecksumError struct {
	Name      string // the file's path, or the address that it was downloaded from
	Kind      string // MD5 or SHA-256
	Got, Want string
}

// Error returns one line with the name and both checksums.
func (e *ChecksumError) Error() string { return "dataset: " + e.Plain() }

// Plain returns the line without the package, for programs that say in another way where the error comes from.
func (e *ChecksumError) Plain() string { return fault.Printable(e.Name) + ": " + e.rule() }

// Beside returns the line for a message that begins with name. It leaves out the file's name if that is name.
// [fault.Beside] calls it.
func (e *ChecksumError) Beside(_, name string) string {
	if name == e.Name {
		return e.rule()
	}
	return e.Plain()
}

func (e *ChecksumError) rule() string {
	return fmt.Sprintf("the file has the %s checksum %s: want %s", e.Kind, e.Got, e.Want)
}
