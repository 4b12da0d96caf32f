package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// output is a flag that names a file or folder to write, what was given to it, and how it is written.
type output struct {
	flag, path string
	options    whole.Options
}

// outputFlags returns the flags of a verb that name a file or folder to write. The --json of info and version has no
// name: it prints.
func outputFlags(cmd *cobra.Command) (flags []*pflag.Flag) {
	for _, name := range []string{"output", "json", "html", "plots", "junit", "pictures", "download"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.Type() == "string" {
			flags = append(flags, f)
		}
	}
	return flags
}

// distinctOutputs refuses two flags that name one file to write: what the first wrote would be lost.
func distinctOutputs(cmd *cobra.Command) error {
	taken := map[string]string{}
	for _, f := range outputFlags(cmd) {
		path := f.Value.String()
		whole, err := filepath.Abs(path)
		if path == "" || err != nil {
			continue
		}
		if by := taken[whole]; by != "" {
			return refused(f.Name, path, fmt.Errorf("--%s is to be written there: want another name", by))
		}
		taken[whole] = f.Name
	}
	return nil
}

// writesFiles reports whether a verb was told to write a file. If it was not, what it prints is all that it makes.
func writesFiles(cmd *cobra.Command) bool {
	help := cmd.Flags().Lookup("help")
	return !(help != nil && help.Changed) && slices.ContainsFunc(outputFlags(cmd), func(f *pflag.Flag) bool {
		return f.Value.String() != ""
	})
}

// blame makes err an error of the flag if it says that a file or folder cannot be written. It is an error of the
// call if the path itself is wrong. Any other error stays as it is.
func (o output) blame(err error) error {
	var e *whole.Error
	switch {
	case !errors.As(err, &e):
		return err
	case o.path == "":
		return refused(o.flag, "", errors.New(e.Rule))
	case e.Rule != "":
		return refused(o.flag, o.path, e)
	}
	return failed(o.flag, o.path, e)
}

// outputFolder is a folder that gets all of its files or none.
type outputFolder struct {
	output
	*whole.Folder
}

// checkFolder refuses a path that can be seen not to be a new or empty folder.
func (o output) checkFolder() error { return o.blame(o.options.CheckFolder(o.path)) }

// createFolder makes the folder, with its missing parents.
func (o output) createFolder() (outputFolder, error) {
	folder, err := o.options.CreateFolder(o.path)
	return outputFolder{o, folder}, o.blame(err)
}

// write puts what write writes into the folder under name.
func (f outputFolder) write(name string, write func(io.Writer) error) error {
	return f.blame(f.Folder.Write(name, write))
}

// commit moves all files into place.
func (f outputFolder) commit() error { return f.blame(f.Folder.Commit()) }

// checkFile refuses a path that can be seen not to be a file or a new name. An empty path is fine: there is no output.
func (o output) checkFile() error {
	const want = "want a file to write, this is "
	switch what, _ := whole.Obstacle(o.path); what {
	case "":
		return nil // if it cannot be written to for another reason, writing will say so
	case whole.Dangling:
		return refused(o.flag, o.path, errors.New(want+"a "+what))
	}
	return refused(o.flag, o.path, errors.New(want+"none"))
}

// writeFile writes a file with its missing folders, whole or not at all.
func (o output) writeFile(write func(io.Writer) error) error {
	return o.blame(o.withFolders(func() error { return o.options.Write(o.path, write) }))
}

// withFolders makes the missing folders of a file and calls write. If that fails, they go.
func (o output) withFolders(write func() error) error {
	made, err := o.options.MakeFolders(filepath.Dir(o.path))
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		made.Remove()
		return err
	}
	return nil
}

// checkArrays refuses a path that can be seen not to be a .npy or .npz file or a new name.
func (o output) checkArrays() error {
	const want = "want the .npy file to write"
	if o.path == "" {
		return refused(o.flag, "", errors.New(want))
	}
	what, err := whole.Obstacle(o.path)
	if os.IsPathSeparator(o.path[len(o.path)-1]) {
		what = "folder"
	}
	switch {
	case what != "":
		return refused(o.flag, o.path, errors.New(want+", this is a "+what))
	case err != nil:
		return refused(o.flag, o.path, &whole.Error{Name: o.path, Rule: want, Err: err})
	}
	return nil
}

// checkArray is checkArrays for verbs that write one array: it refuses an archive too.
func (o output) checkArray() error {
	if strings.HasSuffix(o.path, ".npz") {
		return refused(o.flag, o.path, errors.New("want a .npy file, one array is written"))
	}
	return o.checkArrays()
}

// create makes a file with its missing folders and calls fill, which commits or discards the file. If fill fails, the
// folders go.
func (o output) create(fill func(file *whole.File) error) error {
	return o.blame(o.withFolders(func() error {
		file, err := o.options.Create(o.path)
		if err != nil {
			return err
		}
		return fill(file)
	}))
}
