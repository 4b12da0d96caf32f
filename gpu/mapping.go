//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// mapping is a buffer in memory that both the device and this program can access until it is deleted. Fences tell the
// program when the device has finished with it.
type mapping struct {
	buffer
	memory unsafe.Pointer
}

// newMapping allocates a buffer of the given number of bytes that stays mapped. access is MAP_READ_BIT or
// MAP_WRITE_BIT. hints are further flags of glBufferStorage, such as CLIENT_STORAGE_BIT, or 0. The device must support
// such buffers: see canMap.
func (d *Device) newMapping(what string, bytes int, access, hints uint32) (mapping, error) {
	access |= gl.MAP_PERSISTENT_BIT | gl.MAP_COHERENT_BIT
	m := mapping{buffer: buffer{bytes: bytes}}
	gl.GenBuffers(1, &m.handle)
	gl.BindBuffer(gl.COPY_READ_BUFFER, m.handle)
	d.seam.bufferStorage(gl.COPY_READ_BUFFER, bytes, nil, access|hints)
	err := d.glError(fmt.Sprintf("allocating %d bytes for %s", bytes, what))
	if err == nil {
		m.memory = d.seam.mapBuffer(gl.COPY_READ_BUFFER, 0, bytes, access)
		err = d.glError(fmt.Sprintf("mapping %d bytes for %s", bytes, what))
	}
	if err == nil && m.memory == nil {
		err = errorf("mapping %d bytes for %s: the driver maps nothing, and says no more", bytes, what)
	}
	if err != nil {
		m.delete()
		return mapping{}, err
	}
	return m, nil
}

// floats returns the memory. It is valid until the mapping is deleted.
func (m mapping) floats() []float32 { return unsafe.Slice((*float32)(m.memory), m.bytes/4) }
