package whole

import (
	"path/filepath"
	"testing"
	"time"
)

// TestNow: the time of the disk that has a folder, which stays as it is.
func TestNow(t *testing.T) {
	dir := t.TempDir()
	now, err := Now(dir)
	if apart := time.Since(now); err != nil || apart < -time.Minute || apart > time.Minute {
		t.Errorf("%v, %v from now", err, apart)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("there is %q", got)
	}
	if _, err := Now(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there has a time")
	}
}
