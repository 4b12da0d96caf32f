package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/tuning"
	"gpuconv/whole"
)

// readTable reads the table of what each image showed. by lists the axes of the curves. If it is empty, these are all
// axes that vary. shape is that of the activations.
func (f *tuningFlags) readTable(ctx context.Context, by []tuning.Axis, shape []int) (*param.Table, error) {
	if f.orientations != "" {
		return f.orientationTable(shape)
	}
	path := f.table
	if path == "" {
		path = filepath.Join(f.input, "stimuli.csv")
	}
	file, err := openTable(ctx, path)
	if err != nil {
		return nil, failed("table", path, err)
	}
	defer file.Close()
	complete := func(t *param.Table) []string { return tuning.Complete(t, by) }
	measured := func(columns []string) []string { return tuning.Measured(columns, by...) }
	table, err := param.Reader{Subject: "image", Numbers: measured, Complete: complete}.Read(file)
	return table, failed("table", path, err)
}

// missing says why no file can be found at path. It returns nil if there is one.
func missing(path string) error {
	if _, err := os.Stat(path); err != nil {
		return whole.Cause(err)
	}
	return nil
}

// orientationTable makes a table of --orientations. shape is that of the activations. A range may hold more values than
// fit into memory, so orientationTable counts them first.
func (f *tuningFlags) orientationTable(shape []int) (*param.Table, error) {
	values, err := param.ParseValues(f.orientations)
	if err != nil {
		return nil, refused("orientations", "", err)
	}
	if err := f.suit(shape, values.Len()); err != nil {
		return nil, err
	}
	all := make([]float64, values.Len())
	for i := range all {
		all[i] = values.At(i)
	}
	return &param.Table{Columns: []param.Column{{Name: "orientation_deg", Numbers: all}}}, nil
}

// suit refuses a table of more or fewer images than the activations have.
func (f *tuningFlags) suit(shape []int, images int) error {
	if images == shape[0] {
		return nil
	}
	lines := "the table has lines"
	if f.orientations != "" {
		lines = "--orientations has"
	}
	return failed("input", f.input, fmt.Errorf("activations %v: want %s, as many as %s", shape,
		counted(images, "image"), lines))
}

// complete chooses the axes if none are given. It checks that the table has as many images as the array, and that it
// has a column for each axis.
func (f *tuningFlags) complete(s *tuning.Settings, table *param.Table, shape []int) error {
	if err := f.suit(shape, table.Len()); err != nil {
		return err
	}
	named := map[string]tuning.Axis{}
	for _, axis := range s.By {
		column := axis.Column(table)
		if other, twice := named[column]; twice && column != "" {
			return refused("by", f.by, fmt.Errorf("%v and %v are both the column %s: want each once", other, axis,
				fault.Printable(column)))
		}
		named[column] = axis
		if !axis.In(table) {
			return refused("by", axis.String(),
				fmt.Errorf("the table has no column %s…: want some of %s, or another table", axis,
					strings.Join(table.Names(), ", ")))
		}
	}
	if len(s.By) > 0 {
		return nil
	}
	s.By = tuning.Varying(table)
	if f.stimuli != "" || f.decode != "" { // the question is another one: make only the usual curves
		s.By = slices.DeleteFunc(s.By, func(axis tuning.Axis) bool {
			return axis != tuning.ByOrientation && axis != tuning.ByFrequency && axis != tuning.ByPhase
		})
		return nil
	}
	if len(s.By) == 0 && f.orientations != "" {
		return refused("orientations", f.orientations,
			errors.New("want at least 2 that differ: there is nothing to be tuned to"))
	} else if len(s.By) == 0 {
		rule := "want a column of numbers that differs between images: there is nothing to be tuned to"
		if slices.Contains(table.Names(), "file") {
			rule += "; of pictures only --table says what they show, and gpuconv run --stimulus \"grating " +
				"orientation=0:180:15 phase=0:360:45 centred\" shows the same filters gratings"
		}
		return failed("table", "", errors.New(rule))
	}
	return nil
}
