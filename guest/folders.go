package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"gpuconv/whole"
)

// folders are where the plans of a program have their files: each in a folder of its own, all in one scratch folder,
// which exists while any plan is open. A machine can have only a few scratch folders of one name.
type folders struct {
	mutex      sync.Mutex
	path       string
	remove     func()
	made, open int // how many folders were made, and how many still exist
}

// add makes a folder.
func (f *folders) add() (path string, remove func(), err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.open == 0 {
		name := fmt.Sprintf("gpuconv-program-%d", os.Getuid())
		if f.path, f.remove, err = (whole.Options{NoSync: true}).Scratch(name); err != nil {
			return "", nil, err
		}
	}
	f.made++
	f.open++
	path = filepath.Join(f.path, strconv.Itoa(f.made))
	if err := os.Mkdir(path, 0o700); err != nil {
		f.leave(path)
		return "", nil, err
	}
	return path, func() {
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.leave(path)
	}, nil
}

// leave removes a folder, and after the last one all of them.
func (f *folders) leave(path string) {
	_ = os.RemoveAll(path) // what cannot be removed stays
	if f.open--; f.open == 0 {
		f.remove()
	}
}
