package stimuli

import (
	"math"
	"math/cmplx"

	"gpuconv/fault"
	"gpuconv/param"

	"gonum.org/v1/gonum/dsp/fourier"
)

// WhiteNoise is an image of independent pixels, uniform in −1 … 1 before the [Look] is applied. A seed gives the same
// pixels on every platform.
type WhiteNoise struct {
	Seed param.Seed // at most 2⁵³
	Look
}

// Kind implements [Pattern].
func (n *WhiteNoise) Kind() string { return "white-noise" }

// Parameters implements [Pattern].
func (n *WhiteNoise) Parameters() []param.Parameter {
	return append([]param.Parameter{n.Seed.Parameter()}, n.parameters()...)
}

// Complete implements [Pattern].
func (n *WhiteNoise) Complete(c Canvas) error {
	if err := checkSeed(n.Seed); err != nil {
		return err
	}
	return n.complete(c)
}

func checkSeed(seed param.Seed) error {
	if err := seed.Check(); err != nil {
		return &fault.Error{Package: "stimuli", Err: err}
	}
	return nil
}

// Paint implements [Pattern].
func (n *WhiteNoise) Paint(dst []float64, c Canvas) {
	random := n.Seed.Rand()
	pixels := make([]float64, len(dst))
	for i := range pixels {
		pixels[i] = 2*random.Float64() - 1
	}
	n.paint(dst, c, c.lookUp(pixels))
}

// PinkNoise is noise whose amplitude at each spatial frequency f is exactly proportional to 1/f^Exponent. Its mean is
// 0, and its phases are those of Gaussian white noise. It is divided by its largest absolute value, so that it lies in
// −1 … 1 before the [Look] is applied. An Exponent of 1 gives pink noise, with the spectrum of natural images (Field,
// J. Opt. Soc. Am. A 4, 1987); 2 gives brown noise.
type PinkNoise struct {
	Exponent float64    // −10 … 10; 0 gives white noise
	Seed     param.Seed // at most 2⁵³
	Look
}

// Kind implements [Pattern].
func (n *PinkNoise) Kind() string { return "pink-noise" }

// Parameters implements [Pattern].
func (n *PinkNoise) Parameters() []param.Parameter {
	return append([]param.Parameter{
		param.New("exponent", "exponent",
			"of pink noise: its amplitude is proportional to 1/frequency to this power, −10 … 10", &n.Exponent),
		n.Seed.Parameter(),
	}, n.parameters()...)
}

// Complete implements [Pattern].
func (n *PinkNoise) Complete(c Canvas) error {
	if err := checkSeed(n.Seed); err != nil {
		return err
	}
	if math.Abs(n.Exponent) > 10 {
		return fault.New("stimuli", "noise of exponent", n.Exponent, "want −10 to 10")
	}
	return n.complete(c)
}

// Paint implements [Pattern].
func (n *PinkNoise) Paint(dst []float64, c Canvas) {
	random := n.Seed.Rand()
	spectrum := make([]complex128, len(dst))
	for i := range spectrum {
		spectrum[i] = complex(random.NormFloat64(), 0)
	}
	transform(spectrum, c.Columns, false)
	for i, v := range spectrum {
		f := math.Hypot(cycles(i%c.Columns, c.Columns), cycles(i/c.Columns, c.Rows))
		if f == 0 || v == 0 {
			spectrum[i] = 0
			continue
		}
		spectrum[i] = v / complex(cmplx.Abs(v)*math.Pow(f, n.Exponent), 0)
	}
	transform(spectrum, c.Columns, true)
	n.paint(dst, c, c.lookUp(unit(spectrum)))
}

// unit returns the real parts divided by the largest of their absolute values.
func unit(values []complex128) []float64 {
	pixels, largest := make([]float64, len(values)), 0.0
	for i, v := range values {
		pixels[i] = real(v)
		largest = max(largest, math.Abs(pixels[i]))
	}
	for i := range pixels {
		pixels[i] /= max(largest, math.SmallestNonzeroFloat64) // all values may be 0, as in an image of one pixel
	}
	return pixels
}

// cycles returns the frequency of discrete Fourier coefficient k of n, in cycles per pixel from −½ to ½.
func cycles(k, n int) float64 {
	if 2*k > n {
		k -= n
	}
	return float64(k) / float64(n)
}

// transform is the discrete Fourier transform of an image, in place. The inverse is not divided by the number of
// pixels.
func transform(image []complex128, columns int, inverse bool) {
	rows := len(image) / columns
	along := func(n int, line []complex128) []complex128 { return fourier.NewCmplxFFT(n).Coefficients(line, line) }
	if inverse {
		along = func(n int, line []complex128) []complex128 { return fourier.NewCmplxFFT(n).Sequence(line, line) }
	}
	for i := range rows {
		along(columns, image[i*columns:][:columns])
	}
	line := make([]complex128, rows)
	for j := range columns {
		for i := range line {
			line[i] = image[i*columns+j]
		}
		for i, v := range along(rows, line) {
			image[i*columns+j] = v
		}
	}
}

// lookUp returns a function that returns the value of the pixel in which a place on the canvas lies. pixels has the
// values row by row.
func (c Canvas) lookUp(pixels []float64) func(x, y float64) float64 {
	return func(x, y float64) float64 {
		i, j := int(y+float64(c.Rows)/2), int(x+float64(c.Columns)/2)
		return pixels[i*c.Columns+j]
	}
}
