package stimuli

import "gpuconv/param"

// Pattern is an image that is defined by numbers, such as a [Grating] or a [Gabor]. [Kinds] lists them all. Each is a
// struct, whose fields give their units.
type Pattern interface {
	// Kind is the pattern's name in tables, such as grating.
	Kind() string
	// Parameters are the numbers that can be swept. In a [Product] the last of them varies fastest.
	Parameters() []param.Parameter
	// Complete replaces zeros that mean a default, and refuses a pattern that cannot be painted on c.
	Complete(c Canvas) error
	// Paint writes the pixels of the pattern on c into dst, row by row. dst has Rows × Columns elements. Call Paint
	// only after Complete.
	Paint(dst []float64, c Canvas)
}

// Kind is a kind of pattern.
type Kind struct {
	Name, Summary string
	// New returns a pattern that shows the kind. Its mean is 0.5, its contrast 1, and its spatial frequency 0.1
	// cycles/pixel, or 0.25 for a zone plate, as far as the kind has these parameters.
	New     func() Pattern
	example []param.Axis // the axes of Set
}

// Set returns a few small images of the kind, for tests and pictures of all kinds.
func (k Kind) Set() (*Product, error) {
	return NewProduct(Canvas{Rows: 32, Columns: 40}, k.New, k.example...)
}

// Kinds returns all kinds of patterns, with the names that the command line has for them.
func Kinds() []Kind {
	look := Look{Mean: 0.5, Contrast: 1}
	turned := []param.Axis{param.NewAxis("orientation", 0, 30, 90), param.NewAxis("phase", 0, 90)}
	var all []Kind
	for wave, summary := range []string{"a sine grating", "a square wave grating", "a sawtooth grating, rising slowly",
		"a triangle wave grating"} {
		grating := Grating{Wave: Wave(wave), SF: 0.1, Look: look}
		all = append(all, Kind{grating.Kind(), summary, func() Pattern { g := grating; return &g }, turned})
	}
	return append(all,
		Kind{"gabor", "a Gabor patch: a sine grating in a Gaussian",
			func() Pattern { return &Gabor{SF: 0.1, Look: look} }, turned},
		Kind{"plaid", "the sum of two sine gratings of half the contrast",
			func() Pattern { return &Plaid{SF: 0.1, Angle: 90, Look: look} }, turned},
		Kind{"square-plaid", "the sum of two square wave gratings of half the contrast",
			func() Pattern { return &Plaid{Wave: Square, SF: 0.1, Angle: 90, Look: look} }, turned},
		Kind{"checkerboard", "squares, black and white", func() Pattern { return &Checkerboard{Look: look} },
			[]param.Axis{param.NewAxis("orientation", 0, 30), param.NewAxis("side", 3, 5)}},
		Kind{"zone-plate", "rings whose spatial frequency grows with the radius",
			func() Pattern { return &ZonePlate{SF: 0.25, Look: look} }, []param.Axis{param.NewAxis("phase", 0, 90)}},
		Kind{"square-zone-plate", "black and white rings, as a zone plate of square waves",
			func() Pattern { return &ZonePlate{Wave: Square, SF: 0.25, Look: look} },
			[]param.Axis{param.NewAxis("phase", 0, 90)}},
		Kind{"white-noise", "independent pixels, uniformly distributed",
			func() Pattern { return &WhiteNoise{Look: look} }, []param.Axis{param.NewAxis("seed", 1, 2)}},
		Kind{"pink-noise", "noise whose amplitude falls as 1/frequency",
			func() Pattern { return &PinkNoise{Exponent: 1, Look: look} }, []param.Axis{param.NewAxis("seed", 1, 2),
				param.NewAxis("exponent", 1, 2)}},
		Kind{"impulse", "one pixel of 1 among zeros", func() Pattern { return &Impulse{} },
			[]param.Axis{param.NewAxis("x", -2, 0), param.NewAxis("y", 0, 3)}},
	)
}
