package whole

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// moves says what is moved out of a hidden folder, one file after the other. It is in the hidden folder, as a file,
// from before the first move until after the last. If the process dies between, the next one knows what to remove.
type moves struct {
	Into  string `json:"into"`  // a folder, relative to the one that the hidden folder is in
	Files []Sum  `json:"files"` // in the order in which they move; the last moves when the others are safe
}

const (
	movesName = mark + "moves" // the file
	filesName = mark + "files" // the folder that they are moved out of
)

// carry moves the files out of the hidden folder. If that fails, none is left at its new place. A file that is there
// already stays as it is: then the error is [fs.ErrExist].
func (h *hidden) carry(m moves) error {
	if len(m.Files) == 0 {
		return nil
	}
	if err := h.announce(m); err != nil {
		_ = h.back(m, nil)
		return err
	}
	for i, file := range m.Files {
		err := h.base.add(filepath.Join(h.name, filesName, file.Name), filepath.Join(m.Into, file.Name))
		if err == nil && i >= len(m.Files)-2 { // all but the last, and then the last
			err = h.base.syncIn(m.Into)
		}
		if err != nil {
			_ = h.back(m, m.Files[:i+1])
			return named(file.Name, err)
		}
	}
	for _, file := range m.Files { // those that have two names now
		_ = h.inner.remove(filepath.Join(filesName, file.Name))
	}
	return nil
}

// announce writes the file of m. After a power cut, too, it is there if anything was moved.
func (h *hidden) announce(m moves) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	f, err := h.inner.create(movesName, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = h.inner.sync()
	}
	if err == nil {
		err = h.base.sync()
	}
	return err
}

// undo removes what a dead process has moved, unless it has moved all.
func (h *hidden) undo() error {
	m, ok := h.moves()
	if !ok || h.base.holds(filepath.Join(m.Into, m.Files[len(m.Files)-1].Name)) {
		return nil
	}
	return h.back(m, m.Files)
}

// back removes files that were moved out of the hidden folder, and the folder that was made for them.
func (h *hidden) back(m moves, files []Sum) error {
	var failed error
	for _, file := range files {
		if h.moved(m.Into, file) {
			failed = errors.Join(failed, h.base.remove(filepath.Join(m.Into, file.Name)))
		}
	}
	failed = errors.Join(failed, h.base.syncIn(m.Into))
	if m.Into != "." {
		_ = h.base.remove(m.Into) // what others have put there stays, and the folder with it
		failed = errors.Join(failed, h.base.sync())
	}
	return failed
}

// moved reports whether the file in a folder is for certain the one that was moved there, byte for byte. Anything else
// is somebody's.
func (h *hidden) moved(into string, file Sum) bool {
	path := filepath.Join(into, file.Name)
	there, err := h.base.root.Lstat(path)
	if err != nil || !there.Mode().IsRegular() || there.Size() != file.Bytes {
		return false
	}
	here, err := h.inner.root.Lstat(filepath.Join(filesName, file.Name))
	if err == nil && !os.SameFile(there, here) {
		return false
	}
	f, err := h.base.root.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	got := newSummer()
	_, err = io.Copy(got, f)
	return err == nil && got.of(file.Name) == file
}

// moves reads the file, which may have any content.
func (h *hidden) moves() (m moves, ok bool) {
	info, err := h.inner.root.Lstat(movesName)
	if err != nil || !info.Mode().IsRegular() {
		return m, false
	}
	f, err := h.inner.root.Open(movesName)
	if err != nil {
		return m, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 16<<20))
	if err != nil || json.Unmarshal(text, &m) != nil || len(m.Files) == 0 {
		return m, false // the process died before it was written: nothing was moved
	}
	if slices.ContainsFunc(m.Files, func(s Sum) bool { return !isPlain(s.Name) }) {
		return m, false
	}
	if h.name == partial {
		return m, m.Into == "."
	}
	return m, isPlain(m.Into) && hiddenName(m.Into, 0) == h.name
}

// isPlain reports whether name is one within a folder, and no path.
func isPlain(name string) bool {
	return name != "." && filepath.IsLocal(name) && filepath.Base(name) == name
}

// syncIn syncs a folder in p. If it is gone there is nothing to sync.
func (p place) syncIn(name string) error {
	if name == "." {
		return p.sync()
	}
	folder, err := p.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer folder.close()
	return folder.sync()
}
