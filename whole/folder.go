package whole

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"

	"gpuconv/fault"
)

// Folder is a folder that gets all of its files or none. The files are written into a hidden folder first, under their
// final names. Several goroutines may call its methods, for files of different names.
//
// If the folder is new, the hidden one is beside it, and Commit renames the finished folder in one step. A folder that
// already exists, and is empty, stays the same folder, with its permissions: it may be a mount, a link may lead to it,
// or a shell may be in it. In this case the hidden folder is inside it, and Commit moves the files up, out of the
// hidden folder, in the order in which they were committed. The last file arrives only after all others.
type Folder struct {
	path   string
	name   string // in the folder that also holds hidden; "." if hidden is inside the folder itself
	hidden *hidden
	files  place // the folder with the files, in hidden
	made   Made  // missing parents that were made

	// Only if KeepFolder made the folder; otherwise nil, "" and false.
	journal *Journal
	grown   string // the name that the file of Grow gets in the finished folder
	keeps   bool   // Discard leaves the journal and the grown file

	mutex     sync.Mutex
	written   map[string]bool // the names of the files, and whether each is committed
	committed []Sum
	done      bool
}

// CreateFolder calls [Options.CreateFolder] with default options, which sync the folder.
func CreateFolder(path string) (*Folder, error) { return Options{}.CreateFolder(path) }

// CreateFolder starts to write the folder path, which must be new or empty, and makes its missing parents. The caller
// must call Commit or Discard. CreateFolder refuses what [Options.CheckFolder] refuses.
func (o Options) CreateFolder(path string) (*Folder, error) {
	for range tries {
		if err := o.CheckFolder(path); err != nil {
			return nil, err
		}
		d, err := o.begin(path)
		switch {
		case err == nil:
			return d, nil
		case errors.Is(err, errInUse):
			return nil, inUse(path)
		case !errors.Is(err, errAppeared):
			return nil, about(path, err)
		}
	}
	return nil, inUse(path)
}

// errAppeared says that something has appeared at a path since the path was checked.
var errAppeared = errors.New("it has appeared meanwhile")

// begin makes the missing parents and the hidden folder.
func (o Options) begin(path string) (*Folder, error) {
	clean := filepath.Clean(path)
	d := &Folder{path: path, name: ".", written: map[string]bool{}}
	at, name := clean, partial
	if _, err := os.Stat(clean); err != nil {
		at, name, d.name = filepath.Dir(clean), hiddenName(filepath.Base(clean), 0), filepath.Base(clean)
		if d.made, err = o.MakeFolders(at); err != nil {
			return nil, err
		}
	}
	err := d.hide(o, at, name)
	if err != nil {
		d.made.Remove()
		return nil, err
	}
	return d, nil
}

// hide makes the hidden folder, and checks that nothing has appeared at the path meanwhile.
func (d *Folder) hide(o Options, at, name string) (err error) {
	base, err := o.disk().open(at)
	if err != nil {
		return err
	}
	if d.hidden, err = claim(base, name, o.Removed); err != nil {
		base.close()
		return err
	}
	if d.name != "." && base.holds(d.name) {
		err = errAppeared
	} else if d.name == "." {
		err = base.holdsOnly(".", name)
	}
	if err == nil {
		err = d.hidden.inner.mkdir(filesName, 0o777)
	}
	if err == nil {
		d.files, err = d.hidden.inner.open(filesName)
	}
	if err != nil {
		d.leave(false)
	}
	return err
}

