package whole

import (
	"os"
	"time"
)

// Now returns the time by the clock of the disk that has a folder. It makes a small file there, and removes it at once.
func Now(folder string) (time.Time, error) {
	f, err := os.CreateTemp(folder, partial+"-*")
	if err != nil {
		return time.Time{}, named(folder, err)
	}
	now, err := stamp(f)
	f.Close()
	_ = os.Remove(f.Name())
	return now, named(folder, err)
}

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
