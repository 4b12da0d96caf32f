package whole

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLeaseEnded: a lease that was given back has a time before all disks, and at most that of the first year that its
// file system knows. A disk whose clock is wrong by decades has another time.
func TestLeaseEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := unlockable().KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	d.Keep()
	ended := func() bool {
		j, err := ReadJournal(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		return j.Ended
	}
	if ended() {
		t.Error("it has ended while its process works")
	}
	if d.Discard(); !ended() {
		t.Error("it has not ended, and its process has")
	}
	for year, want := range map[int]bool{1970: true, 1980: true, 1989: true, 1990: false, 2000: false, 2030: false} {
		at := time.Date(year, 6, 1, 0, 0, 0, 0, time.Local)
		if err := os.Chtimes(filepath.Join(Unfinished(path), leaseFile(1)), at, at); err != nil {
			t.Fatal(err)
		}
		if got := ended(); got != want {
			t.Errorf("a lease of %d has ended: %v, want %v", year, got, want)
		}
	}
}

// TestLeaseOfAnother: who may not read a lease sees when it was renewed, if there is one.
func TestLeaseOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := unlockable().KeepFolder(path, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Discard()
	another := disk{peek: func(path string) error {
		if filepath.Base(path) == leaseFile(1) {
			return fs.ErrPermission
		}
		return nil
	}}
	if at, ended := another.renewed(t.TempDir()); ended || !at.IsZero() {
		t.Errorf("a lease that is not there: %v, ended: %v", at, ended)
	}
	if at, ended := another.renewed(Unfinished(path)); ended || time.Since(at).Abs() > time.Minute {
		t.Errorf("%v, ended: %v", at, ended)
	}
}
