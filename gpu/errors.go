package gpu

import (
	"fmt"

	"gpuconv/fault"
)

// errorf returns an error of this package. Programs that name the device themselves show it without "gpu: ".
func errorf(format string, args ...any) error {
	return &fault.Error{Package: "gpu", Err: fmt.Errorf(format, args...)}
}
