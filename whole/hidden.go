package whole

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// hidden is a folder in which files wait until they are put in place, in the same file system, since only there a
// rename is one step. It has a lock, which ends with the process: whoever gets the lock of a hidden folder knows that
// its process is dead, and removes it. The lock goes last, so that no other process uses what is half removed.
//
// All that it holds has a name that nobody else gives. A name is a mark that comes to the disk no later than what it
// marks. So a power cut leaves no hidden folder without it, and no folder of somebody else is taken for a hidden one.
type hidden struct {
	base  place // that it is in
	name  string
	inner place
	lock  *os.File
}

const (
	// partial begins the names of hidden folders, and of files that are not committed.
	partial = ".partial"
	// mark begins the names in hidden folders.
	mark = "gpuconv."
	// lockName is the file in a hidden folder that is locked.
	lockName = mark + "lock"
)

var (
	errInUse      = errors.New("another process is writing it")
	errUnlockable = errors.New("the file system has no locks")
)

// hiddenName is the name of a hidden folder for what will have a name. Another slot gives another name.
func hiddenName(name string, slot int) string {
	const most = 200 // bytes; file systems take 255
	if len(name) > most {
		sum := sha256.Sum256([]byte(name))
		name = strings.ToValidUTF8(name[:most-20], "") + "~" + hex.EncodeToString(sum[:8])
	}
	if slot > 0 {
		name += "~" + strconv.Itoa(slot)
	}
	return partial + "-" + name
}

// tries bounds how often a name is tried that processes make and remove at the same moment.
const tries = 100

// claim makes the hidden folder name in base. If a dead process has left one, claim removes that and calls removed. It
// reports errInUse if a process that lives has it.
func claim(base place, name string, removed func(path string)) (*hidden, error) {
	for range tries {
		err := base.mkdir(name, 0o700)
		if err == nil {
			h, err := own(base, name)
			if errors.Is(err, errInUse) || errors.Is(err, fs.ErrNotExist) {
				continue // another has taken it for one of the dead before it was locked
			}
			return h, err
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := clear(base, name, removed); err != nil {
			return nil, err
		}
	}
	return nil, errInUse
}

// own locks a hidden folder that was just made. If it fails it removes the folder.
func own(base place, name string) (*hidden, error) {
	inner, err := base.open(name)
	if err != nil {
		_ = base.remove(name)
		return nil, err
	}
	h := &hidden{base: base, name: name, inner: inner}
	f, err := inner.create(lockName, 0o600)
	if err == nil {
		h.lock = f.File
		if err = taken(inner, f.File); errors.Is(err, errUnlockable) {
			err = nil // then nobody will take it for one of the dead
		}
	}
	switch {
	case err == nil:
		return h, nil
	case errors.Is(err, fs.ErrExist), errors.Is(err, errInUse): // another locks it
		h.close()
		return nil, errInUse
	}
	h.leave()
	return nil, err
}

// taken locks f and makes sure that it is still the lock of a hidden folder: another may have removed it meanwhile.
func taken(inner place, f *os.File) error {
	err := inner.change(change{action: locks, path: f.Name()}, func() error { return lock(f) })
	if err != nil {
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := inner.root.Lstat(lockName)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, there) {
		return errInUse
	}
	return nil
}

// seize locks a hidden folder that is there already. It reports errInUse if its process lives, another error if that
// cannot be known or the folder is none of this package's, and [fs.ErrNotExist] if it is gone.
func seize(base place, name string) (*hidden, error) {
	info, err := base.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, inTheWay(base, name)
	}
	h := &hidden{base: base, name: name}
	if h.inner, err = base.open(name); err == nil {
		err = h.foreign()
	}
	if err == nil {
		h.lock, err = h.inner.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err == nil {
		err = taken(h.inner, h.lock)
	}
	if err == nil {
		return h, nil
	}
	h.close()
	if errors.Is(err, errUnlockable) || errors.Is(err, fs.ErrPermission) { // nobody knows, or it is another user's
		err = inTheWay(base, name)
	}
	return nil, err
}

// foreign reports an error if the folder holds anything without the mark: it is somebody else's.
func (h *hidden) foreign() error {
	folder, err := h.inner.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(8)
	for _, name := range names {
		if !slices.Contains([]string{lockName, fileName, filesName, movesName}, name) {
			return inTheWay(h.base, h.name)
		}
	}
	if err == io.EOF { // it is empty
		err = nil
	}
	return err
}

// inTheWay is the error about something that has the name of a hidden folder and is not one.
func inTheWay(base place, name string) error {
	return &Error{Name: filepath.Join(base.path, name), Err: errors.New("it is in the way: want it gone")}
}

// clear removes the hidden folder of a dead process, and what that has moved out of it but not completed. It calls
// removed then, unless the folder held no more than a lock: its process may live, and make or remove it just now. If
// the folder is gone it does nothing.
func clear(base place, name string, removed func(path string)) error {
	h, err := seize(base, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	held := false
	if err = h.undo(); err == nil {
		held, err = h.empty()
	}
	if err != nil {
		h.close()
		return err
	}
	if h.leave(); held && removed != nil {
		removed(h.inner.path)
	}
	return nil
}

// empty removes all but the lock, and reports whether there was anything.
func (h *hidden) empty() (held bool, err error) {
	folder, err := h.inner.root.Open(".")
	if err != nil {
		return false, err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		held = true
		err = errors.Join(err, h.inner.removeAll(e.Name()))
	}
	return held, err
}

// leave removes the hidden folder, which is empty but for its lock.
func (h *hidden) leave() {
	if runtime.GOOS == "windows" && h.lock != nil { // it removes no open files
		h.lock.Close()
	}
	if h.lock != nil {
		_ = h.inner.remove(lockName)
	}
	h.inner.close()
	_ = h.base.remove(h.name)
	h.close()
}

// close closes all that is open and leaves the folder as it is.
func (h *hidden) close() {
	if h.lock != nil {
		h.lock.Close()
	}
	h.inner.close()
}
