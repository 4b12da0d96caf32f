package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/tuning"
)

// tuned is what gpuconv tuning found out.
type tuned struct {
	flags    *tuningFlags
	shape    []int // of the activations
	readout  tuning.Readout
	table    *param.Table
	analysis *tuning.Analysis
	names    []string // of the cells
	filters  []string // what the first of them have; nil if nobody knows
	files    []string // written
}

// tuningReport is tuning.json. A parameter has the name of its flag.
type tuningReport struct {
	Schema  int           `json:"schema"`  // 1; another number once a field changes its meaning
	Command []string      `json:"command"` // the program and its arguments, as typed
	Program programReport `json:"program"`

	ActivationsShape []int                 `json:"activations_shape"`
	At               string                `json:"at"`
	Linear           bool                  `json:"linear"`
	Normalise        *tuning.Normalisation `json:"normalise"` // null is none
	Phases           string                `json:"phases"`
	Over             string                `json:"over"`
	RDM              string                `json:"rdm"`

	Cells  []cellReport `json:"cells"`
	Curves []axisReport `json:"curves"`
	Notes  []string     `json:"notes"` // which figures are missing, and why
}

// cellReport is a cell with the figures of cells.csv that are known.
type cellReport struct {
	Cell    int         `json:"cell"`
	Name    string      `json:"name"`             // its channel, or the channels that it adds up
	Filter  string      `json:"filter,omitempty"` // kind and orientation, of a run's filters.csv
	Figures tuning.Cell `json:"figures"`
}

// axisReport holds the curves over an axis.
type axisReport struct {
	By     string        `json:"by"`
	Column string        `json:"column"` // of the table
	Cells  []curveReport `json:"cells"`
}

type curveReport struct {
	Values    []number `json:"values"`
	Responses []number `json:"responses"`
}

func (t *tuned) report() tuningReport {
	f := t.flags
	r := tuningReport{
		Schema: 1, Command: os.Args, Program: describeProgram(), ActivationsShape: t.shape,
		At: f.at, Linear: f.linear, Phases: f.phases, Over: f.over, RDM: f.rdm, Notes: append([]string{}, t.analysis.Notes...),
	}
	if t.readout.Normalisation != (tuning.Normalisation{}) {
		r.Normalise = &t.readout.Normalisation
	}
	for i, cell := range t.analysis.Cells {
		r.Cells = append(r.Cells, cellReport{i, t.names[i], t.filter(i), cell})
	}
	for _, curves := range t.analysis.Curves {
		axis := axisReport{By: curves.Axis.String(), Column: curves.Column}
		for _, c := range curves.Curves {
			axis.Cells = append(axis.Cells, curveReport{numbers(c.X), numbers(c.Y)})
		}
		r.Curves = append(r.Curves, axis)
	}
	return r
}

// filter says what filter a cell has, "" if it is not known or there are several.
func (t *tuned) filter(cell int) string {
	if cell < len(t.filters) {
		return t.filters[cell]
	}
	return ""
}

func numbers(values []float64) []number {
	out := make([]number, len(values))
	for i, v := range values {
		out[i] = number(v)
	}
	return out
}

