//go:build !unix

package input

import "io/fs"

// links counts the names that a file has, as far as that is known.
func links(fs.FileInfo) uint64 { return 1 }

// owner knows no owners.
func owner(fs.FileInfo) (user int, known bool) { return 0, false }
