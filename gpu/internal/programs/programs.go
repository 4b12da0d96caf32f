// Package programs keeps linked shader programs in a folder, as the binaries that a driver returns.
//
// The name of a file is a hash of the driver and of the source, so that a program is found only for the same driver and
// source. Processes may share a folder, since files are replaced whole. Only the user who owns a file may read and
// write it, since drivers trust it; a file that others could have written is not read. If the folder or a file cannot
// be used, the caller compiles the program instead.
//
// Drivers such as Mesa's and NVIDIA's keep such folders too. This one helps where theirs is off, full or lost with a
// container.
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

// Most is the usual limit of a folder, in bytes. A program takes 16 kB on llvmpipe, and several times as much with
// drivers that keep machine code. So thousands fit.
const Most = 64 << 20

// abandoned is the age at which a partly written file counts as left by a process that died.
const abandoned = time.Hour

// Folder is a folder of programs for one driver. One goroutine uses it at a time; other processes, and other values of
// this type, may use the same folder meanwhile.
type Folder struct {
	Path   string // Save makes it if it is missing
	Driver string // identifies the driver: others do not load its programs
	Most   int    // bytes of all programs; beyond it Save removes the least recently used

	bytes int // of all programs, as far as is known; 0 until Save has listed the folder
}

// key returns the hash that names the program of a source.
func (f *Folder) key(source string) key { return sha256.Sum256([]byte(f.Driver + "\x00" + source)) }

func (f *Folder) file(k key) string { return filepath.Join(f.Path, hex.EncodeToString(k[:])+Extension) }

// Load returns the program of a source, and false if the folder does not hold it whole. It does not read a file that
// another user but root owns or that others may write to.
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

// Has reports whether the folder has a file for a source, without reading it.
func (f *Folder) Has(source string) bool {
	info, err := os.Lstat(f.file(f.key(source)))
	return err == nil && info.Mode().IsRegular()
}

// Save writes the program of a source. At the first call, and whenever the folder may hold more than Most bytes, it
// looks at all files, and removes the least recently used programs if all together have more than Most bytes.
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

// If the programs have more than Most bytes, prune removes the least recently used ones until 7/8 of Most are left. It
// also removes files that processes were writing when they died. It touches only files whose names are of the form that
// Save gives. It returns how many bytes of programs are left.
func (f *Folder) prune() int {
	programs, left := f.list()
	slices.SortFunc(programs, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	goal := f.Most
	if left > goal {
		goal -= goal / 8 // makes room for several: listing thousands of files takes as long as compiling
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
	files, _ := os.ReadDir(f.Path) // a folder that cannot be read counts as empty
	for _, file := range files {
		info, err := file.Info()
		switch {
		case err != nil || !info.Mode().IsRegular(): // another process has removed it, or it is not a program
		case isPartial(file.Name()) && time.Since(info.ModTime()) > abandoned:
			_ = os.Remove(filepath.Join(f.Path, file.Name()))
		case complete.MatchString(file.Name()):
			programs = append(programs, info)
			bytes += int(info.Size())
		}
	}
	return programs, bytes
}

// complete matches the names that Save gives.
var complete = regexp.MustCompile(`^[0-9a-f]{64}\` + Extension + `$`)

// isPartial reports whether name is that of a file that is being written, by this version or an earlier one.
func isPartial(name string) bool { return whole.IsPartial(name) || formerly.MatchString(name) }

// formerly matches the names that earlier versions gave to files that were being written.
var formerly = regexp.MustCompile(`^\.new-[0-9]+$`)
