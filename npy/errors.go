package npy

import (
	"fmt"

	"gpuconv/fault"
)

// failed returns an error with the cause err, about a file or an array of an archive (file:key).
func failed(name string, err error) error {
	e := about(name)
	e.Err = err
	return e
}

// refused returns an error that says what would be right for a file or an array of an archive.
func refused(name, rule string, args ...any) error {
	e := about(name)
	e.Rule = fmt.Sprintf(rule, args...)
	return e
}

func about(name string) *fault.Error {
	e := &fault.Error{Package: "npy", Argument: name}
	if name == "" { // an empty argument would be left out of the message
		e.Value = fault.Printable(name)
	}
	return e
}
