//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"strings"

	"gpuconv/conv"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// do runs f on the device's thread, unless the device is lost. Afterwards it checks that the context is still there,
// since a lost context ignores commands.
func (d *Device) do(f func() error) error {
	return d.thread.do(func() error {
		if d.lost != nil {
			return d.lost
		}
		return d.watch(f())
	})
}

// watch returns err or, if the context was lost, an error that wraps conv.ErrLost. From then on every call of do
// returns such an error.
func (d *Device) watch(err error) error {
	if status := d.seam.resetStatus(); status != gl.NO_ERROR && !errors.Is(err, conv.ErrLost) {
		err = errorf("%w, %s", conv.ErrLost, resetName(status)) // other errors follow from it
	}
	if errors.Is(err, conv.ErrLost) {
		d.lost = errorf("%w", conv.ErrLost)
	}
	return err
}

// glError returns, as one error, the errors that OpenGL has recorded since it was last asked, or nil. during says what
// the device was told to do. If one of them says that the context is lost, the error wraps [conv.ErrLost].
func (d *Device) glError(during string) error {
	var names []string
	for range 16 { // OpenGL has one flag for each kind of error
		code := d.seam.getError()
		if code == gl.NO_ERROR {
			break
		}
		if code == gl.CONTEXT_LOST { // it would be returned for ever
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
