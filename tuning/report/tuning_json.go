package report

import (
	"fmt"

	"gpuconv/tuning"
)

// tuningJSON is tuning.json. A setting has the name of its flag.
type tuningJSON struct {
	Schema  int      `json:"schema"`  // 1; changes when a field changes its meaning
	Command []string `json:"command"` // the program and its arguments, as typed
	Program any      `json:"program"`

	ActivationsShape []int `json:"activations_shape"`
	// the checksum of the file of activations, as run.json has it
	ActivationsSum string                `json:"activations_crc32c,omitempty"`
	At             string                `json:"at"` // which value of a map is the response
	Linear         bool                  `json:"linear"`
	Normalise      *tuning.Normalisation `json:"normalise"`          // null: none
	Negative       string                `json:"negative,omitempty"` // how linear responses below 0 are described
	Phases         string                `json:"phases"`             // how curves over other axes reduce the phases
	Over           string                `json:"over"`               // how curves reduce all other parameters
	RDM            string                `json:"rdm"`                // the metric of rdm.csv, or none

	Decoding *decodingJSON `json:"decoding,omitempty"`

	Cells  []cellJSON `json:"cells"`
	Curves []axisJSON `json:"curves"`
	Notes  []string   `json:"notes"` // which figures are missing, and why
}

// cellJSON is a cell with the figures of cells.csv that are known.
type cellJSON struct {
	Cell    int         `json:"cell"`
	Name    string      `json:"name"`             // its channel, or the channels that it adds up
	Filter  string      `json:"filter,omitempty"` // kind and orientation, of a run's filters.csv
	Figures tuning.Cell `json:"figures"`
	Reasons []string    `json:"reasons,omitempty"` // why other figures are missing
}

// axisJSON holds the curves over an axis.
type axisJSON struct {
	By     string  `json:"by"`
	Column string  `json:"column"` // of the table
	Cells  []curve `json:"cells"`
}

func (t Tuning) json(notes []error) tuningJSON {
	r := tuningJSON{
		Schema: 1, Command: t.Command, Program: t.Program, ActivationsShape: t.Shape, ActivationsSum: t.Sum, At: t.at(),
		Linear: t.Readout.Linear,
		Phases: t.Settings.Phases.String(), Over: t.Settings.Over.String(), RDM: "none", Notes: texts(notes),
		Decoding: t.Decoded.json(),
	}
	if t.Readout.Linear {
		r.Negative = t.Settings.Negative.String()
	}
	if !t.NoMatrix {
		r.RDM = t.Metric.String()
	}
	if t.Readout.Normalisation != (tuning.Normalisation{}) {
		r.Normalise = &t.Readout.Normalisation
	}
	names := t.names()
	for i, cell := range t.Analysis.Cells {
		r.Cells = append(r.Cells, cellJSON{i, names[i], t.filter(i), cell, cell.Reasons})
	}
	for _, curves := range t.Analysis.Curves {
		axis := axisJSON{By: curves.Axis.String(), Column: curves.Column}
		for _, c := range curves.Curves {
			axis.Cells = append(axis.Cells, curveOf(c))
		}
		r.Curves = append(r.Curves, axis)
	}
	return r
}

// at says which value of a map is the response: centre, row,column, mean or max.
func (t Tuning) at() string {
	if t.Readout.Pool == tuning.At {
		return fmt.Sprintf("%d,%d", t.Readout.Row, t.Readout.Column)
	}
	return t.Readout.Pool.String()
}
