//go:build unix

package input

import (
	"io/fs"
	"syscall"
)

// links returns how many names (hard links) a file has.
func links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}

// owner returns the ID of the user who owns a file, and whether it is known.
func owner(info fs.FileInfo) (user int, known bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
