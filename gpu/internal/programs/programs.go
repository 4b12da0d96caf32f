// Package programs keeps linked shader programs in a folder, in the form in which a driver gives them.
//
// The name of a file is the hash of the driver and of the source, so that neither another driver nor another source
// finds it. Processes may share a folder: files are replaced whole. A file is its user's alone to read and write, since
// drivers trust it; one that others could have written is not read. Errors of the folder or of a file cost a
// compilation and nothing else.
//
// Drivers keep such folders too, Mesa and NVIDIA's own among them. This one serves where theirs is off, full or lost
// with a container.
package programs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"gpuconv/internal/input"
	"gpuconv/whole"
)

// Extension ends the names of programs in a folder.
const Extension = ".program"

// Most bounds a folder, in bytes. A program of llvmpipe takes 16 kB, those of drivers that keep machine code several
// times as much, so that thousands fit.
const Most = 64 << 20

// abandoned is the age at which a file that is being written counts as left behind by a process that died.
const abandoned = time.Hour

// Folder is a folder of programs for one driver. One goroutine uses it at a time; other processes, and other values of
// this type, may use the same folder meanwhile.
type Folder struct {
	Path   string // Save makes it if it is missing
	Driver string // tells drivers apart that do not take each other's programs
	Most   int    // bytes of all programs; Save removes those that were not used for longest

	bytes int // of all programs, as far as this value knows; 0 until it has looked
}

// key returns the hash that names the program of a source.
func (f *Folder) key(source string) key { return sha256.Sum256([]byte(f.Driver + "\x00" + source)) }

func (f *Folder) file(k key) string { return filepath.Join(f.Path, hex.EncodeToString(k[:])+Extension) }

// Load returns the program of a source, and whether the folder has it whole. It reads nothing that
// others own or may write to.
func (f *Folder) Load(source string) (Program, bool) {
	k := f.key(source)
	path := f.file(k)
	content, err := input.ReadFile(context.Background(), input.Program, path)
	if err != nil {
		return Program{}, false
	}
	p, ok := parse(content, k)
	if ok {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // it is in use; if this fails the file is removed earlier
	}
	return p, ok
}

// Save writes the program of a source. At the first call, and when the folder holds more than Most, it removes what
// was not used for longest.
func (f *Folder) Save(source string, p Program) error {
	k := f.key(source)
	content := format(p, k)
	if len(content) > f.Most {
		return fmt.Errorf("programs: a program of %d bytes: want at most %d, which the folder may hold", len(content),
			f.Most)
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return err
	}
	err := whole.WritePrivate(f.file(k), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	looked := f.bytes > 0
	if f.bytes += len(content); !looked || f.bytes > f.Most {
		f.bytes = f.prune()
	}
	return nil
}

// prune removes the programs beyond Most that were not used for longest, and files that processes were writing when
// they died. It returns how many bytes of programs are left. It touches no file whose name is none that Save gives.
func (f *Folder) prune() int {
	programs, left := f.list()
	slices.SortFunc(programs, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	goal := f.Most
	if left > goal {
		goal -= goal / 8 // not one by one: listing thousands of files takes as long as compiling
	}
	for _, p := range programs {
		if left <= goal {
			break
		}
		if os.Remove(filepath.Join(f.Path, p.Name())) == nil {
			left -= int(p.Size())
		}
	}
	return left
}

// list returns the folder's programs and their bytes, and removes abandoned files.
func (f *Folder) list() (programs []fs.FileInfo, bytes int) {
	files, _ := os.ReadDir(f.Path) // a folder that cannot be read has no programs for us
	for _, file := range files {
		info, err := file.Info()
		switch {
		case err != nil || !info.Mode().IsRegular(): // another process has removed it, or it is none of ours
		case isPartial(file.Name()) && time.Since(info.ModTime()) > abandoned:
			_ = os.Remove(filepath.Join(f.Path, file.Name()))
		case complete.MatchString(file.Name()):
			programs = append(programs, info)
			bytes += int(info.Size())
		}
	}
	return programs, bytes
}

// complete is how Save names files.
var complete = regexp.MustCompile(`^[0-9a-f]{64}\` + Extension + `$`)

// isPartial reports whether name is one of a file that is being written. Earlier versions began these names with .new-.
func isPartial(name string) bool { return whole.IsPartial(name) || formerly.MatchString(name) }

var formerly = regexp.MustCompile(`^\.new-[0-9]+$`)
