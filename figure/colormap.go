package figure

import (
	"image/color"
	"math"
)

// colorMap assigns colours of a ramp to the values from min to max. Several goroutines may use it.
type colorMap struct {
	min, max float64
	ramp     func(t float64) color.NRGBA // the colour of t in 0 … 1
	nan      color.NRGBA                 // of NaN: not close to any colour of the ramp, for colour-blind people too
}

// bwr returns matplotlib's bwr: linear from blue (0, 0, 255) at min through white in the middle to red (255, 0, 0) at
// max. Unlike matplotlib's, it is not quantized to 256 steps, so that 0 is exactly white in a symmetric range.
func bwr(min, max float64) colorMap { return colorMap{min, max, blueWhiteRed, noHue()} }

// binary returns matplotlib's binary, a reversed grey: linear from white at min to black at max.
func binary(min, max float64) colorMap { return colorMap{min, max, whiteBlack, magenta()} }

// gray returns matplotlib's gray: linear from black at min to white at max.
func gray(min, max float64) colorMap { return colorMap{min, max, blackWhite, magenta()} }

// Tone says whether large pixel values of stimuli are light or dark.
type Tone int

const (
	Light Tone = iota // larger values are lighter: pixels are luminance
	Ink               // larger values are darker, as the tutorial draws its gratings
)

// String returns the name of the tone on the command line.
func (t Tone) String() string {
	if t == Ink {
		return "dark"
	}
	return "light"
}

func (t Tone) colors(min, max float64) colorMap {
	if t == Ink {
		return binary(min, max)
	}
	return gray(min, max)
}

// magenta is the colour of NaN among greys.
func magenta() color.NRGBA { return color.NRGBA{255, 0, 255, 255} }

func blueWhiteRed(t float64) color.NRGBA {
	red, blue := min(1, 2*t), min(1, 2-2*t)
	return color.NRGBA{level(red), level(min(red, blue)), level(blue), 255}
}

func whiteBlack(t float64) color.NRGBA {
	grey := level(1 - t)
	return color.NRGBA{grey, grey, grey, 255}
}

func blackWhite(t float64) color.NRGBA { return whiteBlack(1 - t) }

// level rounds an intensity from 0 to 1 to a byte.
func level(v float64) uint8 { return uint8(255*v + 0.5) }

// at returns the colour of v. If v is out of range, that is the colour of the nearer end. NaN has a colour of its own.
// If the range is empty (max ≤ min), every number has the colour of the middle of the ramp.
func (m colorMap) at(v float64) color.NRGBA {
	switch {
	case math.IsNaN(v):
		return m.nan
	case m.max <= m.min:
		return m.ramp(0.5)
	}
	return m.ramp(min(1, max(0, (v-m.min)/(m.max-m.min))))
}
