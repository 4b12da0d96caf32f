// Package whole writes files and folders that are complete or not there at all. [Write] writes a file in one call,
// [Create] a file that grows, [CreateFolder] a folder of files that belong together. After a failure, an interrupt, the
// death of the process or a power cut, the requested path never has half a file. With [Options].NoSync, a power cut is
// the exception.
//
// The steps are:
//  1. write the file in a hidden folder;
//  2. sync the file;
//  3. rename it to its path;
//  4. sync the folder that it is in now.
//
// A new folder is renamed as a whole. A folder that existed before must be empty. The new files move into it one after
// the other, the last one when the others are safe on the disk. If the process dies meanwhile, some of the new files
// are there, each complete, but not the last one. The next process that writes the folder removes those that were
// moved.
//
// A process that is killed leaves its hidden folder. But its lock on that folder ends with the process. So the next
// process that writes the same file or folder knows that the hidden folder is abandoned, and removes it.
//
// Every error that names a file or folder is an [*Error].
package whole

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"gpuconv/fault"
)

// Error says which file or folder cannot be written, and why.
type Error struct {
	Name string // as the caller named it: a path, or a name within a [Folder]
	// Rule says what would be right if something is wrong with the path itself, for example if it leads to a folder
	// where a file is wanted. It is empty if the system refused an operation on a suitable path.
	Rule string
	Err  error // the cause, if there is one besides Rule
	// Wait is how long it takes until KeepFolder takes over what a dead process has left, if it is dead. It is 0 if the
	// process is alive, or if the error is another one.
	Wait time.Duration
}

// Error returns one line: name, rule, cause.
func (e *Error) Error() string { return fault.Printable(e.Name) + ": " + e.Beside("", e.Name) }

// Beside is the method that [fault.Beside] calls. It returns the text for a message that already names the file name,
// and leaves out e.Name if that is the same file. The first argument is the name of a flag; it is ignored, because the
// text of an Error names no flag.
func (e *Error) Beside(_, name string) string {
	switch {
	case name != e.Name:
		return e.Error()
	case e.Err == nil:
		return e.Rule
	case e.Rule == "":
		return e.Err.Error()
	}
	return e.Rule + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// named returns err with the name of the file or folder that it is about. If err is nil, it returns nil.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Name: name, Err: Cause(err)}
}

// about is like named, but returns err as it is if it already names a file.
func about(name string, err error) error {
	if errors.As(err, new(*Error)) {
		return err
	}
	return named(name, err)
}

// Cause returns the cause of an error of package os, without the operation and the paths, for errors that name the file
// themselves. It returns any other error as it is.
func Cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
