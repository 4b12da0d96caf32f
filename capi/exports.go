package main

// #include "gpuconv.h"
import "C"

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
	"unsafe"

	"gpuconv/capi/internal/calls"
	"gpuconv/conv"
	"gpuconv/fault"
)

// table has all open devices, plans and pending runs. It is global because C programs hold only their handles.
var table calls.Table

// mostError is how many bytes C has for the text of an error, with the 0 byte: MOST in process.h.
const mostError = 4096

// guarded calls f and returns the code of its error. A panic is an error too.
func guarded(last *C.char, f func() error) C.int { return status(fault.Guard(f), last) }

// status returns the code of an error, and writes its text to last: the buffer that C has for the last error of the
// thread.
func status(err error, last *C.char) C.int {
	if err != nil {
		write(fault.Escape(err.Error(), ""), unsafe.Pointer(last), mostError)
	}
	return C.int(calls.CodeOf(err))
}

// write writes what fits of a text, with a 0 byte after it. It does not cut within a character.
func write(text string, to unsafe.Pointer, capacity int) {
	if capacity == 0 {
		return
	}
	n := min(len(text), capacity-1)
	for n < len(text) && n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	room := unsafe.Slice((*byte)(to), capacity)
	copy(room, text[:n])
	room[n] = 0
}

// result is what a function writes through a pointer of the caller.
type result interface {
	~uint64 | ~int64
}

// store checks the pointer for a result, makes the result and stores it.
func store[T result](argument string, to *T, last *C.char, make func() (T, error)) C.int {
	if to == nil {
		return status(null(argument, "where to write it"), last)
	}
	return guarded(last, func() error {
		made, err := make()
		if err == nil {
			*to = made
		}
		return err
	})
}

func null(argument, want string) error {
	return fault.New("gpuconv", argument, "NULL", "want the address of %s", want)
}

//export goOpen
func goOpen(options *C.gpuconv_options, device *C.gpuconv_device, last *C.char) C.int {
	return store("device", device, last, func() (C.gpuconv_device, error) {
		o, err := readOptions(options)
		if err != nil {
			return 0, err
		}
		h, err := table.Open(o)
		return C.gpuconv_device(h), err
	})
}

//export goOutputShape
func goOutputShape(problem *C.gpuconv_problem, shape *C.int64_t, last *C.char) C.int {
	if shape == nil {
		return status(null("shape", "four numbers"), last)
	}
	return guarded(last, func() error {
		p, err := readProblem(problem)
		if err != nil {
			return err
		}
		dst, err := calls.Output(p)
		if err == nil {
			for i, extent := range dst {
				unsafe.Slice(shape, len(dst))[i] = C.int64_t(extent)
			}
		}
		return err
	})
}

//export goMakePlan
func goMakePlan(device C.gpuconv_device, problem *C.gpuconv_problem, weight, bias *C.float, plan *C.gpuconv_plan,
	last *C.char) C.int {
	return store("plan", plan, last, func() (C.gpuconv_plan, error) {
		p, err := readProblem(problem)
		if err != nil {
			return 0, err
		}
		h, err := table.Plan(calls.Handle(device), p, unsafe.Pointer(weight), unsafe.Pointer(bias))
		return C.gpuconv_plan(h), err
	})
}

//export goRun
func goRun(plan C.gpuconv_plan, dst, src *C.float, images C.int64_t, last *C.char) C.int {
	return guarded(last, func() error {
		return table.Run(calls.Handle(plan), unsafe.Pointer(dst), unsafe.Pointer(src), int64(images))
	})
}

//export goSubmit
func goSubmit(plan C.gpuconv_plan, dst, src *C.float, images C.int64_t, pending *C.gpuconv_pending,
	last *C.char) C.int {
	return store("pending", pending, last, func() (C.gpuconv_pending, error) {
		h, err := table.Submit(calls.Handle(plan), unsafe.Pointer(dst), unsafe.Pointer(src), int64(images))
		return C.gpuconv_pending(h), err
	})
}

// longest is the most milliseconds that a time.Duration can hold.
const longest = int64(1<<63-1) / int64(time.Millisecond)

//export goWait
func goWait(pending C.gpuconv_pending, milliseconds C.int64_t, last *C.char) C.int {
	limit := time.Duration(max(-1, min(int64(milliseconds), longest))) * time.Millisecond
	return status(table.Wait(calls.Handle(pending), limit), last)
}

//export goCancel
func goCancel(pending C.gpuconv_pending, last *C.char) C.int {
	return status(table.Cancel(calls.Handle(pending)), last)
}

//export goListDevices
func goListDevices(text *C.char, capacity C.size_t, length *C.size_t, last *C.char) C.int {
	return writeJSON(text, capacity, length, last, func() (any, error) { return calls.Devices(), nil })
}

//export goDescribeDevice
func goDescribeDevice(device C.gpuconv_device, text *C.char, capacity C.size_t, length *C.size_t, last *C.char) C.int {
	return writeJSON(text, capacity, length, last, func() (any, error) { return table.Info(calls.Handle(device)) })
}

