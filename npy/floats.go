package npy

import (
	"encoding/binary"
	"io"
	"math"
	"unsafe"
)

// bufferSize is how many bytes are converted at a time, or collected from small writes. BenchmarkWriter guards it.
const bufferSize = 256 << 10

// littleEndian reports whether a float32 has the same bytes in memory as in a '<f4' file.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// view returns the memory of data as bytes, without a copy.
func view(data []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), 4*len(data))
}

// newScratch returns the scratch slice that writeFloats needs on this machine.
func newScratch() []byte {
	if littleEndian() {
		return nil
	}
	return make([]byte, bufferSize)
}

// writeFloats writes data as '<f4'. If scratch is nil, it writes the memory of data as it is, which is right only on
// little-endian machines. Otherwise it converts data in scratch, which is right everywhere.
func writeFloats(w io.Writer, data []float32, scratch []byte) error {
	if scratch == nil {
		_, err := w.Write(view(data))
		return err
	}
	for len(data) > 0 {
		n := min(len(data), len(scratch)/4)
		for i, v := range data[:n] {
			binary.LittleEndian.PutUint32(scratch[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(scratch[:4*n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
