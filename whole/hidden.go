package whole

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// hidden is a folder in which files wait until they are put in place. It is in the same file system as that place,
// because only there a rename is one step. It has a lock, which ends with the process. So a process that can lock a
// hidden folder knows that its owner is dead, and removes it. It removes the lock file last, so that no other process
// uses a half-removed folder.
//
// Everything in a hidden folder has a name that begins with mark, which nobody else uses. So a folder that has anything
// else in it is not taken for a hidden one: see foreign. This also holds after a power cut, because no content reaches
// the disk before its name.
type hidden struct {
	base  place // the folder that it is in
	name  string
	inner place
	lock  *os.File
	lease *lease // of a kept folder
}

const (
	// partial begins the names of hidden folders, and of the files of WritePrivate that are not complete.
	partial = ".partial"
	// mark begins the names in hidden folders.
	mark = "gpuconv."
	// lockName is the name of the file in a hidden folder that is locked.
	lockName = mark + "lock"
)

var (
	errInUse      = errors.New("another process is writing it")
	errUnlockable = errors.New("the file system has no locks")
	errMoved      = errors.New("its folder was moved or removed meanwhile")
)

// hiddenName returns the name of the hidden folder for a file or folder called name. slot tells apart the hidden
// folders of processes that write the same file at the same time: see slots.
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

// tries limits the attempts to make a folder that other processes make and remove at the same moment.
const tries = 100

// claim makes the hidden folder name in base. If a dead process has left one, claim removes that one and calls removed.
// It reports errInUse if a living process has it.
func claim(base place, name string, removed func(path string)) (*hidden, error) {
	for range tries {
		err := base.mkdir(name, 0o700)
		if err == nil {
			h, err := own(base, name)
			if errors.Is(err, errInUse) || errors.Is(err, fs.ErrNotExist) {
				continue // another process took it for an abandoned one before it was locked
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

// own locks a hidden folder that was just made. If it fails, it removes the folder.
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
			err = nil // without locks, no process can take the folder for an abandoned one
		}
	}
	switch {
	case err == nil:
		return h, nil
	case errors.Is(err, fs.ErrExist), errors.Is(err, errInUse): // another process locks it
		h.close()
		return nil, errInUse
	}
	h.leave()
	return nil, err
}

// taken locks f, and checks that f is still the lock file of a hidden folder: another process may have removed it
// meanwhile.
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

// seize locks a hidden folder that already exists. It reports errInUse if its process is alive, and [fs.ErrNotExist] if
// the folder is gone. It reports another error if it cannot know that, or if the folder is not one of this package's.
func seize(base place, name string) (*hidden, error) {
	h, err := enter(base, name)
	if err == nil {
		if err = taken(h.inner, h.lock); err == nil {
			return h, nil
		}
		h.close()
	}
	switch {
	case errors.Is(err, errUnlockable), errors.Is(err, fs.ErrPermission): // unknown, or another user's
		err = inTheWay(base, name)
	}
	return nil, err
}

// enter opens a hidden folder that already exists, and the file that is locked.
func enter(base place, name string) (*hidden, error) {
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
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// foreign reports an error if the folder has anything with a name that is not this package's: then it is somebody
// else's.
func (h *hidden) foreign() error {
	folder, err := h.inner.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	ours := []string{lockName, fileName, filesName, movesName, journalName, grownName}
	for {
		names, err := folder.Readdirnames(64)
		for _, name := range names {
			if !slices.Contains(ours, name) && !strings.HasPrefix(name, leaseName) && !renamed(name) {
				return &Error{Name: filepath.Join(h.base.path, h.name), Err: fmt.Errorf("%s is in it, which "+
					"gpuconv did not write: want that elsewhere", fault.Printable(name))}
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// renamed reports whether a file system has given a file this name because it was removed while it was open: NFS, and
// sshfs or another FUSE. The file goes when it is closed.
func renamed(name string) bool {
	return strings.HasPrefix(name, ".nfs") || strings.HasPrefix(name, ".fuse_hidden")
}

// inTheWay returns the error about something that has the name of a hidden folder but is not one.
func inTheWay(base place, name string) error {
	return &Error{Name: filepath.Join(base.path, name), Err: errors.New("it is in the way: want it gone")}
}

// clear removes the hidden folder of a dead process. If the process died before it had moved all files out of the
// folder, clear removes those that it had moved, too. Then clear calls removed, unless the folder had nothing but a
// lock: a living process may just be making or removing such a folder. If the folder is gone, clear does nothing. It
// reports errInUse if the process is alive.
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

// empty removes everything but the lock, and reports whether there was anything.
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

// leave removes the hidden folder, which has nothing but its lock.
func (h *hidden) leave() {
	if runtime.GOOS == "windows" && h.lock != nil { // Windows does not remove open files
		h.lock.Close()
	}
	if h.lock != nil {
		_ = h.inner.remove(lockName)
	}
	h.inner.close()
	err := h.base.remove(h.name)
	h.close()
	if err != nil { // NFS and FUSE give an open file another name in place of removing it: see renamed
		_ = h.base.remove(h.name)
	}
}

// close closes everything that is open, and leaves the folder as it is.
func (h *hidden) close() {
	if h.lock != nil {
		h.lock.Close()
	}
	h.inner.close()
}
