// Package whole writes files and folders that are there whole or not at all. [Write] is for a file that is written at
// once, [Create] for one that grows, [CreateFolder] for files that belong together. A failure, an interrupt, the end of
// the process or a power cut leaves no half of a file at the path that was asked for. [Options] say more.
//
// The steps: write the file in a hidden folder, sync it, rename it, sync the folder that it is in now. A new folder is
// renamed as a whole. Into a folder that was there the files move one after the other, the last one when the others are
// safe; a process that dies meanwhile leaves some of them, each whole.
//
// A process that is killed leaves its hidden folder. Its lock ends with the process, so that the next one that writes
// the same file or folder knows, and removes it.
//
// Every error that names a file or folder is an [*Error].
package whole

import (
	"errors"
	"io/fs"
	"os"

	"gpuconv/fault"
)

// Error says which file or folder cannot be written, and why.
type Error struct {
	Name string // as the caller named it: a path, or a name within a [Folder]
	// Rule says what would be right, if the name itself is wrong: a folder where a file is wanted. It is empty where
	// the system refused what could have been right.
	Rule string
	Err  error // the cause, if there is another than Rule
}

// Error returns one line: name, rule, cause.
func (e *Error) Error() string { return fault.Printable(e.Name) + ": " + e.Beside("", e.Name) }

// Beside returns the line for a place that names a file already: without the name, if it is the given one. Any flag may
// have given it.
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

// named returns err with the name of the file or folder that it is about; nil stays nil.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Name: name, Err: Cause(err)}
}

// about is named for an error that may name a file already.
func about(name string, err error) error {
	if errors.As(err, new(*Error)) {
		return err
	}
	return named(name, err)
}

// Cause takes the operation and the paths off an error of package os, for errors that name the file in their own way.
// It returns any other error as it is.
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