// holdsOnly returns errAppeared if the folder in, a name within p, has any entry other than name.
func (p place) holdsOnly(in, name string) error {
	folder, err := p.root.Open(in)
	if err != nil {
		return err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(2)
	if slices.ContainsFunc(names, func(n string) bool { return n != name }) {
		return errAppeared
	}
	if err == io.EOF { // it is empty
		err = nil
	}
	return err
}

// hiding is a place where a hidden folder may be.
type hiding struct{ folder, name string }

// hiddenOf lists where the hidden folder of the folder path may be: in it, and beside it. path must be clean, as
// filepath.Clean returns it.
func hiddenOf(path string) []hiding {
	all := []hiding{{path, partial}}
	if base := filepath.Base(path); base != "." && base != ".." && base != string(filepath.Separator) {
		all = append(all, hiding{filepath.Dir(path), hiddenName(base, 0)})
	}
	return all
}

// clear removes a hidden folder if there is one and the process that made it is dead.
func (o Options) clear(h hiding) error {
	if info, err := os.Lstat(filepath.Join(h.folder, h.name)); err != nil || !info.IsDir() {
		return nil
	}
	base, err := o.disk().open(h.folder)
	if err != nil {
		return err
	}
	defer base.close()
	return clear(base, h.name, o.Removed)
}

// unfit returns the error that a folder cannot be written to.
func unfit(path, details string, err error) error {
	return &Error{Name: path, Rule: "want a new or empty folder" + details, Err: err}
}

func holding(path, name string) error {
	return unfit(path, ", this one holds "+fault.Printable(name), nil)
}

func inUse(path string) error { return unfit(path, ", another process is writing this one", nil) }

// CheckFolder calls [Options.CheckFolder] with default options.
func CheckFolder(path string) error { return Options{}.CheckFolder(path) }

// CheckFolder refuses a path that is neither new nor an empty folder, a link that leads nowhere, a folder that another
// process is writing, and a folder that KeepFolder has kept unfinished. It removes what a dead process has left of a
// folder that is not kept. Its errors are [*Error] with a Rule.
func (o Options) CheckFolder(path string) error {
	if path == "" {
		return unfit(path, "", nil)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.IsDir():
		return unfit(path, "", syscall.ENOTDIR)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return unfit(path, "", Cause(err))
	case err != nil && isLink(path):
		return unfit(path, ", this is a link that leads nowhere", nil)
	}
	for _, h := range hiddenOf(filepath.Clean(path)) {
		if errors.Is(o.clear(h), errInUse) {
			return inUse(path) // after other errors, checkEmpty finds what is in the way
		}
	}
	if IsUnfinished(path) {
		return unfit(path, ", "+fault.Printable(Unfinished(path))+" has a part of this one", nil)
	}
	return checkEmpty(path)
}

// checkEmpty refuses a folder that has any entry other than those in but. It accepts a folder that does not exist.
func checkEmpty(path string, but ...string) error {
	entries, err := os.ReadDir(path)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return slices.Contains(but, e.Name()) })
	switch {
	case err == nil && len(entries) > 0:
		return holding(path, entries[0].Name())
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return unfit(path, "", Cause(err))
	}
	return nil
}

// isLink reports whether path is a symbolic link, whether or not its target exists.
func isLink(path string) bool {
	info, err := os.Lstat(filepath.Clean(path))
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// Path returns the path that CreateFolder or KeepFolder was given.
func (d *Folder) Path() string { return d.path }

// Create makes a file called name in the folder. name must not be a path. The caller must commit the file before the
// folder.
func (d *Folder) Create(name string) (*File, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done {
		return nil, named(name, os.ErrClosed)
	}
	if err := d.signed(); err != nil {
		return nil, named(d.path, err)
	}
	f, err := d.files.create(name, 0o666)
	if err != nil {
		return nil, named(name, err)
	}
	d.written[name] = false
	return &File{name: name, file: f, home: d, sum: newSummer()}, nil
}

// Write makes a file called name in the folder. The function write writes its contents. If write fails, Write returns
// its error, and there is no such file.
func (d *Folder) Write(name string, write func(io.Writer) error) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return f.fill(write)
}

// Sums lists the committed files, sorted by name, with their sizes and checksums.
func (d *Folder) Sums() []Sum {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return slices.SortedFunc(slices.Values(d.committed), func(a, b Sum) int { return cmp.Compare(a.Name, b.Name) })
}

