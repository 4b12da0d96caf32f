package calls

import (
	"errors"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu"
)

// Code is what a C function returns. The numbers are part of the ABI.
type Code int32

// The codes, as gpuconv.h documents them.
const (
	OK          Code = 0
	Invalid     Code = 1
	WrongHandle Code = 2
	Unsupported Code = 3
	NoDevice    Code = 4
	Lost        Code = 5
	NoMemory    Code = 6
	Wrong       Code = 7
	Timeout     Code = 8
	Cancelled   Code = 9
	Forked      Code = 10 // gpuconv.c reports it, without calling Go
	Internal    Code = 11
	Failed      Code = 12
)

// ErrTimeout is the error of Wait if the batch is not done in time.
var ErrTimeout = errors.New("gpuconv: the batch is not done yet")

// ErrCancelled is the error of Wait if the batch was cancelled before it was done.
var ErrCancelled = errors.New("gpuconv: the batch was cancelled")

// memoryError is the error of a call that needs more memory than is free.
type memoryError struct{ err error }

func (e memoryError) Error() string { return e.err.Error() }
func (e memoryError) Unwrap() error { return e.err }

// wrongError is the error of Verify if the outputs are wrong.
type wrongError struct{ why string }

func (e wrongError) Error() string { return "gpuconv: the outputs are wrong: " + e.why }

// CodeOf returns the code of an error, and OK for nil.
func CodeOf(err error) Code {
	switch {
	case err == nil:
		return OK
	case is[*fault.Panic](err):
		return Internal
	case is[handleError](err), errors.Is(err, conv.ErrClosed):
		return WrongHandle
	case errors.Is(err, conv.ErrUnsupported):
		return Unsupported
	case errors.Is(err, conv.ErrLost):
		return Lost
	case errors.Is(err, gpu.ErrNoDevice), errors.Is(err, gpu.ErrUnavailable):
		return NoDevice
	case errors.Is(err, ErrTimeout):
		return Timeout
	case errors.Is(err, ErrCancelled):
		return Cancelled
	case is[memoryError](err):
		return NoMemory
	case is[wrongError](err):
		return Wrong
	case is[*conv.ShapeError](err), is[*fault.Error](err):
		return Invalid
	}
	return Failed
}

func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}
