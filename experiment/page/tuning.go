package page

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
	"gpuconv/internal/grid"
	"gpuconv/internal/input"
	"gpuconv/param"
	"gpuconv/whole"
)

// tuningName is the name of the file of what gpuconv tuning found.
const tuningName = "tuning.json"

// Tuning is a folder that gpuconv tuning wrote about a run.
type Tuning struct {
	Folder   string
	Cells    *param.Table // its cells.csv
	Pictures []Picture
	Said     tuningJSON
}

// tuningJSON is the part of tuning.json that the page shows.
type tuningJSON struct {
	Schema           int      `json:"schema"`
	Command          []string `json:"command"`
	ActivationsShape []int    `json:"activations_shape"`
	ActivationsSum   string   `json:"activations_crc32c"`
	At               string   `json:"at"`
	Linear           bool     `json:"linear"`
	Decoding         *struct {
		Column string    `json:"column"`
		Sides  [2]string `json:"sides"`
		Images int       `json:"images"`
		Right  int       `json:"right"`
		Low    float64   `json:"low"`
		High   float64   `json:"high"`
		Chance float64   `json:"chance"`
	} `json:"decoding"`
	Notes []string `json:"notes"`
}

// FindTuning returns the folder of gpuconv tuning that lies in a run's folder: the first by name that has a
// tuning.json. It returns "" if there is none.
func FindTuning(folder string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if info, err := os.Stat(filepath.Join(path, tuningName)); e.IsDir() && err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// ReadTuning adds a folder that gpuconv tuning wrote. It refuses a folder that is not one, and one about activations of
// another shape or with another checksum. It notes if only the shapes could be compared.
func (r *Run) ReadTuning(ctx context.Context, folder string) error {
	t := &Tuning{Folder: folder}
	fail := func(name string, err error) error { return &fault.Error{Package: "page", Argument: name, Err: err} }
	text, err := input.ReadFile(ctx, input.Provenance, filepath.Join(folder, tuningName))
	if err != nil {
		return fail(tuningName, whole.Cause(err))
	}
	if err := json.Unmarshal(text, &t.Said); err != nil {
		return fail(tuningName, fmt.Errorf("not whole: %w", err))
	}
	shape := r.Report.ActivationsShape
	switch {
	case t.Said.Schema != 1:
		return fail(tuningName, fmt.Errorf("schema %d: want 1", t.Said.Schema))
	case !slices.Equal(t.Said.ActivationsShape, shape[:]):
		return fail(tuningName, fmt.Errorf("activations %v: want those of the run, %v", t.Said.ActivationsShape, shape))
	case t.Said.ActivationsSum != "" && t.Said.ActivationsSum != r.Report.ActivationsSum():
		return fail(tuningName, fmt.Errorf("activations with CRC-32C %s: want those of the run, %s",
			fault.Printable(t.Said.ActivationsSum), fault.Printable(r.Report.ActivationsSum())))
	}
	if t.Cells, err = readTable(ctx, filepath.Join(folder, "cells.csv"), "cell"); err != nil {
		return fail("cells.csv", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fail(folder, whole.Cause(err))
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	if err := r.addPictures(ctx, folder, names, &t.Pictures); err != nil {
		return err
	}
	r.Tuning = t
	if t.Said.ActivationsSum == "" {
		r.Notes = append(r.Notes, fmt.Sprintf("%s has no checksum of activations: only their shape was compared with "+
			"the run", fault.Printable(filepath.Join(folder, tuningName))))
	}
	return nil
}

// The table of cells on the page has at most this many rows and columns.
const (
	mostCells   = 24
	mostFigures = 10
)

// viewTuning is the part of the page about tuning.
type viewTuning struct {
	Facts    []fact
	Cells    *grid.Grid
	LeftOut  string
	Pictures []viewPicture
	Notes    []string
}

func (r *Run) tuningView() *viewTuning {
	t := r.Tuning
	if t == nil {
		return nil
	}
	v := &viewTuning{Facts: []fact{{"Folder", line(t.Folder)}, {"Response", "at the " + line(t.Said.At)}}}
	if t.Said.At == "mean" || t.Said.At == "max" {
		v.Facts[1].Value = line(t.Said.At) + " of the map"
	} else if t.Said.At != "centre" {
		v.Facts[1].Value = "at " + line(t.Said.At) + " of the map"
	}
	if d := t.Said.Decoding; d != nil && d.Images > 0 {
		v.Facts = append(v.Facts, fact{"Decoding", line(fmt.Sprintf(
			"%s or %s: %d of %d images right (95 %%: %.1f to %.1f %%), by chance %.1f %%", d.Sides[0], d.Sides[1],
			d.Right, d.Images, 100*d.Low, 100*d.High, 100*d.Chance))})
	}
	v.addCells(t.Cells)
	v.Pictures = pictureViews(t.Pictures, tuningAlt)
	v.Notes = lines(t.Said.Notes)
	return v
}

// addCells adds the table of cells: the columns that are not empty, as far as there is room.
func (v *viewTuning) addCells(t *param.Table) {
	v.Cells = &grid.Grid{Names: []string{"cell"}, Rows: make([][]string, min(t.Len(), mostCells))}
	for i := range v.Cells.Rows {
		v.Cells.Rows[i] = []string{strconv.Itoa(i)}
	}
	columns := 0
	for _, c := range t.Columns {
		cells, empty := make([]string, len(v.Cells.Rows)), true
		for i := range cells {
			if c.Words != nil {
				cells[i] = line(c.Words[i])
			} else if x := c.Numbers[i]; x == x {
				cells[i] = cellOf(c.Name, x)
			}
			empty = empty && (cells[i] == "" || c.Name == "name" && cells[i] == v.Cells.Rows[i][0])
		}
		if empty { // or names that are the numbers of the cells
			continue
		}
		if columns++; columns > mostFigures {
			continue
		}
		v.Cells.Names = append(v.Cells.Names, line(strings.ReplaceAll(c.Name, "_", " "))) // so that they can be broken
		for i, cell := range cells {
			v.Cells.Rows[i] = append(v.Cells.Rows[i], cell)
		}
	}
	if len(v.Cells.Rows) < t.Len() || columns > mostFigures {
		v.LeftOut = fmt.Sprintf("The table shows %d of %d cells and %d of %d columns; cells.csv has all.",
			len(v.Cells.Rows), t.Len(), min(columns, mostFigures), columns)
	}
}

// cellOf writes a number of the table of cells. An orientation that rounds to 180° is 0°.
func cellOf(column string, x float64) string {
	text := fmt.Sprintf("%.4g", x)
	if text == "180" && x < 180 && strings.Contains(column, "orientation") {
		return "0"
	}
	return text
}

// tuningAlt says what a picture of gpuconv tuning shows.
func tuningAlt(name string) string {
	switch by, curves := strings.CutPrefix(name, "curves_"); {
	case curves:
		return fmt.Sprintf("Tuning curves of cells over %s. curves.csv has the numbers.", line(by))
	case name == "rdm":
		return "A matrix of how much the responses of all cells differ between any two values. rdm.csv has the numbers."
	case name == "plane":
		return "A map of responses over two parameters, for each cell. plane.csv has the numbers."
	case name == "fields":
		return "Receptive fields of cells, by reverse correlation. fields.csv has the numbers."
	case name == "directions":
		return "Responses of cells around the circle of directions. curves.csv has the numbers."
	}
	return "Picture " + line(name) + " of gpuconv tuning"
}
