package main

import (
	"errors"

	"gpuconv/verify"
)

// proofFiles are what gpuconv verify writes: nothing until all is known. The folder of
// pictures is empty if there are none.
type proofFiles struct {
	json, junit reportFile
	pictures    *outputDir
}

// outputs refuses what can be seen not to be written, and makes the folder.
func (f *verifyFlags) outputs() (*proofFiles, error) {
	out := &proofFiles{json: reportFile{"json", f.json}, junit: reportFile{"junit", f.junit}}
	for _, file := range []reportFile{out.json, out.junit} {
		if err := file.check(); err != nil {
			return nil, err
		}
	}
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
	if err := o.json.write(r.WriteJSON); err != nil {
		return err
	}
	if err := o.junit.write(r.WriteJUnit); err != nil {
		return err
	}
	if o.pictures == nil {
		return nil
	}
	if err := o.pictures.commit(); err != nil {
		return reflagged("pictures", err)
	}
	return nil
}
