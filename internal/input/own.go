package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Files of the kinds [Entry] and [Program] are kept by one run for the next. They are read only if nobody but the user
// or root can have written them. So links are not followed. A file is refused if it has several names (hard links), if
// another user owns it, or if others may write to it. This holds on Unix; elsewhere all files count as the user's.
// [Notes] are in a folder that the user chooses, on a file system that may not know owners and permissions. Of these
// files, only links and files with several names are refused.

// OpenOwn opens the regular file at path with flag, as [os.OpenFile] does; flag must neither create nor truncate. It is
// for a file that is written again and again under a name that others can guess. A link in its place could lead to any
// file of the user. So OpenOwn refuses symbolic links, and hard links if the system counts them.
func OpenOwn(path string, flag int) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := openSame(path, flag, info)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return f, nil
}

// errReplaced says that another file took the place of a file between the check of its path and its opening.
const errReplaced = Refusal("want a file that nobody else replaces")

// replacedTries is how often Open tries a file that is replaced meanwhile: other runs of the user replace kept files.
const replacedTries = 100

// openSame opens the file at path, and checks that it still is the file that info describes. It refuses links.
func openSame(path string, flag int, info fs.FileInfo) (*os.File, error) {
	if err := alone(info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|nonblock, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) { // replaced in between
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// alone refuses all but a regular file with one name. info comes from [os.Lstat], so it describes a link itself.
func alone(info fs.FileInfo) error {
	const want = "want a file of its own, or no file: remove it"
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return Refusal("this is a link: " + want)
	case !info.Mode().IsRegular():
		return Refusal("this is a " + What(info.Mode()) + ": " + want)
	case links(info) > 1:
		return Refusal("this file has other names too: " + want)
	}
	return nil
}

// private refuses a file or folder that another user owns or that others may write to. It trusts root as an owner.
func private(info fs.FileInfo) error {
	if user, known := owner(info); known && user != 0 && user != os.Geteuid() {
		return Refusal(fmt.Sprintf("it belongs to user %d: want one that only you can change", user))
	} else if mode := info.Mode().Perm(); known && mode&0o022 != 0 {
		return Refusal(fmt.Sprintf(
			"others may write to it, its mode is %#o: want one that only you can change, chmod go-w", mode))
	}
	return nil
}

// CheckFolder refuses a folder of kept files if another user owns it or others may write to it. A folder that does not
// exist is fine: its maker will own it. Links are followed.
func CheckFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		err = Refusal("want a folder, this is a " + What(info.Mode()))
	default:
		err = private(info)
	}
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return nil
}

// cause returns an error of package os without the path.
func cause(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
