//go:build !(linux && (amd64 || arm64))

package whole

import "os"

// begin does nothing: see the other.
func begin(*os.File, int64, int64) {}