// write writes all files and moves them into place.
func (t *tuned) write(ctx context.Context, out outputFolder) error {
	if err := t.save(out, "cells.csv", func(w io.Writer) error { return t.analysis.WriteCells(w, t.names) }); err != nil {
		return err
	}
	if err := t.save(out, "curves.csv", t.analysis.WriteCurves); err != nil {
		return err
	}
	if err := t.compare(out); err != nil { // may leave a note for tuning.json
		return err
	}
	text, err := json.MarshalIndent(t.report(), "", "  ")
	if err != nil {
		return fmt.Errorf("tuning.json: %w", err)
	}
	if err := t.save(out, "tuning.json", func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
		return err
	}
	for _, curves := range t.analysis.Curves {
		if err := ctx.Err(); err != nil { // interrupted meanwhile: nothing shall be left
			return err
		}
		if err := t.draw(out, curves); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return out.commit()
}

// save writes a file of text.
func (t *tuned) save(out outputFolder, name string, write func(io.Writer) error) error {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	if err := out.write(name, func(w io.Writer) error { _, err := text.WriteTo(w); return err }); err != nil {
		return err
	}
	t.files = append(t.files, name)
	return nil
}

// mostCompared is how many values of a parameter are compared at most: a table of
// 1,000 by 1,000 has about 19 MB, one of 4,000 by 4,000 had 306 MB.
const mostCompared = 1000

// compare writes the dissimilarity matrix over the first axis, if there is one to
// be had; else it leaves a note.
func (t *tuned) compare(out outputFolder) error {
	curves := t.analysis.Curves[0]
	if t.flags.rdm == "none" {
		return nil
	}
	metric, err := parseName("rdm", t.flags.rdm, tuning.Euclid+1)
	if err != nil {
		return err
	}
	patterns, values, err := curves.Patterns()
	if err != nil {
		return t.note(err)
	}
	if len(values) > mostCompared {
		return t.note(fmt.Errorf("dissimilarities of %d values of %s are left out: want at most %d", len(values), curves.Column, mostCompared))
	}
	matrix, err := tuning.Dissimilarity(patterns, metric)
	if err != nil {
		return t.note(err)
	}
	err = t.save(out, "rdm.csv", func(w io.Writer) error { return tuning.WriteMatrix(w, curves.Column, values, matrix) })
	if err != nil {
		return err
	}
	return t.drawMatrix(out, curves, metric, values, matrix)
}

func (t *tuned) note(err error) error {
	t.analysis.Notes = append(t.analysis.Notes, err.Error())
	return nil
}

// leastFit is the share of the variance that a fit must explain for its half-width
// to be printed, and for the curve to be drawn: that of a flat curve is one of rounding
// errors, and that of a cell with two peaks goes through one. cells.csv has both.
const leastFit = 0.5

// mostVariance is a circular variance that is printed as 1.000; the preferred
// orientation of such a cell is one of rounding errors.
const mostVariance = 0.9995

// mostPrinted is how many cells are listed on stdout.
const mostPrinted = 24

// print says what was found.
func (t *tuned) print(w io.Writer) {
	fmt.Fprintf(w, "read      %s %v, %d cells, response %s\n", fault.Printable(t.flags.activations()), t.shape, len(t.names), t.response())
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	columns := t.columns()
	fmt.Fprintln(table, "cell\t"+strings.Join(headers(columns), "\t"))
	for i, cell := range t.analysis.Cells[:min(mostPrinted, len(t.analysis.Cells))] {
		line := []string{t.names[i]}
		figures := map[string]float64{}
		for _, f := range cell.Figures() {
			figures[f.Name] = f.Value
		}
		if figures["fit_r2"] < leastFit {
			figures["half_width_deg"] = math.NaN()
		}
		if figures["circular_variance"] > mostVariance {
			figures["orientation_preferred_deg"] = math.NaN()
		}
		for _, c := range columns {
			line = append(line, c.text(figures[c.name]))
		}
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	table.Flush()
	if more := len(t.names) - mostPrinted; more > 0 {
		fmt.Fprintf(w, "… and %d more in cells.csv\n", more)
	}
	for _, note := range t.analysis.Notes {
		fmt.Fprintf(w, "note      %s\n", strings.TrimPrefix(note, "tuning: "))
	}
	fmt.Fprintf(w, "wrote     %s: %s\n", fault.Printable(filepath.Clean(t.flags.output)), strings.Join(t.files, ", "))
}

// response says what the responses are.
func (t *tuned) response() string {
	text := map[tuning.Pool]string{
		tuning.Centre: "at the centre", tuning.At: "at " + t.flags.at,
		tuning.MapMean: "the mean of the map", tuning.MapLargest: "the largest of the map",
	}[t.readout.Pool]
	if t.readout.Linear {
		return text + ", linear"
	}
	if t.readout.Normalisation != (tuning.Normalisation{}) {
		return text + ", rectified and normalised"
	}
	return text + ", rectified"
}

// printedColumn is a figure on stdout.
type printedColumn struct {
	name, header, format string
}

func (c printedColumn) text(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	if c.format == "%.0f°" && v > 179.5 && v < 180 {
		v = 0 // 179.9° rounds to 0°
	}
	return fmt.Sprintf(c.format, v)
}

func headers(columns []printedColumn) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.header)
	}
	return all
}

// columns returns the figures that the axes give.
func (t *tuned) columns() []printedColumn {
	var all []printedColumn
	for _, curves := range t.analysis.Curves {
		switch curves.Axis {
		case tuning.ByOrientation:
			all = append(all, printedColumn{"orientation_preferred_deg", "orientation", "%.0f°"},
				printedColumn{"circular_variance", "circ. variance", "%.3f"}, printedColumn{"orientation_selectivity", "OSI", "%.3f"},
				printedColumn{"half_width_deg", "half-width", "%.1f°"})
			if slices.ContainsFunc(t.analysis.Cells, func(c tuning.Cell) bool { return c.Direction != nil }) {
				all = append(all, printedColumn{"direction_selectivity", "DSI", "%.3f"})
			}
		case tuning.ByFrequency:
			all = append(all, printedColumn{"sf_peak", "sf", "%.3g"}, printedColumn{"sf_octaves", "octaves", "%.2f"})
		case tuning.ByPhase:
			all = append(all, printedColumn{"f1_over_f0", "F1/F0", "%.3f"})
		}
	}
	return all
}
