// Package report writes the results of package tuning as tables, JSON, pictures and a few lines of text.
//
// [Tuning] reports the tuning of cells to stimuli, [Population] that of recorded neurons in two halves of the trials.
// Both write files into a [Folder] and return the names of the files. [Pictures] says in which formats, colours and
// sizes pictures are drawn. The tables are CSV as [gpuconv/param.Table] writes them. A missing value is an empty cell
// in a table, and null or absent in the JSON.
package report

import (
	"encoding/json"
	"io"

	"gpuconv/figure"
	"gpuconv/param"
	"gpuconv/tuning"
)

// Folder takes the files of a report; [gpuconv/whole.Folder] is one. Write makes the file of this name and calls write
// to fill it. A name has no folders in it.
type Folder interface {
	Write(name string, write func(io.Writer) error) error
}

// Origin says where a report comes from. It goes into the JSON as it is.
type Origin struct {
	Command []string // the program and its arguments, as typed
	Program any      // describes the program
}

// Pictures says how the pictures of a report are drawn. The zero value is PNG in the tutorial's colours, for a screen.
type Pictures struct {
	Drawn   figure.Look
	Formats []string // of [figure.Formats]; nil means PNG
}

// files writes into a folder and keeps the names in their order.
type files struct {
	folder   Folder
	names    []string
	pictures Pictures
}

// draw writes a picture in each format. name has no extension.
func (f *files) draw(name string, d figure.Drawing) error {
	formats := f.pictures.Formats
	if formats == nil {
		formats = []string{"png"}
	}
	for _, format := range formats {
		if err := f.write(name+"."+format, func(w io.Writer) error { return figure.Write(w, d, format) }); err != nil {
			return err
		}
	}
	return nil
}

func (f *files) write(name string, write func(io.Writer) error) error {
	if err := f.folder.Write(name, write); err != nil {
		return err
	}
	f.names = append(f.names, name)
	return nil
}

// writeJSON writes a value with two spaces of indent.
func (f *files) writeJSON(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return f.write(name, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
}

// curve is a tuning curve in JSON.
type curve struct {
	Values    []param.Number `json:"values"`
	Responses []param.Number `json:"responses"`
}

func curveOf(c tuning.Curve) curve { return curve{numbers(c.X), numbers(c.Y)} }

func numbers(values []float64) []param.Number {
	out := make([]param.Number, len(values))
	for i, v := range values {
		out[i] = param.Number(v)
	}
	return out
}

// texts returns the texts of errors, for JSON. Without errors it returns an empty list, which JSON writes as [], not
// null.
func texts(notes []error) []string {
	all := make([]string, len(notes))
	for i, note := range notes {
		all[i] = note.Error()
	}
	return all
}
