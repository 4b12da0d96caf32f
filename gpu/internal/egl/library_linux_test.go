package egl

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebitengine/purego"
)

// TestReasons: the reason why a library cannot be loaded is never lost, even if goroutines change threads. The system
// keeps the reason for each thread.
func TestReasons(t *testing.T) {
	var group sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for range 200 {
				_, err := openLibrary("libEGL_none.so.0", purego.RTLD_LAZY)
				if err == nil || !strings.Contains(err.Error(), "libEGL_none.so.0") {
					t.Errorf("error %q, want one that names the library", err)
					return
				}
				time.Sleep(time.Microsecond)
			}
		})
	}
	group.Wait()
}
