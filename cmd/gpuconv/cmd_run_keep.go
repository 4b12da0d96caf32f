package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/experiment"
	"gpuconv/param"
	"gpuconv/tuning"

	"github.com/spf13/pflag"
)

// run --keep writes a few numbers of each map of activations in place of the map.

// registerKeep adds --keep.
func (f *runFlags) registerKeep(flags *pflag.FlagSet) {
	flags.StringVar(&f.keep, "keep", "",
		"instead of each map of activations keep only the listed numbers: mean, max, energy (the mean of the\n"+
			"squares), pool:4x6 (means of a grid of 4 rows and 6 columns) and position:24,32 (the output at row 24, column\n"+
			"32). activations.npy is then [N, channels, numbers, 1], or [N, channels, 4, 6] if only a grid is listed")
}

// summary reads --keep.
func (f *runFlags) summary() (experiment.Summary, error) {
	s, err := experiment.ParseSummary(f.keep)
	switch {
	case err != nil:
		return nil, misread("keep", f.keep, err)
	case repeated(s) != "":
		return nil, misread("keep", f.keep, fmt.Errorf("%s is there twice: want each number once", repeated(s)))
	case s != nil && f.html:
		return nil, refused("html", "", errors.New("want it without --keep: the page shows whole maps"))
	}
	return s, nil
}

// repeated returns a statistic that a summary has twice, or "".
func repeated(s experiment.Summary) string {
	for i, one := range s {
		if slices.Contains(s[:i], one) {
			return one.String()
		}
	}
	return ""
}

// wantNumber refuses activations that are several numbers of each map, unless --at names one of them.
func (f *tuningFlags) wantNumber(ctx context.Context, readout tuning.Readout) error {
	if readout.Pool == tuning.At {
		return nil
	}
	kept, err := f.kept(ctx)
	if err != nil || kept == "" {
		return err
	}
	return refused("at", f.at, fmt.Errorf("the run kept %s: want the row of one of them in values.csv, such as 0,0",
		kept))
}

// kept says which numbers of a map a run kept, if it kept several kinds and --input is its folder or its array. The
// array may have been copied with values.csv alone.
func (f *tuningFlags) kept(ctx context.Context) (string, error) {
	path := f.activations()
	if file, _, ok := strings.Cut(path, ".npz:"); ok {
		path = file + ".npz"
	}
	folder := filepath.Dir(path)
	r, err := experiment.ReadReport(ctx, folder)
	switch {
	case err == nil && r.ActivationsFile != filepath.Base(path):
		return "", nil
	case err == nil && len(r.Summary) < 2:
		return "", nil
	case err == nil:
		return r.Summary.String(), nil
	case f.folder() || !strings.HasPrefix(filepath.Base(path), "activations."):
		return "", nil // what is wrong with the folder is found where it is read
	}
	return f.keptKinds(ctx, filepath.Join(folder, experiment.ValuesName))
}

// keptKinds returns the kinds of numbers that values.csv lists, with commas, or nothing if that has one number or a
// grid, or is missing.
func (f *tuningFlags) keptKinds(ctx context.Context, path string) (string, error) {
	if !regular(path) {
		return "", nil
	}
	file, err := openTable(ctx, path)
	if err != nil {
		return "", failed("input", path, err)
	}
	defer file.Close()
	t, err := param.ReadCSV(file, "value")
	if err != nil {
		return "", nil // another table
	}
	kinds := t.Column("kind").Words
	alike := slices.Compact(slices.Clone(kinds))
	if len(kinds) < 2 || t.Column("first_row").Numbers == nil ||
		slices.Equal(alike, []string{experiment.Grid.String()}) {
		return "", nil // another table, or one number or a grid
	}
	return strings.Join(alike, ","), nil
}