// keep records that a file is complete.
func (d *Folder) keep(f *File) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done {
		return os.ErrClosed
	}
	d.written[f.name] = true
	d.committed = append(d.committed, f.sum.of(f.name))
	return nil
}

// drop removes a file.
func (d *Folder) drop(f *File) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done || d.signed() != nil {
		return nil // it was removed with the folder, or a file of that name is another process's
	}
	delete(d.written, f.name)
	return d.files.remove(f.name)
}

// Commit puts the folder in its place. If that fails, none of its files is there. Commit also fails if the folder, or
// the one that holds it, has been moved or removed meanwhile, because the files would not be at the requested path.
func (d *Folder) Commit() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.done {
		return named(d.path, os.ErrClosed)
	}
	for name, complete := range d.written {
		if !complete {
			return named(name, errors.New("it is not committed"))
		}
	}
	if d.hidden.base.lost() {
		return named(d.path, errMoved)
	}
	if err := d.ready(); err != nil {
		return about(d.path, err)
	}
	if err := d.place(); err != nil {
		return about(d.path, err)
	}
	d.made, d.written = nil, nil // all are in place: leave must not remove the files, nor Discard the parents
	d.leave(true)
	return nil
}

// ready returns an error if another process took a kept folder over, or if a committed file of it is not whole.
func (d *Folder) ready() error {
	if err := d.signed(); err != nil || d.journal == nil {
		return err
	}
	for _, file := range d.committed {
		info, err := d.files.root.Lstat(file.Name)
		if err == nil && info.Size() != file.Bytes {
			err = fmt.Errorf("it has %d bytes: want %d", info.Size(), file.Bytes)
		}
		if err != nil {
			return named(file.Name, err)
		}
	}
	return nil
}

// place renames the folder, or moves its files.
func (d *Folder) place() error {
	if runtime.GOOS == "windows" { // Windows does not rename open folders
		d.files.close()
	}
	base, from := d.hidden.base, filepath.Join(d.hidden.name, filesName)
	if d.name == "." {
		return d.carry()
	}
	if err := d.hidden.inner.syncIn(filesName); err != nil {
		return err
	}
	if err := d.signed(); err != nil { // again: a server that did not answer may have taken minutes
		return err
	}
	if err := base.rename(from, d.name); err == nil {
		if err = base.sync(); err != nil {
			_ = base.rename(d.name, from)
		}
		return err
	}
	// Some file systems cannot rename folders.
	if err := base.mkdir(d.name, 0o777); err != nil && !errors.Is(err, fs.ErrExist) { // it may have appeared meanwhile
		return err
	}
	return d.carry()
}

// carry moves the files into the folder, which exists. What others put there meanwhile stays as it is.
func (d *Folder) carry() error {
	if err := checkEmpty(d.path, partial); err != nil {
		return err
	}
	err := d.hidden.carry(moves{d.name, d.committed})
	if e := new(Error); errors.Is(err, fs.ErrExist) && errors.As(err, &e) {
		return holding(d.path, e.Name)
	}
	return err
}

// Discard removes what was written, and the parents that were made for the folder. What is kept stays: see
// [Options.KeepFolder]. After a Commit that succeeded, Discard does nothing.
func (d *Folder) Discard() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.leave(false)
	d.made.Remove()
}

// leave removes the hidden folder with what is left in it; complete says that all files are in their place. It opens
// nothing, so that it works even if the process can open no more files. It also works if the folders have been moved.
func (d *Folder) leave(complete bool) {
	if d.done {
		return
	}
	d.done = true
	if d.journal != nil {
		d.leaveKept(complete)
		d.hidden.base.close()
		return
	}
	for name := range d.written {
		_ = d.files.remove(name)
	}
	d.files.close()
	_ = d.hidden.inner.remove(filesName)
	_ = d.hidden.inner.remove(movesName)
	d.hidden.leave()
	d.hidden.base.close()
}
