package whole

import (
	"io"
	"os"
)

// Lines is a text file that others may read while it grows, line by line. It is the exception in this package: the file
// is at its path from the beginning, and stays there if the process dies. Each line is written in one call of the
// system. So a reader finds complete lines; only after a power cut, or on a full disk, can the last line lack its end.
type Lines struct {
	name string
	file *file
}

// CreateLines makes the file, without a line. It replaces an older file as [Options.Create] does, and refuses the same
// paths.
func (o Options) CreateLines(path string) (*Lines, error) {
	if err := o.Write(path, func(io.Writer) error { return nil }); err != nil {
		return nil, err
	}
	opened, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, named(path, err)
	}
	return &Lines{path, &file{disk: o.disk(), File: opened, path: path}}, nil
}

// Add writes a line. text has no line feed, neither in it nor at its end.
func (l *Lines) Add(text []byte) error {
	line := append(text[:len(text):len(text)], '\n')
	_, err := l.file.Write(line)
	return named(l.name, err)
}

// Close syncs the file and closes it. Closing twice is an error.
func (l *Lines) Close() error {
	err := l.file.sync()
	if closeErr := l.file.Close(); err == nil {
		err = closeErr
	}
	return named(l.name, err)
}
