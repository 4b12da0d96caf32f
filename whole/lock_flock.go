//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package whole

import (
	"errors"
	"os"
	"syscall"
)

// lock locks an open file, or reports errInUse if another process has it locked. The system releases the lock when the
// process ends, for whatever reason. On NFS, locks may also hold between machines. If the file system has no locks,
// lock reports errUnlockable.
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
