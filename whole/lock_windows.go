package whole

import (
	"os"
	"syscall"
	"unsafe"
)

// lock locks an open file, or reports errInUse if another process has it locked. The system releases the lock when the
// process ends, for whatever reason. If the file system has no locks, lock reports errUnlockable.
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
