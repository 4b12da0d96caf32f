// Package main is gpuconv's C library: gpuconv.h says what it does, and docs/c.md how to use it. Build it with
//
//	make library
//
// which makes bin/libgpuconv.so and bin/gpuconv.h. gpuconv.c has the functions of the header, and what C must do
// itself: it keeps the last error of each thread, refuses calls after a fork, and gives signals back to the program.
// exports.go translates between C and the package capi/internal/calls, which does the work.
package main

// main is never called: the program that loads the library has its own.
func main() {}
