//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// loan lends the caller's memory to OpenGL, which uses it as buffers (GL_AMD_pinned_memory). The memory is pinned until
// end: Go neither moves nor frees it.
type loan struct {
	pinner  runtime.Pinner
	buffers []buffer
}

// externalMemory is GL_EXTERNAL_VIRTUAL_MEMORY_BUFFER_AMD.
const externalMemory = 0x9160

// take makes a buffer of data's memory. data must be lendable: see recipe.Transfers.Lendable.
func (l *loan) take(d *Device, what string, data []float32) (buffer, error) {
	b := buffer{bytes: 4 * len(data)}
	l.pinner.Pin(&data[0])
	gl.GenBuffers(1, &b.handle)
	l.buffers = append(l.buffers, b)
	gl.BindBuffer(externalMemory, b.handle)
	d.seam.bufferData(externalMemory, b.bytes, unsafe.Pointer(&data[0]), gl.STREAM_COPY)
	return b, d.glError(fmt.Sprintf("lending %d bytes of %s", b.bytes, what))
}

func (l *loan) taken() bool { return len(l.buffers) > 0 }

// end gives the memory back. The device must have finished with it.
func (l *loan) end() {
	for i := range l.buffers {
		l.buffers[i].delete()
	}
	l.buffers = l.buffers[:0]
	l.pinner.Unpin()
}
