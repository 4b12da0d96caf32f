// Package main is gpuconv's C library: gpuconv.h says what it does, and docs/c.md how to use it. Build it with
//
//	make library
//
// which makes bin/libgpuconv.so and bin/gpuconv.h. gpuconv.c has the functions of the header. process_posix.c and
// process_windows.c have what C must do itself: they keep the last error of each thread, and on Linux refuse calls
// after a fork and give signals back to the program.
// exports.go translates between C and the package capi/internal/calls, which does the work.
package main

// main is never called: the program that loads the library has its own.
func main() {}
