//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// buffer is a storage buffer of a plan.
type buffer struct {
	handle uint32
	bytes  int
}

// deviceMemory is the usage hint for buffers that shaders read and write again and again. Drivers choose the memory of
// a buffer by it. With GL_STREAM_DRAW or any READ hint, Mesa's radeonsi takes the host's memory, where each load and
// store of a shader crosses PCI Express (buffer_usage and si_init_resource_fields). Mesa's d3d12 does so with
// GL_DYNAMIC_COPY too. No READ hint is needed: outputs come back through mappings, or through copies that the driver
// makes.
const deviceMemory = gl.STATIC_COPY

// newBuffer allocates a buffer of the given number of bytes. The buffer begins with data; the rest is undefined. usage
// is OpenGL's hint, such as [deviceMemory]. If there is not enough memory, the error says what the buffer is for.
func (d *Device) newBuffer(what string, bytes int, data []float32, usage uint32) (buffer, error) {
	b := buffer{bytes: bytes}
	gl.GenBuffers(1, &b.handle)
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, b.handle)
	var from unsafe.Pointer
	if len(data) > 0 {
		from = gl.Ptr(data)
	}
	d.seam.bufferData(gl.SHADER_STORAGE_BUFFER, bytes, from, usage)
	if err := d.glError(fmt.Sprintf("allocating %d bytes for %s", bytes, what)); err != nil {
		b.delete()
		return buffer{}, err
	}
	return b, nil
}

func (b *buffer) delete() {
	if b.handle != 0 {
		gl.DeleteBuffers(1, &b.handle)
	}
	b.handle = 0
}

// copyBuffer tells the device to copy the first bytes of one buffer to the beginning of another, after all earlier
// commands.
func copyBuffer(from, to uint32, bytes int) {
	gl.BindBuffer(gl.COPY_READ_BUFFER, from)
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, to)
	gl.CopyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, 0, 0, bytes)
}
