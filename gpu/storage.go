//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// mapping is a buffer in memory that the device and the program both reach for as long
// as it lives. Who writes it, and until when, is for fences to say.
type mapping struct {
	buffer
	memory unsafe.Pointer
}

// newMapping allocates bytes of storage that stay mapped for access, MAP_READ_BIT or
// MAP_WRITE_BIT. Needs canMap.
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
		err = fmt.Errorf("gpu: mapping %d bytes for %s: the driver maps nothing, and says no more", bytes, what)
	}
	if err != nil {
		m.delete()
		return mapping{}, err
	}
	return m, nil
}

// floats returns the memory. It lives as long as the mapping.
func (m mapping) floats() []float32 { return unsafe.Slice((*float32)(m.memory), m.bytes/4) }

// copyBuffer has the device copy the first bytes of a buffer, in turn with what else it
// is told.
func copyBuffer(from, to uint32, bytes int) {
	gl.BindBuffer(gl.COPY_READ_BUFFER, from)
	gl.BindBuffer(gl.COPY_WRITE_BUFFER, to)
	gl.CopyBufferSubData(gl.COPY_READ_BUFFER, gl.COPY_WRITE_BUFFER, 0, 0, bytes)
}

// loan is the caller's memory that OpenGL uses as if it were buffers of its own:
// GL_AMD_pinned_memory. Go does not move or free it meanwhile.
type loan struct {
	pinner  runtime.Pinner
	buffers []buffer
}

// externalMemory is GL_EXTERNAL_VIRTUAL_MEMORY_BUFFER_AMD.
const externalMemory = 0x9160

// take makes a buffer of data, which is lendable.
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

// end gives the memory back. The device has finished with it.
func (l *loan) end() {
	for i := range l.buffers {
		l.buffers[i].delete()
	}
	l.buffers = l.buffers[:0]
	l.pinner.Unpin()
}

// Copies of spreadFloats and more are shared between threads, up to spreadThreads: one
// alone does not saturate memory, nor PCI Express.
const (
	spreadFloats  = 1 << 18
	spreadThreads = 4
)

// spread copies src to dst, as copy does.
func spread(dst, src []float32) {
	n := min(len(dst), len(src))
	threads := min(n/spreadFloats, spreadThreads, runtime.GOMAXPROCS(0))
	if threads < 2 {
		copy(dst, src)
		return
	}
	var group sync.WaitGroup
	each := ceilDiv(n, threads)
	for lo := 0; lo < n; lo += each {
		hi := min(lo+each, n)
		group.Go(func() { copy(dst[lo:hi], src[lo:hi]) })
	}
	group.Wait()
}
