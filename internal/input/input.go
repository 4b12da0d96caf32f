// Package input opens every file that gpuconv reads. TestInputsAreOpened in cmd/gpuconv sees to it that nothing else
// does.
//
// A file that is opened here ends: it is a regular one, of at most as many bytes as its [Kind] may have. A named pipe,
// a device, a socket and a folder are refused, and opening them does not wait. Kinds that are read from front to back
// also take a stream: what /dev/stdin or /dev/fd/N leads to, such as a pipe of a shell. A stream has the same bound.
//
// Reading ends soon after the context is done, with the error of the context. That holds for whoever reads: package zip
// and decoders of pictures return what their reader returns.
//
// Errors of opening are [*fs.PathError], as those of package os; the context's error, and a rule, are wrapped in them.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Kind is what a file is opened as.
type Kind int

// The kinds of files.
const (
	Array      Kind = iota // .npy and .npz
	Picture                // PNG, JPEG, TIFF, BMP and WebP
	Table                  // CSV, may be a stream
	Report                 // JSON of gpuconv bench and its peers, may be a stream
	Entry                  // what a run keeps for the next: a tuned problem, a driver that was tried
	Notes                  // what a download keeps beside its part
	Program                // a linked program of a shader
	Output                 // of gpuconv run, to compare its checksum
	Provenance             // run.json
	System                 // what a kernel or a driver says of itself
	kinds                  // how many there are
)

// rules says what is taken as a kind.
type rules struct {
	want   string
	most   int64 // bytes
	stream bool  // /dev/stdin and /dev/fd/N are taken
	own    bool  // a file of its own, which no link leads to
	shared bool  // also one that others own or may write to
}

func (k Kind) rules() rules {
	switch k {
	case Array:
		return rules{want: "want a .npy or .npz file", most: 1 << 47} // 2⁴⁴ elements of 8 bytes, as package npy allows
	case Picture:
		return rules{want: "want a PNG, JPEG, TIFF, BMP or WebP image", most: 1 << 32} // offsets in a TIFF have 32 bits
	case Table:
		// a million rows of 250 bytes
		return rules{want: "want a CSV file or /dev/stdin", most: 256 << 20, stream: true}
	case Report:
		return rules{want: "want a JSON file or /dev/stdin", most: 64 << 20, stream: true} // of suite layers: 1 MB
	case Output:
		return rules{want: "want a file", most: 1 << 47} // as arrays have
	case Provenance:
		return rules{want: "want a file", most: 16 << 20} // of a run: some kB
	case Program:
		return rules{want: "want a regular file", most: 64 << 20, own: true} // a whole folder of programs has no more
	case Notes:
		return rules{want: "want a regular file", most: 64 << 10, own: true, shared: true}
	case System:
		return rules{want: "want a regular file", most: 16 << 20}
	}
	return rules{want: "want a regular file", most: 64 << 10, own: true}
}

// Most returns how many bytes a file of this kind may have.
func (k Kind) Most() int64 { return k.rules().most }

// Refusal is the cause of an error: a file is not what its kind wants.
type Refusal string

// Error returns the rule.
func (r Refusal) Error() string { return string(r) }

// isStream reports whether a path names an open descriptor of this process, which opening need not wait for.
func isStream(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// judge refuses what a kind does not take.
func (r rules) judge(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular() && !(r.stream && isStream(path) && !info.IsDir()):
		return Refusal(r.want + ", this is a " + What(info.Mode()))
	case info.Size() > r.most:
		return Refusal(fmt.Sprintf("want at most %d bytes, it has %d", r.most, info.Size()))
	case r.own && !r.shared:
		return private(info)
	}
	return nil
}

// What names a kind of files for people: a folder, a pipe.
func What(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeSymlink != 0:
		return "link"
	case mode&fs.ModeNamedPipe != 0:
		return "pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// File is an open file. One goroutine at a time calls Read and Seek; any may call ReadAt.
type File struct {
	ctx  context.Context
	file *os.File
	path string
	most int64
	size int64
	at   int64       // where the next Read reads
	stop func() bool // stops waiting for ctx
}

// Open opens a file to be read as a kind, until ctx is done. Close must be called.
func Open(ctx context.Context, kind Kind, path string) (*File, error) {
	f, err := open(ctx, kind.rules(), path)
	for try := 1; errors.Is(err, errReplaced) && try < replacedTries; try++ {
		f, err = open(ctx, kind.rules(), path)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return f, nil
}

func open(ctx context.Context, r rules, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	look := os.Stat // before it is opened: that rewinds a tape, and waits for the other end of a pipe
	if r.own {
		look = os.Lstat
	}
	info, err := look(path)
	if err != nil {
		return nil, err
	}
	if err := r.judge(path, info); err != nil {
		return nil, err
	}
	var file *os.File
	if r.own {
		file, err = openSame(path, os.O_RDONLY, info)
	} else {
		file, err = os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	}
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil { // another file may have taken its place
		err = r.judge(path, info)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f := &File{ctx: ctx, file: file, path: path, most: r.most, size: info.Size()}
	f.stop = context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) }) // wakes who waits for a pipe
	return f, nil
}

// Size returns the bytes that the file had when it was opened; 0 of a stream.
func (f *File) Size() int64 { return f.size }

// portion is how many bytes are read between two looks at the context.
const portion = 1 << 20

// Read implements [io.Reader].
func (f *File) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.file.Read(p[:min(len(p), portion)])
	if f.at += int64(n); f.at > f.most {
		return 0, f.failed(Refusal(fmt.Sprintf("want at most %d bytes, it has more", f.most)))
	}
	return n, f.failed(err)
}

// ReadAt implements [io.ReaderAt].
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	for done := 0; ; {
		if err := f.ctx.Err(); err != nil {
			return done, err
		}
		n, err := f.file.ReadAt(p[done:min(len(p), done+portion)], off+int64(done))
		if done += n; err != nil || done == len(p) {
			return done, f.failed(err)
		}
	}
}

// Seek implements [io.Seeker].
func (f *File) Seek(offset int64, whence int) (int64, error) {
	at, err := f.file.Seek(offset, whence)
	if err == nil {
		f.at = at
	}
	return at, f.failed(err)
}

// failed returns the context's error if that ended a read.
func (f *File) failed(err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case f.ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded):
		return f.ctx.Err()
	}
	if of := Refusal(""); errors.As(err, &of) {
		return &fs.PathError{Op: "read", Path: f.path, Err: of}
	}
	return err
}

// Close closes the file.
func (f *File) Close() error {
	f.stop()
	return f.file.Close()
}

// ReadFile returns all of a file.
func ReadFile(ctx context.Context, kind Kind, path string) ([]byte, error) {
	f, err := Open(ctx, kind, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content := make([]byte, 0, max(512, min(f.size+1, f.most)))
	for {
		n, err := f.Read(content[len(content):cap(content)])
		switch content = content[:len(content)+n]; {
		case err == io.EOF:
			return content, nil
		case err != nil:
			return nil, err
		case len(content) == cap(content):
			content = append(content, 0)[:len(content)]
		}
	}
}