//export goDescribe
func goDescribe(plan C.gpuconv_plan, text *C.char, capacity C.size_t, length *C.size_t, last *C.char) C.int {
	return writeJSON(text, capacity, length, last, func() (any, error) { return table.Describe(calls.Handle(plan)) })
}

//export goVerify
func goVerify(device C.gpuconv_device, problem *C.gpuconv_problem, weight, bias, src *C.float, text *C.char,
	capacity C.size_t, length *C.size_t, last *C.char) C.int {
	return writeJSON(text, capacity, length, last, func() (any, error) {
		p, err := readProblem(problem)
		if err != nil {
			return nil, err
		}
		return table.Verify(calls.Handle(device), p, unsafe.Pointer(weight), unsafe.Pointer(bias), unsafe.Pointer(src))
	})
}

//export goClose
func goClose(handle C.uint64_t, last *C.char) C.int {
	return guarded(last, func() error { return table.Close(calls.Handle(handle)) })
}

// writeJSON writes, as JSON, what make returns. It does so even if make's error is calls.Wrong: wrong outputs.
func writeJSON(text *C.char, capacity C.size_t, length *C.size_t, last *C.char, make func() (any, error)) C.int {
	switch {
	case text == nil && capacity > 0:
		return status(null("text", fmt.Sprintf("%d bytes", uint64(capacity))), last)
	case length == nil:
		return status(null("length", "a size_t"), last)
	}
	return guarded(last, func() error {
		made, err := make()
		if err != nil && calls.CodeOf(err) != calls.Wrong {
			return err
		}
		written, failed := json.Marshal(made)
		if failed != nil {
			return failed
		}
		*length = C.size_t(len(written))
		write(string(written), unsafe.Pointer(text), int(min(uint64(capacity), 1<<40)))
		return err
	})
}

// readOptions reads the struct of the caller, which may be NULL.
func readOptions(from *C.gpuconv_options) (calls.Options, error) {
	if from == nil {
		return calls.Options{}, nil
	}
	var o C.gpuconv_options
	if err := readStruct("options", unsafe.Pointer(from), unsafe.Pointer(&o),
		unsafe.Offsetof(o.programs)+unsafe.Sizeof(o.programs)); err != nil {
		return calls.Options{}, err
	}
	return calls.Options{Backend: text(o.backend), Device: text(o.device), Algorithm: text(o.algorithm),
		Precision: text(o.precision), Programs: text(o.programs)}, nil
}

func text(s *C.char) string {
	if s == nil {
		return ""
	}
	return C.GoString(s)
}

// readProblem reads the struct of the caller.
func readProblem(from *C.gpuconv_problem) (conv.Problem, error) {
	if from == nil {
		return conv.Problem{}, null("problem", "a gpuconv_problem")
	}
	var c C.gpuconv_problem
	if err := readStruct("problem", unsafe.Pointer(from), unsafe.Pointer(&c),
		unsafe.Offsetof(c.reserved)+unsafe.Sizeof(c.reserved)); err != nil {
		return conv.Problem{}, err
	}
	if c.reserved != 0 {
		return conv.Problem{}, fault.New("gpuconv", "problem.reserved", int(c.reserved), "want 0")
	}
	p := conv.Problem{Src: shape(c.src), Weight: shape(c.weight), Spec: conv.Spec{
		Stride: pair(c.stride), Dilation: pair(c.dilation), Groups: int(c.groups),
		Padding: conv.Padding{Top: int(c.padding[0]), Bottom: int(c.padding[1]), Left: int(c.padding[2]),
			Right: int(c.padding[3])},
		PaddingMode: conv.PaddingMode(c.padding_mode),
		Activation:  conv.Activation(c.activation),
		Pool: conv.Pool{Kind: conv.PoolKind(c.pool), Size: pair(c.pool_size),
			Stride: pair(c.pool_stride)},
	}}
	return p, nil
}

func shape(extents [4]C.int64_t) (s conv.Shape) {
	for i, n := range extents {
		s[i] = int(n)
	}
	return s
}

func pair(c [2]C.int64_t) [2]int { return [2]int{int(c[0]), int(c[1])} }

// mostStruct is a size that no version of a struct reaches.
const mostStruct = 4096

// readStruct copies a struct whose first field is its size. sizes has the end of the last field in each version of the
// struct, oldest version first. A smaller size that is none of these would cut a field, and is refused. Fields that an
// older struct lacks stay 0. In a struct larger than the newest version, the bytes beyond that version must be 0.
func readStruct(argument string, from, to unsafe.Pointer, sizes ...uintptr) error {
	size, known := uintptr(*(*C.uint64_t)(from)), sizes[len(sizes)-1]
	if size > mostStruct || size < known && !slices.Contains(sizes, size) {
		return fault.New("gpuconv", argument+".size", uint64(size), "want sizeof(gpuconv_%s), which is %d", argument,
			known)
	}
	given := unsafe.Slice((*byte)(from), size)
	copy(unsafe.Slice((*byte)(to), known), given)
	for at := known; at < size; at++ {
		if given[at] != 0 {
			return fault.New("gpuconv", argument+".size", uint64(size),
				"this library knows %d bytes of it, and byte %d is not 0; want a newer library", known, at)
		}
	}
	return nil
}
