//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"strings"

	"gpuconv/conv"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// do runs f on the device's thread, unless the device is lost, and then asks whether the context is still there: a lost
// context ignores what it is told.
func (d *Device) do(f func() error) error {
	return d.thread.do(func() error {
		if d.lost != nil {
			return d.lost
		}
		return d.watch(f())
	})
}

// watch returns err, or an error that says that the context was lost. After that, everything is answered with such an
// error.
func (d *Device) watch(err error) error {
	if status := d.seam.resetStatus(); status != gl.NO_ERROR && !errors.Is(err, conv.ErrLost) {
		err = errorf("%w, %s", conv.ErrLost, resetName(status)) // other errors follow from it
	}
	if errors.Is(err, conv.ErrLost) {
		d.lost = errorf("%w", conv.ErrLost)
	}
	return err
}

// glError returns the errors that OpenGL has recorded since it was last asked. If one of them says that the context is
// lost, the error wraps [conv.ErrLost].
func (d *Device) glError(during string) error {
	var names []string
	for range 16 { // there is one flag for each kind of error
		code := d.seam.getError()
		if code == gl.NO_ERROR {
			break
		}
		if code == gl.CONTEXT_LOST { // for ever
			return errorf("%s: GL_CONTEXT_LOST: %w", during, conv.ErrLost)
		}
		names = append(names, errorName(code))
	}
	if names == nil {
		return nil
	}
	return errorf("%s: %s", during, strings.Join(names, ", "))
}

func errorName(code uint32) string {
	switch code {
	case gl.INVALID_ENUM:
		return "GL_INVALID_ENUM"
	case gl.INVALID_VALUE:
		return "GL_INVALID_VALUE"
	case gl.INVALID_OPERATION:
		return "GL_INVALID_OPERATION"
	case gl.INVALID_FRAMEBUFFER_OPERATION:
		return "GL_INVALID_FRAMEBUFFER_OPERATION"
	case gl.OUT_OF_MEMORY:
		return "GL_OUT_OF_MEMORY"
	}
	return fmt.Sprintf("OpenGL error 0x%04x", code)
}

func resetName(status uint32) string {
	switch status {
	case gl.GUILTY_CONTEXT_RESET:
		return "by this program's work: a dispatch may have taken too long"
	case gl.INNOCENT_CONTEXT_RESET:
		return "because of another program"
	}
	return "for an unknown reason"
}
