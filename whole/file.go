package whole

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"gpuconv/internal/input"
)

// File is a new file. It is hidden until Commit puts it at its path, where it replaces an older file if there is one.
type File struct {
	name string // as errors call it
	file *file
	home home
	sum  *summer // nil if nobody needs the sum
	done bool
}

// home knows where a file is hidden, and where it goes.
type home interface {
	keep(*File) error // puts a complete, closed file in its place; if that fails the file is gone, but see notSafe
	drop(*File) error // removes a closed file
}

// Create calls [Options.Create] with default options, which sync the file.
func Create(path string) (*File, error) { return Options{}.Create(path) }

// Create makes the file that will be at path. Until Commit the file is in a hidden folder beside path, because renaming
// is atomic only within one file system. The caller must call Commit or Discard. Create removes what a dead process has
// left of the same file.
//
// The file gets the permissions that os.Create would give it: those of the file at path if there is one, otherwise
// 0o666 less the umask. With Private they are 0o600. Create refuses what os.Create could not write, what [CheckFile]
// refuses, and a path in a folder that cannot be read, because such a folder cannot be synced.
func (o Options) Create(path string) (*File, error) {
	if path == "" {
		return nil, &Error{Rule: "want the name of a file, it is empty"}
	}
	if err := CheckFile(path); err != nil {
		return nil, err
	}
	target, mode := path, fs.FileMode(0o666)
	if o.Private {
		mode = 0o600
	}
	info, err := os.Stat(path)
	exists := err == nil && !o.Private
	if exists {
		mode = info.Mode().Perm()
		if target, err = writable(path); err != nil {
			return nil, err
		}
	}
	s := &single{name: filepath.Base(target)}
	f, err := s.create(o, filepath.Dir(target), mode)
	if err != nil {
		return nil, named(path, err)
	}
	if exists {
		_ = f.Chmod(mode) // restores what the umask took; some file systems have no modes
	}
	return &File{name: path, file: f, home: s}, nil
}

// CheckFile refuses a path that leads to something other than a regular file, such as a device or a folder: renaming
// would replace it by a file. It refuses a symbolic link whose target does not exist. It accepts a path at which there
// is nothing. Its errors are [*Error].
func CheckFile(path string) error {
	details, err := Obstacle(path)
	switch {
	case err != nil:
		return named(path, err)
	case details != "":
		return &Error{Name: path, Rule: "want a file or a new name, this is a " + details}
	}
	return nil
}

// Dangling is what [Obstacle] calls a symbolic link whose target does not exist.
const Dangling = "link that leads nowhere"

// Obstacle says what prevents writing a file at path: what is there, as [Kind] calls it, or [Dangling]. It returns ""
// if there is nothing or a regular file. Dangling links are refused because renaming would replace the link, while
// writing through it would make a file elsewhere.
func Obstacle(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return Kind(info), nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", Cause(err)
	case err != nil && isLink(path):
		return Dangling, nil
	}
	return "", nil
}

// writable checks that the file at path may be written to. It returns the file's path with links followed.
func writable(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return "", named(path, err)
	}
	target, err := filepath.EvalSymlinks(path)
	return target, named(path, err)
}

// Kind says what info describes: "folder", "file", "symbolic link", or "device, pipe or socket".
func Kind(info fs.FileInfo) string {
	switch {
	case info.IsDir():
		return "folder"
	case info.Mode().IsRegular():
		return "file"
	case info.Mode()&fs.ModeSymlink != 0:
		return "symbolic link"
	}
	return "device, pipe or socket"
}

// single is the home of a file that is alone in its hidden folder.
type single struct {
	name   string // the file's final name
	hidden *hidden
}

const fileName = mark + "file" // the file's name in the hidden folder

// create makes the hidden folder and the file in it. It removes hidden folders that dead processes have left of the
// same file.
func (s *single) create(o Options, folder string, mode fs.FileMode) (*file, error) {
	base, err := o.disk().open(folder)
	if err != nil {
		return nil, err
	}
	if s.hidden, err = claimSlot(base, s.name, o.Removed); err != nil {
		base.close()
		return nil, err
	}
	f, err := s.hidden.inner.create(fileName, mode)
	if err != nil {
		s.leave()
	}
	return f, err
}

// keep renames the file.
func (s *single) keep(*File) error {
	defer s.leave()
	base := s.hidden.base
	err := error(nil)
	if base.lost() {
		err = errMoved
	}
	if err == nil {
		err = base.rename(filepath.Join(s.hidden.name, fileName), s.name)
	}
	if err != nil {
		_ = s.hidden.inner.remove(fileName)
		return err
	}
	return notSafe(base.sync())
}

// notSafe explains the error of syncing a folder in which a file has just been put in its place. The file stays there,
// because the older file is gone. If err is nil, notSafe returns nil.
func notSafe(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("it is written, but a power cut may take it: %w", Cause(err))
}

// drop removes the file.
func (s *single) drop(*File) error {
	defer s.leave()
	return s.hidden.inner.remove(fileName)
}

// leave removes the hidden folder.
func (s *single) leave() {
	s.hidden.leave()
	s.hidden.base.close()
}

