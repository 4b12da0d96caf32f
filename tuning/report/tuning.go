package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"gpuconv/tuning"
)

// Tuning is a report about the tuning of cells to stimuli. Analysis has at least one cell, and curves over any
// number of axes.
type Tuning struct {
	Origin
	Pictures
	Source string // the path of the activations, for the text
	Shape  []int  // of the activations: [N C H W] or [N C]
	Sum    string // CRC-32C of their file, in hexadecimal; empty if it is not known

	Readout  tuning.Readout
	Settings tuning.Settings
	Metric   tuning.Metric // of the dissimilarities
	NoMatrix bool          // leaves the dissimilarities out
	Analysis *tuning.Analysis
	Fields   *tuning.Fields // receptive fields of the cells, or nil
	Decoded  *Decoded       // or nil
	OnePhase bool           // the stimuli have a single phase: see [tuning.SinglePhase]

	Names []string // of the cells; if nil, cells are named by their numbers
	// Filters are the names of the filters of the first cells, as [FilterNames] returns them. The cells that follow are
	// sums of channels. Filters may be nil.
	Filters []string
}

// mostCompared is how many values of a parameter are compared at most. A table of 1,000 by 1,000 takes about 19 MB as
// CSV, and one of 4,000 by 4,000 took 306 MB.
const mostCompared = 1000

// Written says what [Tuning.Write] has written.
type Written struct {
	Files []string // their names, in the order in which they were written
	Notes []error  // which figures and files are missing, and why
}

// Write writes cells.csv, curves.csv and tuning.json into a folder, and a picture curves_… for each axis. It also
// writes rdm.csv and the picture rdm, the matrix of dissimilarities between the values of the first axis. There is no
// matrix, and a note says why, in these cases: the axis has more than 1,000 values; cells have curves over different
// values; a single cell has no correlation. If there is a plane, fields or a decoding, Write also writes plane.csv and
// the picture plane, fields.csv and the picture fields, and decoding.csv. For responses to directions it draws the
// picture directions. A fields.csv of more than 1,048,576 weights is left out, with a note. Errors are those of the
// folder and of pictures that cannot be drawn, and the error of ctx once it is done.
func (t Tuning) Write(ctx context.Context, folder Folder) (Written, error) {
	out := &files{folder: folder, pictures: t.Pictures}
	notes, err := t.write(ctx, out)
	return Written{out.names, notes}, err
}

func (t Tuning) write(ctx context.Context, out *files) (notes []error, err error) {
	if err := out.write("cells.csv", func(w io.Writer) error {
		return writeCells(w, t.Analysis,
			t.names())
	}); err != nil {
		return nil, err
	}
	if err := out.write("curves.csv", func(w io.Writer) error { return writeCurves(w, t.Analysis) }); err != nil {
		return nil, err
	}
	notes = append(notes, t.Analysis.Notes...)
	notes = append(append(notes, t.onePhase()...), t.fieldNotes()...)
	if !t.NoMatrix && len(t.Analysis.Curves) > 0 {
		m, err := t.matrix()
		if err != nil {
			notes = append(notes, err)
		} else if err := m.write(out); err != nil {
			return nil, err
		}
	}
	if err := out.writeJSON("tuning.json", t.json(notes)); err != nil {
		return nil, err
	}
	for _, write := range []func(*files) error{t.plane, t.fields, t.decoding} {
		if err := write(out); err != nil {
			return nil, err
		}
	}
	for _, curves := range t.Analysis.Curves {
		if err := ctx.Err(); err != nil { // an interrupt does not wait for the pictures
			return nil, err
		}
		if err := t.draw(out, curves); err != nil {
			return nil, err
		}
	}
	return notes, ctx.Err()
}

// onePhase returns a note if curves follow the phase of the stimuli.
func (t Tuning) onePhase() []error {
	place := t.Readout.Pool == tuning.Centre || t.Readout.Pool == tuning.At
	follows := slices.ContainsFunc(t.Analysis.Curves, func(c tuning.AxisCurves) bool {
		return c.Axis == tuning.ByOrientation || c.Axis == tuning.ByFrequency
	})
	if !t.OnePhase || !place || !follows {
		return nil
	}
	return []error{errors.New("the stimuli have one phase: at one place, cells other than energies follow where the " +
		"bars fall; want several phases, or the mean or max of the map")}
}

// matrix compares the responses to the values of the first axis. The error says why they cannot be compared.
func (t Tuning) matrix() (m matrix, err error) {
	curves := t.Analysis.Curves[0]
	m = matrix{column: curves.Column, metric: t.Metric}
	var patterns [][]float64
	if patterns, m.values, err = curves.Patterns(); err != nil {
		return m, err
	}
	if len(m.values) > mostCompared {
		return m, fmt.Errorf("dissimilarities of %d values of %s are left out: want at most %d", len(m.values),
			m.column, mostCompared)
	}
	m.dissimilarities, err = tuning.Dissimilarity(patterns, t.Metric)
	return m, err
}

// names returns the names of the cells.
func (t Tuning) names() []string {
	if t.Names != nil {
		return t.Names
	}
	return numbered(len(t.Analysis.Cells))
}

// numbered returns names for cells that have none: their numbers.
func numbered(cells int) []string {
	all := make([]string, cells)
	for i := range all {
		all[i] = fmt.Sprint(i)
	}
	return all
}

// filter returns the name of a cell's filter. It is "" if that is not known, or if the cell adds up several.
func (t Tuning) filter(cell int) string {
	if cell < len(t.Filters) {
		return t.Filters[cell]
	}
	return ""
}
