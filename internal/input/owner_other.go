//go:build !unix

package input

import "io/fs"

// links returns 1: here the number of a file's names is not known.
func links(fs.FileInfo) uint64 { return 1 }

// owner reports that the owner is not known.
func owner(fs.FileInfo) (user int, known bool) { return 0, false }
