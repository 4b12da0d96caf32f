package whole

import (
	"os"
	"time"
)

// Now returns the time by the clock of the disk that has a folder. It makes a small hidden folder there, and removes it
// at once, with what dead processes have left of such.
func Now(folder string) (time.Time, error) {
	base, err := disk{}.open(folder)
	if err != nil {
		return time.Time{}, named(folder, err)
	}
	defer base.close()
	h, err := claimSlot(base, clockName, nil)
	if err != nil {
		return time.Time{}, about(folder, err)
	}
	defer h.leave()
	now, err := stamp(h.lock)
	return now, named(folder, err)
}

const clockName = mark + "clock" // the name of a file that Now never makes; its hidden folder has the lock

// stamp writes an open file, and returns the time that the file system gave to it.
func stamp(f *os.File) (time.Time, error) {
	_, err := f.WriteAt([]byte{'\n'}, 0)
	if err == nil {
		err = f.Sync() // NFS may write nothing before that
	}
	if err != nil {
		return time.Time{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}
