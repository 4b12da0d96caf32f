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

// output is a file or folder to write: the flag that names it, its path, and how it is written.
type output struct {
	flag, path string
	options    whole.Options
}

// outputFlags returns the flags of a verb that name a file or folder to write. The --json of info and version takes no
// name: it prints.
func outputFlags(cmd *cobra.Command) (flags []*pflag.Flag) {
	for _, name := range []string{"output", "json", "jsonl", "html", "csv", "markdown", "plots", "junit", "pictures",
		"download"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Value.Type() == "string" {
			flags = append(flags, f)
		}
	}
	return flags
}

// distinctOutputs refuses two flags that name the same file to write: what is written first would be lost. It also
// refuses -, by which other programs mean stdout.
func distinctOutputs(cmd *cobra.Command) error {
	taken := map[string]string{}
	for _, f := range outputFlags(cmd) {
		path := f.Value.String()
		if path == "-" {
			return refused(f.Name, path, errors.New("want the name of a file or folder; ./- is one called -"))
		}
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

// alwaysWrites is the annotation of verbs that write a file also if no flag names it.
const alwaysWrites = "always writes"

// writesFiles reports whether a verb writes a file. Otherwise its only result is what it prints.
func writesFiles(cmd *cobra.Command) bool {
	help := cmd.Flags().Lookup("help")
	_, always := cmd.Annotations[alwaysWrites]
	return !(help != nil && help.Changed) && (always || slices.ContainsFunc(outputFlags(cmd), func(f *pflag.Flag) bool {
		return f.Value.String() != ""
	}))
}

// blame adds the flag to an error that says that a file or folder cannot be written. If the path itself is wrong, that
// is an error of the call. Any other error stays as it is.
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

// checkFolder refuses a path that is neither a new name nor an empty folder, as far as can be told before writing.
func (o output) checkFolder() error { return o.blame(o.options.CheckFolder(o.path)) }

// createFolder begins the folder and makes its missing parents. commit puts it in place.
func (o output) createFolder() (outputFolder, error) {
	folder, err := o.options.CreateFolder(o.path)
	return outputFolder{o, folder}, o.blame(err)
}

// keepFolder begins a folder that is kept until it is complete, or continues with it. array is the name of its array.
func (o output) keepFolder(array string) (outputFolder, error) {
	folder, err := o.options.KeepFolder(o.path, array)
	return outputFolder{o, folder}, o.blame(err)
}

// write adds a file to the folder. name is its name; write writes its content.
func (f outputFolder) write(name string, write func(io.Writer) error) error {
	return f.blame(f.Folder.Write(name, write))
}

// commit moves all files into place.
func (f outputFolder) commit() error { return f.blame(f.Folder.Commit()) }

// checkFile refuses a path that names something other than a file. An empty path is fine: there is no output.
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

// writeFile makes a file's missing folders and writes the file, whole or not at all.
func (o output) writeFile(write func(io.Writer) error) error {
	return o.blame(o.withFolders(func() error { return o.options.Write(o.path, write) }))
}

// withFolders makes the missing folders of a file and calls write. If write fails, it removes them.
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

// checkArrays refuses an empty path and one that names something other than a file.
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

// checkArray is like checkArrays, but for verbs that write one array: it also refuses the name of a .npz file.
func (o output) checkArray() error {
	if strings.HasSuffix(o.path, ".npz") {
		return refused(o.flag, o.path, errors.New("want a .npy file, one array is written"))
	}
	return o.checkArrays()
}

// create begins a file, makes its missing folders and calls fill, which writes the file and commits or discards it. If
// fill fails, create removes the folders.
func (o output) create(fill func(file *whole.File) error) error {
	return o.blame(o.withFolders(func() error {
		file, err := o.options.Create(o.path)
		if err != nil {
			return err
		}
		return fill(file)
	}))
}
