//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package whole

import "os"

// lock reports errUnlockable, because this system has no lock that ends with its process.
func lock(*os.File) error { return errUnlockable }
