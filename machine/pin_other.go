//go:build !linux

package machine

import (
	"fmt"
	"runtime"
)

// Pin refuses to pin threads: that is done on Linux only.
func Pin([]int) error {
	return fmt.Errorf("threads cannot be pinned on %s, only on linux", runtime.GOOS)
}

// pinned says that it does not know which processors this process may use.
func pinned() string { return "unknown: read on linux only" }
