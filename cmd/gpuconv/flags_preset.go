package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"gpuconv/batch"
	"gpuconv/experiment"
	"gpuconv/filters"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/spf13/pflag"
)

// presetFlag is --preset: a named set of stimuli and filters.
type presetFlag struct{ name string }

func (f *presetFlag) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPreset)()
	flags.StringVar(&f.name, "preset", "nma",
		"nma (Neuromatch W1D5 tutorial 2) or nma-t3 (tutorial 3: pixels 0 and 1, filters keep their mean)")
}

// tutorial3 reports whether the preset is that of tutorial 3. It refuses other names.
func (f *presetFlag) tutorial3() (bool, error) {
	switch f.name {
	case "nma":
		return false, nil
	case "nma-t3":
		return true, nil
	}
	return false, misread("preset", f.name, errors.New("want nma or nma-t3"))
}

// stimulusFlags describe the gratings of a preset.
type stimulusFlags struct {
	orientations string
	sf, res      float64
	patch        bool
}

func (f *stimulusFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPreset)()
	flags.StringVar(&f.orientations, "orientations", "-90,-45,0,45,90",
		"degrees from vertical: a list, or start:stop:step for start + i·step below stop")
	numberVar(flags, &f.res, "res", 0.1, "resolution: 1 makes images of 640×480 pixels, 0.1 of 64×48")
	flags.BoolVar(&f.patch, "patch", false,
		"show the preset's gratings in a round patch on the right, not in the whole image")
}

// registerSF adds --sf. Its default is the tutorial's.
func (f *stimulusFlags) registerSF(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPreset)()
	numberVar(flags, &f.sf, "sf", 1.0/28,
		"spatial frequency as the tutorial counts it: radians per pixel of the full 640×480 image")
}

// parseSF sets the spatial frequency from text, as the flag of registerSF does. It is for a verb whose --sf may also be
// a list.
func (f *stimulusFlags) parseSF(text string, given bool) error {
	flags := pflag.NewFlagSet("preset", pflag.ContinueOnError)
	f.registerSF(flags)
	if !given {
		return nil
	}
	return misparsed(nil, flags.Set("sf", text))
}

// sweep returns the gratings, one per orientation.
func (f *stimulusFlags) sweep(tutorial3 bool) (*stimuli.Sweep, error) {
	for _, flag := range []struct {
		name  string
		value float64
	}{{"sf", f.sf}, {"res", f.res}} {
		if !(flag.value > 0) || math.IsInf(flag.value, 0) {
			return nil, refused(flag.name, fmt.Sprint(flag.value), errors.New("want a number above 0"))
		}
	}
	orientations, err := param.ParseValues(f.orientations)
	if err != nil {
		return nil, refused("orientations", "", err)
	}
	nma := stimuli.NMA{SpatialFrequency: f.sf, Resolution: f.res, Patch: f.patch, Tutorial3: tutorial3}
	sweep, err := stimuli.NewSweep(nma, orientations)
	if err != nil { // the image is too large: all else is checked above
		return nil, refused("res", fmt.Sprint(f.res), err)
	}
	return sweep, nil
}

// filterFlags describe the filter bank of a preset.
type filterFlags struct{ channels, size int }

func (f *filterFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPreset)()
	wholeVar(flags, &f.channels, "channels", 6,
		"number of filters, at least 2: a centre-surround pair, the others Gabors")
	wholeVar(flags, &f.size, "size", 7,
		"rows and columns of each filter, at least 2; a kind of filters has a default of its own")
}

// bank returns the filters, [channels, 1, size, size].
func (f *filterFlags) bank(ctx context.Context, tutorial3 bool) (*experiment.Bank, error) {
	switch {
	case f.channels < 2:
		err := errors.New("want at least 2, the centre-surround pair")
		return nil, refused("channels", strconv.Itoa(f.channels), err)
	case f.size < 2:
		err := errors.New("want at least 2, a smaller filter would be all zeros")
		return nil, refused("size", strconv.Itoa(f.size), err)
	}
	asked := fmt.Sprintf("--channels %d --size %d", f.channels, f.size)
	if err := checkMemory(asked+": the filters", f.bytes()); err != nil {
		return nil, err
	}
	nma := filters.NMA{Channels: f.channels, Size: f.size, Tutorial3: tutorial3}
	var made *experiment.Bank
	err := batch.Await(ctx, func() (err error) { made, err = experiment.TutorialBank(nma); return err })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", asked, plain(err)))
	}
	return made, nil
}

// bytes returns the memory in bytes that making the bank takes: all filters in float32, each with its name and a row of
// the table, and one in float64.
func (f *filterFlags) bytes() float64 {
	return (4*float64(f.channels)+8)*float64(f.size)*float64(f.size) + rowBytes*float64(f.channels)
}
