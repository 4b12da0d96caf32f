//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package whole

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the lock of an open file, or reports errInUse. The system gives it back when the process ends, however it
// ends. NFS may have such locks between machines, too. A file system without them gives errUnlockable.
func lock(f *os.File) error {
	connection, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = connection.Control(func(fd uintptr) {
		for {
			result = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
			if result != syscall.EINTR {
				return
			}
		}
	})
	switch {
	case err != nil:
		return err
	case result == syscall.EWOULDBLOCK:
		return errInUse
	case errors.Is(result, errors.ErrUnsupported), result == syscall.ENOLCK, result == syscall.EINVAL:
		return errUnlockable
	}
	return result
}
