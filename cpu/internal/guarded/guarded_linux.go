package guarded

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func between[T float32 | float64 | int | uint32](tb testing.TB, s []T, atEnd bool) []T {
	if len(s) == 0 {
		return nil
	}
	page, size := unix.Getpagesize(), len(s)*int(unsafe.Sizeof(s[0]))
	inner := (size + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, inner+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := unix.Munmap(memory); err != nil {
			tb.Error(err)
		}
	})
	for _, guard := range [][]byte{memory[:page], memory[page+inner:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			tb.Fatal(err)
		}
	}
	at := page
	if atEnd {
		at += inner - size
	}
	inside := unsafe.Slice((*T)(unsafe.Pointer(&memory[at])), len(s))
	copy(inside, s)
	return inside
}
