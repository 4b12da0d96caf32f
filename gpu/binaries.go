//go:build cgo && !nogl

package gpu

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gpuconv/conv"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// binaries is a folder of linked programs, as the driver gives them. An entry's name
// is the hash of the driver and of what was compiled, so that neither another driver
// nor another source finds it. Entries are written under another name and renamed, so
// that processes may share the folder. What is wrong with the folder or an entry costs
// a compilation and nothing else.
//
// Drivers keep such folders too, Mesa and NVIDIA's own among them; this one serves
// where theirs is off, full or lost with a container.
type binaries struct {
	folder string // "" for none
	driver string
	most   int // bytes of all entries; the oldest go first

	bytes         int // of all entries, as far as is known; 0 before the folder was looked at
	loaded, saved int // programs, so far
}

// binariesMost bounds the folder: a program of llvmpipe takes 16 kB, of drivers that
// keep machine code several times as much, so that thousands fit.
const binariesMost = 64 << 20

// newBinaries returns the folder for a driver; none if that gives no binaries.
func newBinaries(folder string, info Info) binaries {
	if folder == "" || getInt(gl.NUM_PROGRAM_BINARY_FORMATS) < 1 {
		return binaries{}
	}
	return binaries{folder: folder, driver: info.driver(), most: binariesMost}
}

// driver tells drivers apart whose binaries are not for each other.
func (i Info) driver() string { return strings.Join([]string{i.Vendor, i.Renderer, i.Version}, "\n") }

// binaryProgram is a linked program.
type binaryProgram struct {
	format uint32
	data   []byte
}

// An entry is its magic, the hash that is its name, the format, the hash of the data
// and the data. The hash keeps what was cut off or overwritten from the driver, which
// need not survive it.
const (
	binaryMagic     = "gpuconv program 1\n"
	binaryExtension = ".program"
	binaryHeader    = len(binaryMagic) + sha256.Size + 4 + sha256.Size
)

// key returns the hash that names the entry of a source.
func (b *binaries) key(source string) [sha256.Size]byte {
	return sha256.Sum256([]byte(b.driver + "\x00" + source))
}

func (b *binaries) path(key [sha256.Size]byte) string {
	return filepath.Join(b.folder, hex.EncodeToString(key[:])+binaryExtension)
}

// load returns the entry of a source, if there is one and it is whole.
func (b *binaries) load(source string) (binaryProgram, bool) {
	if b.folder == "" {
		return binaryProgram{}, false
	}
	key := b.key(source)
	path := b.path(key)
	entry, err := os.ReadFile(path)
	if err != nil {
		return binaryProgram{}, false
	}
	p, ok := parseEntry(entry, key)
	if ok {
		now := time.Now()
		os.Chtimes(path, now, now) // it is in use: if that fails it goes earlier
	}
	return p, ok
}

// parseEntry reads an entry, which may be anything.
func parseEntry(entry []byte, key [sha256.Size]byte) (binaryProgram, bool) {
	rest, ok := bytes.CutPrefix(entry, append([]byte(binaryMagic), key[:]...))
	if !ok || len(entry) <= binaryHeader {
		return binaryProgram{}, false
	}
	p := binaryProgram{format: binary.LittleEndian.Uint32(rest), data: rest[4+sha256.Size:]}
	return p, sha256.Sum256(p.data) == [sha256.Size]byte(rest[4:])
}

// formatEntry is what parseEntry reads.
func formatEntry(p binaryProgram, key [sha256.Size]byte) []byte {
	entry := append([]byte(binaryMagic), key[:]...)
	entry = binary.LittleEndian.AppendUint32(entry, p.format)
	hash := sha256.Sum256(p.data)
	return append(append(entry, hash[:]...), p.data...)
}

