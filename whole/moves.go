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

// moves lists files that are moved out of a hidden folder, one after the other. It is stored as a file in the hidden
// folder, from before the first move until after the last. If the process dies meanwhile, the next process reads from
// it what to remove.
type moves struct {
	Into  string `json:"into"`  // the destination folder, relative to the folder that has the hidden one
	Files []Sum  `json:"files"` // in the order of moving; the last one moves when the others are safe on the disk
}

const (
	movesName = mark + "moves" // the file that stores the list of moves
	filesName = mark + "files" // the folder from which the files are moved
)

// carry moves the files out of the hidden folder. If that fails, none is left in its new place. It does not replace a
// file that is already there: then the error is [fs.ErrExist].
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
		if err == nil && i >= len(m.Files)-2 { // when only the last one is missing, and after the last one
			err = h.base.syncIn(m.Into)
		}
		if err != nil {
			_ = h.back(m, m.Files[:i+1])
			return named(file.Name, err)
		}
	}
	for _, file := range m.Files { // remove the old names of files that now have two
		_ = h.inner.remove(filepath.Join(filesName, file.Name))
	}
	return nil
}

// announce stores m, and syncs it before anything is moved: so it is also there after a power cut.
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

// undo removes the files that a dead process has moved, unless it has moved all of them.
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
		_ = h.base.remove(m.Into) // if others have put something there, it stays, and so does the folder
		failed = errors.Join(failed, h.base.sync())
	}
	return failed
}

// moved reports whether the file in a folder is certainly the one that was moved there, byte for byte. Any other file
// may be somebody else's.
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

// moves reads the stored moves. The file may have any content; ok says whether it is valid.
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
	return m, isPlain(m.Into) && (hiddenName(m.Into, 0) == h.name || m.Into+unfinished == h.name)
}

// isPlain reports whether name is a name within a folder, not a path.
func isPlain(name string) bool {
	return name != "." && filepath.IsLocal(name) && filepath.Base(name) == name
}

// syncIn syncs a folder in p. It does nothing if the folder is gone.
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
