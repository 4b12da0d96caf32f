package stimuli

import (
	"fmt"
	"math"

	"gpuconv/fault"
)

// Canvas is what patterns are painted on. The zero value has 64×64 pixels, each sampled at its centre.
//
// Lengths and places are in pixels from the centre of the canvas, x to the right and y downwards. The centre of the
// pixel in row i and column j is at (j − (Columns−1)/2, i − (Rows−1)/2).
type Canvas struct {
	Rows, Columns int // 1 … 32768; default 64
	// Supersample smooths jagged edges: a pixel is the mean of Supersample × Supersample samples. It is 1 … 64; the
	// default is 1. A square wave is bright in exactly half of a period only if the period has an even number of
	// samples. If the period is an odd number of pixels, an even Supersample makes the number of samples even.
	Supersample int
	// AllowAliasing permits patterns of more than half a cycle per pixel, which are finer than the pixels can show, and
	// drifts of more than half a cycle per frame.
	AllowAliasing bool
}

const (
	defaultExtent  = 64
	maxSupersample = 64
	nyquist        = 0.5 // cycles per pixel or frame
)

func (c Canvas) withDefaults() Canvas {
	if c.Rows == 0 {
		c.Rows = defaultExtent
	}
	if c.Columns == 0 {
		c.Columns = defaultExtent
	}
	if c.Supersample == 0 {
		c.Supersample = 1
	}
	return c
}

func (c Canvas) check() error {
	if c.Rows < 1 || c.Columns < 1 || c.Rows > maxExtent || c.Columns > maxExtent {
		return fault.New("stimuli", fmt.Sprintf("image of %d×%d", c.Rows, c.Columns), "",
			"want 1 to %d rows and columns", maxExtent)
	}
	if c.Supersample < 1 || c.Supersample > maxSupersample {
		return fault.New("stimuli", "supersampling by", c.Supersample, "want 1 to %d", maxSupersample)
	}
	return nil
}

// shorter returns the shorter side in pixels.
func (c Canvas) shorter() float64 { return float64(min(c.Rows, c.Columns)) }

// checkFrequency refuses a frequency that the pixels or frames cannot show.
func (c Canvas) checkFrequency(name, unit string, frequency float64) error {
	if math.Abs(frequency) > nyquist && !c.AllowAliasing {
		return &AliasingError{Quantity: name, Frequency: frequency, Unit: "cycles/" + unit}
	}
	return nil
}

// AliasingError says that a pattern is finer than the pixels or frames can show. [Canvas.AllowAliasing] permits it.
type AliasingError struct {
	Quantity  string  // spatial frequency, drift
	Frequency float64 // its absolute value is above the Nyquist limit of 0.5
	Unit      string  // cycles/pixel or cycles/frame
	Permit    string  // how to permit the pattern, for the error text; "" means "aliasing allowed"
}

// Error returns one line that says what is too fine, and what would be right.
func (e *AliasingError) Error() string { return "stimuli: " + e.Plain() }

// Plain returns the line without the package.
func (e *AliasingError) Plain() string {
	permit := e.Permit
	if permit == "" {
		permit = "aliasing allowed"
	}
	return fmt.Sprintf("%s %v %s: want at most %v, the Nyquist limit, or %s", e.Quantity, e.Frequency, e.Unit, nyquist,
		permit)
}

// paint writes the mean of f over the samples of each pixel, row by row.
func (c Canvas) paint(dst []float64, f func(x, y float64) float64) {
	n := c.Supersample
	for at := range dst {
		x := float64(at%c.Columns) - float64(c.Columns-1)/2
		y := float64(at/c.Columns) - float64(c.Rows-1)/2
		sum := 0.0
		for k := range n * n {
			sum += f(x+offset(k%n, n), y+offset(k/n, n))
		}
		dst[at] = sum / float64(n*n)
	}
}

// offset returns the place of sample k of n along a side of a pixel, relative to the centre of the pixel.
func offset(k, n int) float64 { return (float64(k)+0.5)/float64(n) - 0.5 }
