package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/spf13/pflag"
)

// imageFlags say how files become images.
type imageFlags struct {
	colour, resize, crop, normalise string
	linear                          bool
	background                      string
}

// imageFlagNames are the flags that mean something only with image files.
var imageFlagNames = []string{"background", "colour", "resize", "crop", "normalise", "linear-light"}

func (f *imageFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupInput)()
	flags.StringVar(&f.colour, "colour", "",
		"colours of pictures: grey (0.299 R + 0.587 G + 0.114 B), rgb, or opponent ((R+G+B)/√3, (R−G)/√2,\n"+
			"(R+G−2B)/√6); without it grey, or rgb if the filters have three channels")
	flags.StringVar(&f.resize, "resize", "",
		"256: the shorter side of images, or 240,320: H,W; linear, and averaged where images become smaller")
	flags.StringVar(&f.crop, "crop", "", "224 or 224,320: H,W of the middle of images that is kept, after --resize")
	flags.StringVar(&f.normalise, "normalise", "",
		"after all else: mean,std of all channels (x−mean)/std, imagenet (of rgb), or contrast: each image to mean 0 and\n"+
			"standard deviation 1")
	flags.BoolVar(&f.linear, "linear-light", false,
		"undo sRGB's transfer function first; grey is then 0.2126 R + 0.7152 G + 0.0722 B")
	flags.StringVar(&f.background, "background", "",
		"grey behind transparent pixels of pictures: a number 0 … 1, black or "+
			"white (default black, and a line\nsays so)")
}

// refuse refuses these flags if one was typed; want says what they need.
func (f *imageFlags) refuse(flags *pflag.FlagSet, want string) error {
	at := slices.IndexFunc(imageFlagNames, flags.Changed)
	if at < 0 {
		return nil
	}
	name := imageFlagNames[at]
	return refused(name, flags.Lookup(name).Value.String(), errors.New(want))
}

// ofArray refuses the flag that means something only for pictures.
func (f *imageFlags) ofArray(path string) error {
	if f.background == "" {
		return nil
	}
	return refused("background", f.background, fmt.Errorf("%s is not a picture", fault.Printable(path)))
}

// grey reads --background.
func (f *imageFlags) grey() (float64, error) {
	switch f.background {
	case "", "black":
		return 0, nil
	case "white":
		return 1, nil
	}
	grey, err := param.ParseNumber(f.background)
	if err != nil || !(grey >= 0 && grey <= 1) {
		return 0, misread("background", f.background,
			errors.New("want a grey from 0 (black) to 1 (white), black or white"))
	}
	return grey, nil
}

// options reads the flags. channels is how many channels the filters have.
func (f *imageFlags) options(channels int) (o stimuli.Options, err error) {
	if o.Background, err = f.grey(); err != nil {
		return o, err
	}
	o.Recolour, o.Linear = f.colour != "", f.linear
	switch {
	case f.colour != "":
		if o.Colour, err = stimuli.ParseColour(f.colour); err != nil {
			return o, misread("colour", f.colour, errors.New("want grey, rgb or opponent"))
		}
	case channels == 3:
		o.Colour = stimuli.RGB
	}
	if f.resize != "" {
		n, err := parseInts(f.resize)
		if err != nil || len(n) > 2 || slices.Min(n) < 1 || slices.Max(n) > mostSide {
			return o, misread("resize", f.resize, fmt.Errorf("want the shorter side, or H,W, from 1 to %d", mostSide))
		}
		copy(o.Resize[:], n)
	}
	if f.crop != "" {
		if o.Crop, err = parsePair("crop", f.crop, 1); err != nil {
			return o, err
		}
	}
	o.Normalise, err = f.normalisation(o.Colour)
	return o, err
}

// mostSide is the largest side of a resized image, in pixels.
const mostSide = 1 << 15

// normalisation reads --normalise.
func (f *imageFlags) normalisation(colour stimuli.Colour) (n stimuli.Normalisation, err error) {
	switch f.normalise {
	case "":
		return n, nil
	case "contrast":
		return stimuli.Normalisation{Contrast: true}, nil
	case "imagenet":
		if colour != stimuli.RGB {
			return n, refused("normalise", f.normalise, errors.New("want --colour rgb with it"))
		}
		return stimuli.ImageNet(), nil
	}
	mean, sd, two := strings.Cut(f.normalise, ",")
	m, err := param.ParseNumber(mean)
	if err == nil {
		var s float64
		s, err = param.ParseNumber(sd)
		n = stimuli.Normalisation{Mean: []float64{m}, SD: []float64{s}}
	}
	if err != nil || !two || !(n.SD[0] > 0) {
		return n, misread("normalise", f.normalise, errors.New(
			"want mean,std with a std above 0, imagenet or contrast"))
	}
	return n, nil
}
