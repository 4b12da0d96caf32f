//go:build linux && (amd64 || arm64)

package whole

import (
	"os"
	"syscall"
)

// begin has the system start to write a part of a file to the disk, and does not wait. It promises nothing: it saves
// time that a sync would take.
func begin(f *os.File, from, bytes int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	connection, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = connection.Control(func(fd uintptr) { _ = syscall.SyncFileRange(int(fd), from, bytes, write) })
}
