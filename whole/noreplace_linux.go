//go:build linux && (amd64 || arm64)

package whole

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"
)

// renameNoReplace renames within root. If something has the new name, the error is [fs.ErrExist]. If the kernel or the
// file system cannot check and rename in one step, the error is [errors.ErrUnsupported], and nothing is renamed. Linux
// can since 3.15. So can most of its file systems, and among them those without hard links: vfat, exFAT and CIFS.
func renameNoReplace(root *os.Root, from, to string) error {
	old, err := root.Open(filepath.Dir(from))
	if err != nil {
		return err
	}
	defer old.Close()
	into, err := root.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer into.Close()
	oldName, err := syscall.BytePtrFromString(filepath.Base(from))
	if err != nil {
		return err
	}
	newName, err := syscall.BytePtrFromString(filepath.Base(to))
	if err != nil {
		return err
	}
	renameat2, noReplace := map[string]uintptr{"amd64": 316, "arm64": 276}[runtime.GOARCH], uintptr(1)
	_, _, errno := syscall.Syscall6(renameat2, old.Fd(), uintptr(unsafe.Pointer(oldName)), into.Fd(),
		uintptr(unsafe.Pointer(newName)), noReplace, 0)
	switch errno {
	case 0:
		return nil
	case syscall.EINVAL, syscall.ENOSYS, syscall.EPERM: // EPERM: from old containers, which do not know the call
		return errors.ErrUnsupported
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: errno}
}
