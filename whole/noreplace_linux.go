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

// renameNoReplace renames within root, unless something has the new name: then the error is [fs.ErrExist]. It is
// [errors.ErrUnsupported] where the kernel or the file system cannot do both in one step. Linux can since 3.15, and so
// can most of its file systems, those without hard links among them: vfat, exFAT, CIFS.
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
	case syscall.EINVAL, syscall.ENOSYS, syscall.EPERM: // EPERM: containers of old refuse what they do not know
		return errors.ErrUnsupported
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: errno}
}
