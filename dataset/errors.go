package dataset

import (
	"fmt"

	"gpuconv/fault"
	"gpuconv/whole"
)

// failed adds to err the name of the file, or the address, that it is about.
func failed(name string, err error) error {
	return &fault.Error{Package: "dataset", Argument: name, Err: whole.Cause(err)}
}

// refused returns an error about a file: what is wrong and what would be right.
func refused(path, rule string, args ...any) error {
	return &fault.Error{Package: "dataset", Argument: path, Rule: fmt.Sprintf(rule, args...)}
}

// written marks an error of package whole, which names its file, as an error of this package. nil stays nil.
func written(err error) error {
	if err == nil {
		return nil
	}
	return &fault.Error{Package: "dataset", Err: err}
}
