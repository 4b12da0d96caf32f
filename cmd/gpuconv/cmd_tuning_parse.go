package main

import (
	"errors"
	"slices"
	"strings"

	"gpuconv/param"
	"gpuconv/tuning"
)

// parse reads the flags that say what is to be done.
func (f *tuningFlags) parse() (r tuning.Readout, s tuning.Settings, m tuning.Metric, err error) {
	if err := f.saving.output("output", f.output).checkFolder(); err != nil {
		return r, s, m, err
	}
	if f.input == "" {
		return r, s, m, refused("input", "", errors.New("want a folder of gpuconv run, or a file of activations"))
	}
	if r, err = f.readout(); err != nil {
		return r, s, m, err
	}
	if s.Phases, err = parseChoice("phases", f.phases, tuning.Largest, tuning.Mean, tuning.Modulation); err != nil {
		return r, s, m, err
	}
	if s.Over, err = parseChoice("over", f.over, tuning.Best, tuning.Largest, tuning.Mean); err != nil {
		return r, s, m, err
	}
	if s.Negative, err = parseChoice("negative", f.negative, tuning.Refuse, tuning.Rectify,
		tuning.SubtractMin); err != nil {
		return r, s, m, err
	}
	if s.Negative != tuning.Refuse && !f.linear {
		return r, s, m, refused("negative", f.negative,
			errors.New("want --linear with it, without that responses below 0 are 0"))
	}
	if f.by != "" {
		for name := range strings.SplitSeq(f.by, ",") {
			axis := tuning.Axis(strings.TrimSpace(name))
			if axis == "" {
				return r, s, m, misread("by", f.by, errors.New("want columns of the table with commas between them"))
			}
			if !slices.Contains(s.By, axis) {
				s.By = append(s.By, axis)
			}
		}
	}
	if f.rdm != "none" {
		if m, err = parseChoice("rdm", f.rdm, tuning.Correlation, tuning.Euclid); err != nil {
			return r, s, m, misread("rdm", f.rdm, errors.New("want correlation, euclid or none"))
		}
	}
	s.Fit, s.Plane = f.fit, len(s.By) == 2
	return r, s, m, nil
}

// readout reads the flags that say which number is a response.
func (f *tuningFlags) readout() (r tuning.Readout, err error) {
	r.Linear = f.linear
	switch f.at {
	case "centre":
	case "mean":
		r.Pool = tuning.MapMean
	case "max":
		r.Pool = tuning.MapLargest
	default:
		at, err := parseInts(f.at)
		if err != nil || len(at) != 2 {
			return r, misread("at", f.at, errors.New("want centre, row,column, mean or max"))
		}
		r.Pool, r.Row, r.Column = tuning.At, at[0], at[1]
	}
	if r.Sums, err = parseSums(f.sum); err != nil {
		return r, err
	}
	if f.normalise == "" {
		return r, nil
	}
	values, err := param.ParseValues(f.normalise)
	if err != nil || values.Len() != 3 || strings.Contains(f.normalise, ":") ||
		!(values.At(0) > 0 && values.At(1) > 0 && values.At(2) > 0) {
		return r, misread("normalise", f.normalise,
			errors.New("want gain,exponent,semisaturation, three numbers above 0 such as 1,2,0.5"))
	}
	if f.linear {
		return r, usage(errors.New(
			"--normalise with --linear: want one of them, a negative drive cannot be raised to a power"))
	}
	r.Normalisation = tuning.Normalisation{Gain: values.At(0), Exponent: values.At(1), Semisaturation: values.At(2)}
	return r, nil
}

// parseSums reads sums of channels, such as 2+4,3+5.
func parseSums(text string) (sums [][]int, err error) {
	if text == "" {
		return nil, nil
	}
	for cell := range strings.SplitSeq(text, ",") {
		channels, err := parseInts(strings.ReplaceAll(cell, "+", ","))
		if err != nil {
			return nil,
				misread("sum", text, errors.New("want channels with + between them, and commas between cells, as "+
					"2+4,3+5"))
		}
		sums = append(sums, channels)
	}
	return sums, nil
}
