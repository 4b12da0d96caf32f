package main

import (
	"errors"
	"io"
	"path/filepath"

	"gpuconv/verify"
	"gpuconv/whole"
)

// proofFiles are what gpuconv verify writes: nothing until all is known. The folder of
// pictures is empty if there are none.
type proofFiles struct {
	json, junit string
	pictures    *outputDir
}

// outputs refuses what can be seen not to be written, and makes the folder.
func (f *verifyFlags) outputs() (*proofFiles, error) {
	for _, file := range []struct{ flag, path string }{{"json", f.json}, {"junit", f.junit}} {
		if err := checkOutputFile(file.flag, file.path); err != nil {
			return nil, err
		}
	}
	out := &proofFiles{json: f.json, junit: f.junit}
	if f.pictures == "" {
		return out, nil
	}
	var err error
	if out.pictures, err = newOutputDir(f.pictures); err != nil {
		return nil, reflagged("pictures", err)
	}
	return out, nil
}

// reflagged says --pictures where package-wide helpers say --output.
func reflagged(flag string, err error) error {
	text := without(err, "--output ").Error()
	if errors.As(err, new(usageError)) {
		return usage(reworded{err, "--" + flag + " " + text})
	}
	return reworded{err, "--" + flag + " " + text}
}

func outputErrorOf(flag, path string, err error) error {
	return reflagged(flag, outputError(path, cause(err)))
}

// abort leaves no folder behind; after write it does nothing.
func (o *proofFiles) abort() {
	if o.pictures != nil {
		o.pictures.abort()
	}
}

// write writes the reports, each whole or not at all, and moves the pictures into place.
func (o *proofFiles) write(r verify.Report) error {
	for _, file := range []struct {
		flag, path string
		write      func(io.Writer) error
	}{{"json", o.json, r.WriteJSON}, {"junit", o.junit, r.WriteJUnit}} {
		if file.path == "" {
			continue
		}
		if err := writeWhole(file.path, file.write); err != nil {
			return outputErrorOf(file.flag, file.path, err)
		}
	}
	if o.pictures == nil {
		return nil
	}
	if err := o.pictures.commit(); err != nil {
		return reflagged("pictures", err)
	}
	return nil
}

// writeWhole writes a file with its missing folders, whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	made, err := makeFolders(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err := whole.Write(path, write); err != nil {
		removeFolders(made)
		return err
	}
	return nil
}
