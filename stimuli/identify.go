package stimuli

import (
	"fmt"
	"io"
	"os"
	"time"

	"gpuconv/fault"
	"gpuconv/whole"
)

// Identify writes, for each file of images, its size and when it was last written. With the same table, the same text
// means the same images, as far as can be told without reading them.

// Identify implements it.
func (f *Files) Identify(to io.Writer) error {
	for _, i := range f.items {
		info, err := os.Stat(i.path)
		if err != nil {
			return &fault.Error{Package: "stimuli", Argument: i.path, Err: whole.Cause(err)}
		}
		if err := identify(to, info.Size(), info.ModTime()); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(to, "%+v\n", f.options)
	return err
}

// Identify does the same for an array.
func (a *Array) Identify(to io.Writer) error {
	size, modified := a.reader.File()
	if err := identify(to, size, modified); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "%+v\n", a.options)
	return err
}

// Identify does the same for all sets that are read from files.
func (j *Joined) Identify(to io.Writer) error {
	for _, s := range j.Sets {
		if files, ok := s.(interface{ Identify(io.Writer) error }); ok {
			if err := files.Identify(to); err != nil {
				return err
			}
		}
	}
	return nil
}

func identify(to io.Writer, size int64, modified time.Time) error {
	_, err := fmt.Fprintln(to, size, modified.UTC().UnixNano())
	return err
}
