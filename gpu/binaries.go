//go:build cgo && !nogl

package gpu

import (
	"errors"
	"os"

	"gpuconv/conv"
	"gpuconv/gpu/internal/programs"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// binaries is the folder in which a device keeps linked programs.
type binaries struct {
	folder        *programs.Folder // nil for none
	loaded, saved int              // how many programs, so far
}

// newBinaries returns the folder at path for a device: none if path is "" or if the driver gives no binaries.
func newBinaries(path string, info Info) binaries {
	if path == "" || getInt(gl.NUM_PROGRAM_BINARY_FORMATS) < 1 {
		return binaries{}
	}
	return binaries{folder: &programs.Folder{Path: path, Driver: info.driver(), Most: programs.Most}}
}

// keeps reports whether the next process finds what this device compiles: in the device's folder or, for a software
// renderer, in Mesa's own cache, since its binaries hold no machine code.
func (d *Device) keeps() bool {
	if d.info.Software {
		return mesaKeeps(os.Getenv)
	}
	return d.binaries.folder != nil
}

// hasCompiled reports whether a program need not be compiled: the device has it, or an earlier process has saved it in
// the folder. A software renderer's binary holds no machine code: there Mesa's cache must be on, too, so that it has
// what the earlier process compiled.
func (d *Device) hasCompiled(key recipe.Key) (has bool) {
	_ = d.thread.do(func() error { // a closed device has nothing
		if _, has = d.programs[key]; has || d.binaries.folder == nil || !d.keeps() {
			return nil
		}
		source, err := key.Source(d.seam.edit)
		has = err == nil && d.binaries.folder.Has(source)
		return nil
	})
	return has
}

// linked returns a program of source, the source of key. It loads the program from the folder if it can; otherwise it
// compiles the program and saves it there.
func (d *Device) linked(key recipe.Key, source string) (uint32, error) {
	if d.binaries.folder == nil {
		return d.link(key, source)
	}
	if p, ok := d.binaries.folder.Load(source); ok {
		if handle, err := d.loadProgram(key.Shader, p); handle != 0 || err != nil {
			return handle, err
		}
	}
	handle, err := d.link(key, source)
	if err != nil {
		return 0, err
	}
	if err := d.saveProgram(key.Shader, source, handle); err != nil {
		gl.DeleteProgram(handle)
		return 0, err
	}
	return handle, nil
}

// loadProgram gives a program to the driver. It returns 0 if the driver rejects the program, and an error only if the
// context is lost.
func (d *Device) loadProgram(name string, p programs.Program) (uint32, error) {
	handle := gl.CreateProgram()
	if load := d.seam.programBinary; load != nil {
		load(handle, p.Format, p.Data)
	} else {
		gl.ProgramBinary(handle, p.Format, gl.Ptr(p.Data), int32(len(p.Data)))
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

// saveProgram saves a program that was just linked. It returns an error only if the context is lost: a program that
// cannot be saved is compiled again next time.
func (d *Device) saveProgram(name, source string, handle uint32) error {
	var length int32
	gl.GetProgramiv(handle, gl.PROGRAM_BINARY_LENGTH, &length)
	p := programs.Program{Data: make([]byte, length)}
	if length > 0 {
		gl.GetProgramBinary(handle, length, &length, &p.Format, gl.Ptr(p.Data))
	}
	if err := d.glError("keeping shader " + name); err != nil {
		return lostOnly(err)
	}
	if p.Data = p.Data[:length]; length > 0 && d.binaries.folder.Save(source, p) == nil {
		d.binaries.saved++
	}
	return nil
}

// lostOnly drops errors after which the context still works.
func lostOnly(err error) error {
	if errors.Is(err, conv.ErrLost) {
		return err
	}
	return nil
}
