package guarded

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

func floats(tb testing.TB, n int, atEnd bool) []float32 {
	if n == 0 {
		return nil
	}
	page := unix.Getpagesize()
	inner := (4*n + page - 1) / page * page
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
		at += inner - 4*n
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[at])), n)
}
