package main

import (
	"context"
	"errors"
	"fmt"

	"gpuconv/experiment"
	"gpuconv/tuning"

	"github.com/spf13/pflag"
)

// run --keep writes a few numbers of each map of activations in place of the map.

// registerKeep adds --keep.
func (f *runFlags) registerKeep(flags *pflag.FlagSet) {
	flags.StringVar(&f.keep, "keep", "",
		"in place of each map of activations keep only numbers of it, a list of: mean, max, energy (the mean of the\n"+
			"squares), pool:4x6 (means of a grid of 4 rows and 6 columns) and position:24,32 (the output at row 24, column\n"+
			"32). activations.npy is then [N, channels, numbers, 1], or [N, channels, 4, 6] if a grid is all")
}

// summary reads --keep.
func (f *runFlags) summary() (experiment.Summary, error) {
	s, err := experiment.ParseSummary(f.keep)
	switch {
	case err != nil:
		return nil, misread("keep", f.keep, err)
	case s != nil && f.html:
		return nil, refused("html", "", errors.New("want it without --keep: the page shows whole maps"))
	}
	return s, nil
}

// wantNumber refuses a run that kept several numbers of each map, unless --at names one of them.
func (f *tuningFlags) wantNumber(ctx context.Context, readout tuning.Readout) error {
	if !f.folder() || readout.Pool == tuning.At {
		return nil
	}
	r, err := experiment.ReadReport(ctx, f.input)
	if err != nil || len(r.Summary) < 2 {
		return nil // what is wrong with the folder is found where it is read
	}
	return refused("at", f.at, fmt.Errorf("the run kept %v: want the row of one of them in values.csv, such as 0,0",
		r.Summary))
}
