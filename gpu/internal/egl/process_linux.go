package egl

import (
	"fmt"
	"syscall"

	"github.com/ebitengine/purego"
)

// find sets function, a pointer to a variable of function type, to the function of this name in the C library.
func find(function any, name string) error {
	address, err := purego.Dlsym(purego.RTLD_DEFAULT, name)
	if err != nil {
		return fmt.Errorf("egl: the C library has no %s: %w", name, err)
	}
	purego.RegisterFunc(function, address)
	return nil
}

// crashes are the signals that end a process when a driver crashes.
var crashes = []syscall.Signal{syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL}

// DieOnCrash gives the signals of a crash their default action, which ends the process. Otherwise Go would catch them
// and print its stacks.
func DieOnCrash() error {
	var signal func(number int32, handler uintptr) uintptr
	if err := find(&signal, "signal"); err != nil {
		return err
	}
	for _, number := range crashes {
		signal(int32(number), 0)
	}
	return nil
}