// save writes the entry of a source, and removes the oldest ones if there are too many.
func (b *binaries) save(source string, p binaryProgram) error {
	key := b.key(source)
	entry := formatEntry(p, key)
	if len(entry) > b.most {
		return fmt.Errorf("a program of %d bytes, the folder is to hold %d", len(entry), b.most)
	}
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return err
	}
	if err := replaceFile(b.path(key), entry); err != nil {
		return err
	}
	b.saved++
	if b.bytes += len(entry); b.saved == 1 || b.bytes > b.most {
		b.bytes = b.prune()
	}
	return nil
}

// temporary begins the names of files that are being written.
const temporary = ".new-"

// replaceFile writes a file whole or not at all.
func replaceFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), temporary+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// abandoned is how old a file that is being written must be for its writer to be
// thought dead.
const abandoned = time.Hour

// prune removes the oldest entries beyond what the folder is to hold, and what dead
// processes were writing. It returns how many bytes are left. Other files are not
// touched.
func (b *binaries) prune() int {
	files, err := os.ReadDir(b.folder)
	if err != nil {
		return 0
	}
	var entries []fs.FileInfo
	left := 0
	for _, f := range files {
		info, err := f.Info()
		switch {
		case err != nil || !info.Mode().IsRegular(): // another process has removed it, or it is none of ours
		case strings.HasPrefix(f.Name(), temporary) && time.Since(info.ModTime()) > abandoned:
			os.Remove(filepath.Join(b.folder, f.Name()))
		case strings.HasSuffix(f.Name(), binaryExtension):
			entries = append(entries, info)
			left += int(info.Size())
		}
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	goal := b.most
	if left > goal {
		goal -= goal / 8 // not one by one: looking at thousands of entries takes as long as compiling
	}
	for _, e := range entries {
		if left <= goal {
			break
		}
		if os.Remove(filepath.Join(b.folder, e.Name())) == nil {
			left -= int(e.Size())
		}
	}
	return left
}

// linked returns the program of a source: from the folder, or compiled, which leaves
// it there.
func (d *Device) linked(name, source string) (uint32, error) {
	if p, ok := d.binaries.load(source); ok {
		if handle, err := d.loadProgram(name, p); handle != 0 || err != nil {
			return handle, err
		}
	}
	handle, err := d.link(name, source)
	if err != nil || d.binaries.folder == "" {
		return handle, err
	}
	if err := d.keep(name, source, handle); err != nil {
		gl.DeleteProgram(handle)
		return 0, err
	}
	return handle, nil
}

// loadProgram hands an entry to the driver. It returns 0 if the driver does not take
// it, and an error only if the context is lost.
func (d *Device) loadProgram(name string, p binaryProgram) (uint32, error) {
	handle := gl.CreateProgram()
	if load := d.seam.programBinary; load != nil {
		load(handle, p.format, p.data)
	} else {
		gl.ProgramBinary(handle, p.format, gl.Ptr(p.data), int32(len(p.data)))
	}
	var status int32
	gl.GetProgramiv(handle, gl.LINK_STATUS, &status)
	err := d.glError("loading shader " + name)
	if status == gl.TRUE && err == nil {
		d.binaries.loaded++
		return handle, nil
	}
	gl.DeleteProgram(handle)
	return 0, lostOnly(err)
}

// keep saves a program that was just linked. That it cannot be saved is nobody's loss;
// the error is one of the context.
func (d *Device) keep(name, source string, handle uint32) error {
	var length int32
	gl.GetProgramiv(handle, gl.PROGRAM_BINARY_LENGTH, &length)
	p := binaryProgram{data: make([]byte, length)}
	if length > 0 {
		gl.GetProgramBinary(handle, length, &length, &p.format, gl.Ptr(p.data))
	}
	if err := d.glError("keeping shader " + name); err != nil {
		return lostOnly(err)
	}
	if length > 0 {
		_ = d.binaries.save(source, binaryProgram{p.format, p.data[:length]})
	}
	return nil
}

// lostOnly drops errors of a driver that can go on.
func lostOnly(err error) error {
	if errors.Is(err, conv.ErrLost) {
		return err
	}
	return nil
}
