package figure

import (
	"image/color"

	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
)

// Colours are a pair of colour maps: one for values on both sides of 0, and one for values from 0 up. In each of them
// people with the three kinds of colour blindness can tell the two ends apart, and NaN from every value
// (TestColourBlind).
type Colours int

// BWR is matplotlib's bwr, from blue through white to red, as in the tutorial. For values from 0 up it is the upper
// half of bwr, from white to red. BlueRed and PurpleOrange are Moreland's smooth diverging maps through light grey
// (Proc. 5th Int. Symp. Visual Computing, 2009). For values from 0 up they are his black body map, from black through
// red and yellow to white. Grey goes from black to white.
const (
	BWR Colours = iota
	BlueRed
	PurpleOrange
	Grey
)

// String returns the name on the command line.
func (c Colours) String() string { return [...]string{"bwr", "blue-red", "purple-orange", "grey"}[c] }

// signed returns the map of values from −limit to limit.
func (c Colours) signed(limit float64) colorMap {
	switch c {
	case BlueRed:
		return colorMap{-limit, limit, tabled(moreland.SmoothBlueRed()), noHue()}
	case PurpleOrange:
		return colorMap{-limit, limit, tabled(moreland.SmoothPurpleOrange()), noHue()}
	case Grey:
		return gray(-limit, limit)
	}
	return bwr(-limit, limit)
}

// unsigned returns the map of values from 0 to limit.
func (c Colours) unsigned(limit float64) colorMap {
	switch c {
	case BlueRed, PurpleOrange:
		return colorMap{0, limit, tabled(moreland.BlackBody()), color.NRGBA{86, 180, 233, 255}}
	case Grey:
		return gray(0, limit)
	}
	return colorMap{0, limit, func(t float64) color.NRGBA { return blueWhiteRed(0.5 + t/2) }, noHue()}
}

// Ramp returns n colours of a map, from one end to the other, and its colour of NaN. positive asks for the map of
// values from 0 up, otherwise it is that of values on both sides of 0. n is at least 2.
func (c Colours) Ramp(n int, positive bool) (ramp []color.NRGBA, nan color.NRGBA) {
	m := c.signed(1)
	if positive {
		m = c.unsigned(1)
	}
	for i := range n {
		ramp = append(ramp, m.ramp(float64(i)/float64(n-1)))
	}
	return ramp, m.nan
}

// tabled returns a ramp of the colours of a palette. It has 1,025 steps, one of them in the middle.
func tabled(p palette.ColorMap) func(t float64) color.NRGBA {
	const steps = 1024
	p.SetMin(0)
	p.SetMax(1)
	var table [steps + 1]color.NRGBA
	for i := range table {
		c, err := p.At(float64(i) / steps)
		if err != nil {
			continue // only out of range
		}
		table[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return func(t float64) color.NRGBA { return table[int(t*steps+0.5)] }
}

func noHue() color.NRGBA { return color.NRGBA{A: 255} }
