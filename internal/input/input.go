// Package input opens every file that gpuconv reads. TestInputsAreOpened in cmd/gpuconv checks that nothing else does.
//
// Reading a file always comes to an end, because Open accepts only a regular file that is no larger than its [Kind]
// allows. Named pipes, devices, sockets and folders are refused, without waiting for them. Kinds that are read from
// front to back may also be a stream, such as a shell's pipe: /dev/stdin, /dev/fd/N or /proc/self/fd/N. A stream has
// the same limit, and reading it waits until it ends.
//
// Once the context is done, reading soon fails with the context's error. This works through package zip and the picture
// decoders too, because they return the error of their reader.
//
// Errors of Open are of type [*fs.PathError], as those of package os. They wrap the context's error, a [Refusal], or
// the error of the system.
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

// Kind says what a file is expected to be.
type Kind int

// The kinds of files.
const (
	Array      Kind = iota // .npy, .npz and .zarr.zip, and tensors of networks
	Picture                // PNG, JPEG, TIFF, BMP and WebP
	Table                  // CSV, may be a stream
	Report                 // JSON of gpuconv bench or bench/peers, may be a stream
	Entry                  // what a run keeps for the next: a tuned problem, a driver that was tried
	Notes                  // what a download keeps beside the part of the file that it has so far
	Program                // a linked shader program
	Output                 // a file that gpuconv run wrote: to check it, to merge it, or to read its journal
	Provenance             // run.json
	System                 // a file in which the kernel or a driver describes itself
	List                   // known failures, or names of images, one a line; may be a stream
	Shader                 // GLSL or SPIR-V of the user
	Interface              // TOML that says how to call the user's shader
	kinds                  // how many there are
)

// rules says which files a kind accepts.
type rules struct {
	want   string
	most   int64 // the largest size in bytes
	stream bool  // /dev/stdin, /dev/fd/N and /proc/self/fd/N are accepted, if they are not folders
	// own refuses links, files with several names, and files that are replaced while they are opened. Unless shared is
	// set too, it accepts only files that nobody but the user or root can have written.
	own    bool
	shared bool // with own: others may own the file or write to it
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
		return rules{want: "want a JSON file or /dev/stdin", most: 64 << 20, stream: true} // suite layers: 1 MB
	case Output:
		return rules{want: "want a file", most: 1 << 47} // as for arrays
	case Provenance:
		return rules{want: "want a file", most: 16 << 20} // usually some kB
	case Program:
		return rules{want: "want a regular file", most: 64 << 20, own: true} // the limit of a whole folder of programs
	case Notes:
		return rules{want: "want a regular file", most: 64 << 10, own: true, shared: true}
	case System:
		return rules{want: "want a regular file", most: 16 << 20}
	case List:
		// the names of all cases: 2 MB
		return rules{want: "want a text file or /dev/stdin", most: 16 << 20, stream: true}
	case Shader:
		return rules{want: "want a file of GLSL or SPIR-V", most: 16 << 20}
	case Interface:
		return rules{want: "want a TOML file", most: 1 << 20}
	}
	return rules{want: "want a regular file", most: 64 << 10, own: true}
}

// Most returns how many bytes a file of this kind may have.
func (k Kind) Most() int64 { return k.rules().most }

// Refusal is the cause of an error: a file is not what its [Kind] accepts. Its text says what would be right.
type Refusal string

// Error returns the text.
func (r Refusal) Error() string { return string(r) }

// isStream reports whether a path names an open file descriptor of this process. Opening such a path does not wait.
func isStream(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// judge refuses a file that the rules do not accept.
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

// What names the type of a file for people, such as folder or pipe.
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

// File is an open file. Only one goroutine at a time may call Read, Seek and CopyTo; several may call ReadAt.
type File struct {
	ctx  context.Context
	file *os.File
	path string
	most int64
	size int64

	modified time.Time
	at       int64       // where the next Read reads
	stop     func() bool // stops waiting for ctx
}

// Open opens a file of a kind. When ctx is done, reading fails. The caller must call Close.
func Open(ctx context.Context, kind Kind, path string) (*File, error) {
	f, err := open(ctx, kind.rules(), path)
	for try := 1; errors.Is(err, errReplaced) && try < replacedTries; try++ {
		f, err = open(ctx, kind.rules(), path)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	opened(ctx, kind, f)
	return f, nil
}

func open(ctx context.Context, r rules, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	look := os.Stat // look first: opening a tape rewinds it, opening a pipe waits for its other end
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
	f := &File{ctx: ctx, file: file, path: path, most: r.most, size: info.Size(), modified: info.ModTime()}
	f.stop = context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) }) // wakes a Read
	return f, nil
}

// Size returns the file's size in bytes at the time it was opened, or 0 for a stream.
func (f *File) Size() int64 { return f.size }

// Modified returns when the file was last written, at the time it was opened.
func (f *File) Modified() time.Time { return f.modified }

// portion is how many bytes are read between two checks of the context.
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

// CopyTo appends bytes from an offset on to w. On Linux the kernel copies them (copy_file_range).
func (f *File) CopyTo(w *os.File, at, bytes int64) error {
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return err
	}
	for left := bytes; left > 0; {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		n, err := w.ReadFrom(io.LimitReader(f.file, min(left, portionCopied)))
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return f.failed(err)
		}
		left, f.at = left-n, f.at+n
	}
	return nil
}

// portionCopied is how many bytes are copied between two checks of the context.
const portionCopied = 16 << 20

// failed returns the context's error if a read ended because the context was done. It adds the path to a Refusal, and
// returns other errors as they are.
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

// ReadFile opens a file of a kind and returns its content.
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
