package simd

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guardedFloats returns n floats between two pages that cannot be touched, at the
// end of the memory between them or at its beginning.
func guardedFloats(t *testing.T, n int, atEnd bool) []float32 {
	page := unix.Getpagesize()
	inner := (4*n + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, inner+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(memory) })
	for _, guard := range [][]byte{memory[:page], memory[page+inner:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	at := page
	if atEnd {
		at += inner - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[at])), n)
}
