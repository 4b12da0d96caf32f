package gpu

import (
	"fmt"

	"gpuconv/fault"
)

// errorf returns an error of this package. A program that names the device itself can show the error without the prefix
// "gpu: ".
func errorf(format string, args ...any) error {
	return &fault.Error{Package: "gpu", Err: fmt.Errorf(format, args...)}
}
