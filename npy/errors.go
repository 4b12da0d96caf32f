package npy

import (
	"fmt"

	"gpuconv/fault"
)

// failed says which file, or which array of an archive (file:key), err is about.
func failed(name string, err error) error {
	e := about(name)
	e.Err = err
	return e
}

// refused says what would be right for a file or an array of an archive.
func refused(name, rule string, args ...any) error {
	e := about(name)
	e.Rule = fmt.Sprintf(rule, args...)
	return e
}

func about(name string) *fault.Error {
	e := &fault.Error{Package: "npy", Argument: name}
	if name == "" { // an empty argument is left out: show that it is empty
		e.Value = fault.Printable(name)
	}
	return e
}
