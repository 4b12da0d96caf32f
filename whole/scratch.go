package whole

import (
	"errors"
	"os"
	"path/filepath"
)

// Scratch makes a folder for temporary files. It is in a hidden folder, which is in the system's folder for temporary
// files; name becomes a part of the hidden folder's name. remove removes both with everything in them. Scratch also
// removes hidden folders of the same name that dead processes have left.
func (o Options) Scratch(name string) (path string, remove func(), err error) {
	base, err := o.disk().open(os.TempDir())
	if err != nil {
		return "", nil, named(os.TempDir(), err)
	}
	h, err := claimSlot(base, name, o.Removed)
	if err != nil {
		base.close()
		return "", nil, named(filepath.Join(os.TempDir(), name), err)
	}
	remove = func() {
		_, _ = h.empty() // what cannot be removed stays, and so does the folder
		h.leave()
		base.close()
	}
	if err := h.inner.mkdir(filesName, 0o700); err != nil {
		remove()
		return "", nil, named(os.TempDir(), err)
	}
	return filepath.Join(h.inner.path, filesName), remove, nil
}

// Claim reserves path for this process, until release is called or the process ends. It is for a file that is written
// in several steps. While path is reserved, Claim returns an [*Error] in every other process. Programs that do not call
// Claim can still write to path.
func (o Options) Claim(path string) (release func(), err error) {
	base, err := o.disk().open(filepath.Dir(path))
	if err != nil {
		return nil, named(path, err)
	}
	h, err := claim(base, hiddenName(filepath.Base(path), 0), o.Removed)
	if err != nil {
		base.close()
		return nil, about(path, err)
	}
	return func() { h.leave(); base.close() }, nil
}

// slots is how many processes may have hidden folders for the same name in the same folder at the same time.
const slots = 16

// claimSlot makes a hidden folder in base for a file or folder that will be called name, in the first slot that is
// free. It removes hidden folders that dead processes have left in any slot.
func claimSlot(base place, name string, removed func(path string)) (*hidden, error) {
	var mine *hidden
	err := errInUse
	for slot := range slots {
		name := hiddenName(name, slot)
		switch {
		case mine == nil && (errors.Is(err, errInUse) || errors.As(err, new(*Error))): // the previous slot is taken
			mine, err = claim(base, name, removed)
		case base.holds(name):
			_ = clear(base, name, removed)
		}
	}
	return mine, err
}
