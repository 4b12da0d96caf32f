package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/tuning"
	"gpuconv/tuning/report"
)

// openStimuli opens --stimuli. It refuses a file with more or fewer images than there are responses to. It returns nil
// without --stimuli.
func (f *tuningFlags) openStimuli(ctx context.Context, images int) (*npy.Reader, error) {
	if f.stimuli == "" {
		return nil, nil
	}
	reader, err := npy.Open(ctx, f.stimuli)
	if err != nil {
		return nil, failed("stimuli", "", err)
	}
	if shape := reader.Shape(); len(shape) == 0 || shape[0] != images {
		reader.Close()
		return nil, failed("stimuli", f.stimuli, fmt.Errorf("stimuli %v: want %s, one for each response", shape,
			counted(images, "image")))
	}
	return reader, nil
}

// fields reads images and fits the receptive fields of all cells. Without images it returns nil.
func (f *tuningFlags) fields(ctx context.Context, images *npy.Reader, r *tuning.Responses,
	a *tuning.Analysis) (*tuning.Fields, error) {
	if images == nil {
		return nil, nil
	}
	shape := images.Shape()
	bytes := images.Memory()
	if n := len(shape); n > 1 {
		bytes += 8 * float64(r.Cells+2) * float64(shape[n-1]) * float64(shape[n-2])
	}
	if err := reserve(fmt.Sprintf("receptive fields of %d cells", r.Cells), bytes); err != nil {
		return nil, err
	}
	fields, err := tuning.ReverseCorrelation(ctx, r, images)
	if err != nil {
		return nil, failed("stimuli", f.stimuli, plain(err))
	}
	for cell := range a.Cells {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g, ok, err := fields.Fit(cell)
		if err != nil {
			return nil, failed("stimuli", f.stimuli, plain(err))
		}
		if ok {
			a.Cells[cell].Field = &g
		}
	}
	return fields, f.inputs.noteLoss("stimuli", f.stimuli, images)
}

// classes reads --decode: which images are on which side. It returns nil without --decode.
func (f *tuningFlags) classes(table *param.Table) (*report.Decoded, error) {
	if f.decode == "" {
		return nil, nil
	}
	at := slices.IndexFunc(table.Columns, func(c param.Column) bool {
		return c.Numbers != nil && (c.Name == f.decode || strings.HasPrefix(c.Name, f.decode+"_"))
	})
	if at < 0 {
		return nil, refused("decode", f.decode, fmt.Errorf("want a column of numbers: some of %s",
			strings.Join(table.Names(), ", ")))
	}
	column := table.Columns[at]
	d := &report.Decoded{Column: column.Name, Values: column.Numbers, Sides: [2]string{"low", "high"}}
	orientation := strings.HasPrefix(column.Name, tuning.ByOrientation.String())
	if orientation {
		d.Sides = [2]string{"left", "right"}
	}
	d.Labels = tuning.Sides(column.Numbers, orientation)
	if err := tuning.CheckLabels(d.Labels); err != nil {
		return nil, refused("decode", f.decode, plain(err))
	}
	return d, nil
}
