package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/palette"
)

// ColorMap gives the values from Min to Max the colours of a ramp. It implements
// [palette.ColorMap]. Make one with [BWR] or [Binary]. Reading one from several
// goroutines is safe, setting is not.
type ColorMap struct {
	min, max, alpha float64
	ramp            func(t float64) color.NRGBA
}

var _ palette.ColorMap = (*ColorMap)(nil)

// BWR returns matplotlib's bwr: linear from blue (0, 0, 255) at min through white
// halfway to red (255, 0, 0) at max. Unlike matplotlib it is not cut into 256
// steps, so that 0 is exactly white in a symmetric range.
func BWR(min, max float64) *ColorMap {
	return &ColorMap{min: min, max: max, alpha: 1, ramp: blueWhiteRed}
}

// Binary returns matplotlib's binary, a reversed grey: linear from white at min
// to black at max.
func Binary(min, max float64) *ColorMap {
	return &ColorMap{min: min, max: max, alpha: 1, ramp: whiteBlack}
}

// Gray returns matplotlib's gray: linear from black at min to white at max.
func Gray(min, max float64) *ColorMap {
	return &ColorMap{min: min, max: max, alpha: 1, ramp: blackWhite}
}

// Tone says which end of the greys of stimuli is the light one.
type Tone int

const (
	Ink   Tone = iota // the larger the darker, [Binary], as the tutorial draws its gratings
	Light             // the larger the lighter, [Gray]: pixels that are luminance
)

func (t Tone) colors(min, max float64) *ColorMap {
	if t == Light {
		return Gray(min, max)
	}
	return Binary(min, max)
}

// notANumber is the colour of NaN: in no ramp, and far from all of their colours.
func notANumber() color.NRGBA { return color.NRGBA{G: 160, A: 255} }

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

// At returns the colour of v. As palette.ColorMap asks, it reports a value that
// is NaN, below Min or above Max with palette's errors.
func (m *ColorMap) At(v float64) (color.Color, error) {
	switch {
	case math.IsNaN(v):
		return nil, palette.ErrNaN
	case v < m.min:
		return nil, palette.ErrUnderflow
	case v > m.max:
		return nil, palette.ErrOverflow
	}
	return m.saturated(v), nil
}

// saturated returns the colour of v, that of the nearer end if v is out of range,
// and green if it is NaN.
func (m *ColorMap) saturated(v float64) color.NRGBA {
	var c color.NRGBA
	switch {
	case math.IsNaN(v):
		c = notANumber()
	case m.max <= m.min:
		c = m.ramp(0.5)
	default:
		c = m.ramp(min(1, max(0, (v-m.min)/(m.max-m.min))))
	}
	c.A = level(m.alpha)
	return c
}

// Min returns the value at the lower end of the ramp.
func (m *ColorMap) Min() float64 { return m.min }

// Max returns the value at the upper end of the ramp.
func (m *ColorMap) Max() float64 { return m.max }

// SetMin sets the value at the lower end of the ramp.
func (m *ColorMap) SetMin(v float64) { m.min = v }

// SetMax sets the value at the upper end of the ramp.
func (m *ColorMap) SetMax(v float64) { m.max = v }

// Alpha returns the opacity, 1 unless it was set.
func (m *ColorMap) Alpha() float64 { return m.alpha }

// SetAlpha sets the opacity. As palette.ColorMap asks, it panics if alpha is not
// between 0 and 1.
func (m *ColorMap) SetAlpha(alpha float64) {
	if !(alpha >= 0 && alpha <= 1) {
		panic("figure: alpha is not between 0 and 1")
	}
	m.alpha = alpha
}

// Palette returns n colours at even distances from Min to Max.
func (m *ColorMap) Palette(n int) palette.Palette {
	colors := make(colorList, max(n, 0))
	for i := range colors {
		c := m.ramp((float64(i) + 0.5) / float64(n))
		if n > 1 {
			c = m.ramp(float64(i) / float64(n-1))
		}
		c.A = level(m.alpha)
		colors[i] = c
	}
	return colors
}

type colorList []color.Color

func (l colorList) Colors() []color.Color { return l }
