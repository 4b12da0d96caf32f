package main

import (
	"gpuconv/figure"

	"github.com/spf13/pflag"
)

// orientationHelp is the convention of orientations, for the help of every verb that has them.
const orientationHelp = "Orientations are in degrees from vertical, clockwise: at 0 stripes are vertical, at 90 horizontal. A filter is\n" +
	"labelled by the grating that it prefers, from 0° to below 180°, the tutorial's filters with the tutorial's own θ\n" +
	"before it: \"θ 0°, prefers 90°\". docs/stimuli.md has a picture, docs/orientation.png."

// figureFlags say how pictures are drawn.
type figureFlags struct{ polarity string }

func (f *figureFlags) registerPolarity(flags *pflag.FlagSet) {
	flags.StringVar(&f.polarity, "polarity", figure.Light.String(),
		"how pictures show pixels: light (larger is lighter), or dark (larger is darker, as the tutorial draws gratings)")
}

func (f *figureFlags) tone() (figure.Tone, error) {
	return parseChoice("polarity", f.polarity, figure.Light, figure.Ink)
}
