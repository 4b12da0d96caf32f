package stimuli

import (
	"gpuconv/fault"
	"gpuconv/param"
)

// Look says how a pattern w, with values from −1 to 1, becomes luminance: Mean·(1 + Contrast·a·w), where a is the
// aperture, from 0 to 1. If w reaches both −1 and 1 where a is 1, Contrast is the Michelson contrast of the image,
// (largest − smallest)/(largest + smallest).
type Look struct {
	// Mean is the mean luminance, above 0, where black is 0 and white is 1. The default is 0.5.
	Mean float64
	// Contrast is from 0 to 1. The default is 1 if Mean is also left out: the zero value is a pattern from black to
	// white.
	Contrast float64
	// Centred subtracts Mean from the pixels, so that grey is 0, as it is in the tutorial's stimuli.
	Centred  bool
	Aperture Aperture
}

func (l *Look) parameters() []param.Parameter {
	return append([]param.Parameter{
		param.New("contrast", "contrast", "Michelson contrast, 0 … 1", &l.Contrast),
		param.New("mean", "mean", "mean luminance, where black is 0 and white is 1; default 0.5", &l.Mean),
	}, l.Aperture.parameters()...)
}

func (l *Look) complete(c Canvas) error {
	if l.Mean == 0 {
		l.Mean = 0.5
		fill(&l.Contrast, 1)
	}
	if l.Mean < 0 {
		return fault.New("stimuli", "mean", l.Mean, "want a luminance above 0")
	}
	if l.Contrast < 0 || l.Contrast > 1 {
		return fault.New("stimuli", "contrast", l.Contrast, "want 0 to 1")
	}
	return l.Aperture.complete(c)
}

// paint writes the pixels of a pattern.
func (l *Look) paint(dst []float64, c Canvas, pattern func(x, y float64) float64) {
	c.paint(dst, func(x, y float64) float64 {
		deviation := l.Mean * l.Contrast * l.Aperture.at(x, y) * pattern(x, y)
		if l.Centred {
			return deviation
		}
		return l.Mean + deviation
	})
}

// LookOf returns the Look that a pattern embeds, so that the caller can change it. It returns nil if the pattern has
// none.
func LookOf(p Pattern) *Look {
	if looks, ok := p.(interface{ own() *Look }); ok {
		return looks.own()
	}
	return nil
}

func (l *Look) own() *Look { return l }