// Name returns what errors call the file: the path that [Create] was given, or the name within a [Folder].
func (f *File) Name() string { return f.name }

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	if f.sum != nil {
		f.sum.Write(p[:n])
	}
	return n, named(f.name, err)
}

// Copy appends bytes of src from an offset on, and takes crc32c for their CRC-32C. On Linux the kernel copies them. On
// some file systems both files then share them, if their places in the two files are equally far from a multiple of
// 4 kB.
func (f *File) Copy(src *input.File, at, bytes int64, crc32c uint32) error {
	if err := f.file.copy(src, at, bytes); err != nil {
		return named(f.name, err)
	}
	if f.sum != nil {
		f.sum.join(bytes, crc32c)
	}
	return nil
}

// Commit closes the file and puts it in its place. If either fails, the file is gone, and what was at its path is as it
// was. If only syncing the folder fails, the new file is in its place, and the error says so.
func (f *File) Commit() error {
	if f.done {
		return named(f.name, os.ErrClosed)
	}
	f.done = true
	err := f.file.sync()
	if closeErr := f.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = f.home.drop(f)
		return named(f.name, err)
	}
	return named(f.name, f.home.keep(f))
}

// Discard closes and removes the file. It does nothing after Commit or Discard.
func (f *File) Discard() error {
	if f.done {
		return nil
	}
	f.done = true
	closeErr := f.file.Close()
	if err := f.home.drop(f); err != nil {
		return named(f.name, err)
	}
	return named(f.name, closeErr)
}

// Write calls [Options.Write] with default options, which sync the file.
func Write(path string, write func(io.Writer) error) error { return Options{}.Write(path, write) }

// Write makes a file at path. The function write writes its contents. If write fails, Write returns its error, and path
// stays as it was.
func (o Options) Write(path string, write func(io.Writer) error) error {
	f, err := o.Create(path)
	if err != nil {
		return err
	}
	return f.fill(write)
}

// fill calls write to write the whole file, and commits the file. If either fails, it discards the file.
func (f *File) fill(write func(io.Writer) error) error {
	defer f.Discard()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// Place syncs a complete, closed file and renames it to path, which must be in the same folder. If that fails, the file
// keeps its name. If only syncing the folder fails, the file is at path, and the error says so.
func (o Options) Place(complete, path string) error { return o.place(complete, path, place.rename) }

// PlaceNew is like Place, but for a path that was free: it does not replace what has appeared there meanwhile.
func (o Options) PlaceNew(complete, path string) error {
	return o.place(complete, path, place.renameNew)
}

func (o Options) place(complete, path string, rename func(in place, from, to string) error) error {
	base, err := o.disk().open(filepath.Dir(path))
	if err != nil {
		return named(path, err)
	}
	defer base.close()
	from := filepath.Base(complete)
	opened, err := base.root.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return named(complete, err)
	}
	err = (&file{disk: base.disk, File: opened, path: complete}).sync()
	if err = errors.Join(err, opened.Close()); err != nil {
		return named(complete, err)
	}
	if err = rename(base, from, filepath.Base(path)); err == nil {
		err = notSafe(base.sync())
	}
	return named(path, err)
}

// WritePrivate makes a file at path for the user alone: its mode is 0o600. The function write writes its contents. If
// write fails, WritePrivate returns its error, and path stays as it was. WritePrivate replaces a file at path even if
// the user may not write to that file. It replaces a link rather than the link's target. It does not replace a folder.
//
// It is for caches of many files, and syncs nothing. After a power cut, path may have only a part of the file, so
// whoever reads it must compare a checksum. What a process leaves that dies, [ClearPrivate] removes.
func WritePrivate(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), partial+"-*") // its mode is 0o600
	if err != nil {
		return named(path, err)
	}
	home := private{from: f.Name(), to: path}
	return (&File{name: path, file: &file{disk: disk{noSync: true}, File: f, path: f.Name()}, home: home}).fill(write)
}

// private is the home of a file that WritePrivate writes.
type private struct{ from, to string }

func (p private) keep(*File) error {
	err := os.Rename(p.from, p.to)
	if err != nil {
		_ = os.Remove(p.from)
	}
	return err
}

func (p private) drop(*File) error { return os.Remove(p.from) }

// IsPartial reports whether name is one that [WritePrivate] gives a file until it is complete.
func IsPartial(name string) bool { return privateName.MatchString(name) }

// privateName matches the names that [os.CreateTemp] makes from WritePrivate's pattern.
var privateName = regexp.MustCompile(`^` + regexp.QuoteMeta(partial) + `-[0-9]+$`)

// ClearPrivate removes the files of [WritePrivate] in a folder that processes left when they died: those that are not
// complete, and an hour old. It reads the whole folder: whoever does that anyway may ask [IsPartial].
func ClearPrivate(folder string) {
	files, _ := os.ReadDir(folder) // a folder that cannot be read has none
	for _, file := range files {
		if !IsPartial(file.Name()) || !file.Type().IsRegular() {
			continue
		}
		if info, err := file.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(folder, file.Name()))
		}
	}
}
