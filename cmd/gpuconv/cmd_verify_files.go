package main

import (
	"io"

	"gpuconv/verify"
)

// proofFiles are the files that gpuconv verify writes at its end. A file that was not asked for has no path.
type proofFiles struct {
	json, junit output
	pictures    outputFolder
}

// outputs returns the files that were asked for, and begins the folder of pictures. It refuses paths that cannot be
// written, as far as that can be told before the run.
func (f *verifyFlags) outputs() (*proofFiles, error) {
	out := &proofFiles{json: f.saving.output("json", f.json), junit: f.saving.output("junit", f.junit)}
	for _, file := range []output{out.json, out.junit} {
		if err := file.checkFile(); err != nil {
			return nil, err
		}
	}
	if f.pictures == "" {
		return out, nil
	}
	var err error
	out.pictures, err = f.saving.output("pictures", f.pictures).createFolder()
	return out, err
}

// discard removes the folder of pictures that outputs began. After write it does nothing.
func (o *proofFiles) discard() {
	if o.pictures.path != "" {
		o.pictures.Discard()
	}
}

// write writes the reports, each whole or not at all, and moves the pictures into place.
func (o *proofFiles) write(r verify.Report) error {
	for _, file := range []struct {
		output
		write func(io.Writer) error
	}{{o.json, r.WriteJSON}, {o.junit, r.WriteJUnit}} {
		if file.path == "" {
			continue
		}
		if err := file.writeFile(file.write); err != nil {
			return err
		}
	}
	if o.pictures.path == "" {
		return nil
	}
	return o.pictures.commit()
}
