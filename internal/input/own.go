package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What is kept between runs is read as [Entry] or [Program] only if nobody but the user, or root, can have put it
// there: no link is followed, nor is a file taken that has other names, that another user owns or that others may write
// to. Owners and permissions are those of Unix; elsewhere all files count as the user's. [Notes] are in a folder of the
// user's choice, whose file system may have other owners or permissions: of them only links are refused.

// OpenOwn opens the regular file at path, as [os.OpenFile] does with flag, which must neither create nor truncate. It
// is for a file that is written to again and again under a name that others can guess: a link in its place could lead
// to anything of the user's. So it refuses links, hard ones too where the system counts them.
func OpenOwn(path string, flag int) (*os.File, error) {
	there, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := openSame(path, flag, there)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: cause(err)}
	}
	return f, nil
}

// errReplaced says that a path had another file when it was opened than when it was looked at.
const errReplaced = Refusal("want a file that nobody else replaces")

// replacedTries is how often a file is looked at and opened whose owners replace it, each time by a whole one.
const replacedTries = 100

// openSame opens the file that there describes, if it has its path to itself.
func openSame(path string, flag int, there fs.FileInfo) (*os.File, error) {
	if err := alone(there); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flag|nonblock, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(there, opened) { // replaced in between
		err = errReplaced
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// alone refuses what is not a file with one name, info being of the name itself.
func alone(info fs.FileInfo) error {
	const want = "want a file of its own, or none; remove it"
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

// private refuses what others own or may write to. What root owns is trusted, as the system is.
func private(info fs.FileInfo) error {
	if user, known := owner(info); known && user != 0 && user != os.Geteuid() {
		return Refusal(fmt.Sprintf("it belongs to user %d: want what is yours alone", user))
	} else if mode := info.Mode().Perm(); known && mode&0o022 != 0 {
		return Refusal(fmt.Sprintf("others may write to it, its mode is %#o: want what is yours alone, chmod go-w",
			mode))
	}
	return nil
}

// CheckFolder refuses a folder for entries that others own or may write to. One that is not there is fine: whoever
// makes it owns it. Links are followed.
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

// cause takes the path off an error of package os.
func cause(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}
