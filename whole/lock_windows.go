package whole

import (
	"os"
	"syscall"
	"unsafe"
)

// lock takes the lock of an open file, or reports errInUse. The system gives it back when the process ends, however it
// ends.
func lock(f *os.File) error {
	const exclusive, atOnce = 2, 1
	const violation = syscall.Errno(33)
	connection, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked uintptr
	var result error
	lockFileEx := syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
	err = connection.Control(func(handle uintptr) {
		var at syscall.Overlapped
		locked, _, result = lockFileEx.Call(handle, exclusive|atOnce, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	})
	switch {
	case err != nil:
		return err
	case locked != 0:
		return nil
	case result == violation || result == syscall.ERROR_IO_PENDING:
		return errInUse
	}
	return errUnlockable
}
