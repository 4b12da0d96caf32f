//go:build linux && (amd64 || arm64)

package whole

import (
	"os"
	"syscall"
)

// begin asks the system to start writing a part of a file to the disk: a number of bytes from the offset from on. It
// does not wait. This guarantees nothing, but a later sync takes less time.
func begin(f *os.File, from, bytes int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	connection, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = connection.Control(func(fd uintptr) { _ = syscall.SyncFileRange(int(fd), from, bytes, write) })
}
