package filters

import (
	"fmt"
	"math"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// NMA describes the tutorial's bank.
type NMA struct {
	// Channels is the number of filters, at least 2: a centre-surround pair, and Gabors.
	Channels int
	// Size is the number of rows, and of columns, of each filter, at least 2. At 2 the centre-surround pair is flat, so
	// that it is all 0 once its mean is subtracted.
	Size int
	// Tutorial3 keeps the mean of each filter, as tutorial 3 does.
	Tutorial3 bool
}

// Parameters of the tutorial's filters. Lengths are in units of the grid on which the filters are sampled: see the
// method grid. A pixel is a little more than one unit.
const (
	sigma      = 1.1         // of the centre
	wideSigma  = 2 * sigma   // of the surround
	gaborSigma = 0.4 * sigma // of the Gabors' envelope
	wavelength = 10.0        // of the Gabors
	phase      = math.Pi / 2 // of the Gabors, in radians
)

// maxElements bounds a bank at 1 GiB.
const maxElements = 1 << 28

func (f NMA) check() error {
	switch {
	case f.Channels < 2:
		return fault.New("filters", fmt.Sprintf("%d channels", f.Channels), "",
			"want at least 2, the centre-surround pair")
	case f.Size < 2:
		return fault.New("filters", "size", f.Size, "want at least 2, a smaller filter would be all zeros")
	}
	if n, err := conv.Product(f.Channels, f.Size, f.Size); err != nil || n > maxElements {
		return fault.New("filters", "", "", "%d filters of %d×%d would need %.3g GB, want at most %.3g", f.Channels,
			f.Size, f.Size, 4e-9*float64(f.Channels)*float64(f.Size)*float64(f.Size), 4e-9*maxElements)
	}
	return nil
}

// Bank returns the filters, [Channels, 1, Size, Size]. Each is divided by its largest absolute value and then, unless
// Tutorial3 is set, shifted to a mean of 0. They are computed in float64 and rounded once. The tutorial's NumPy code
// rounds the grid and intermediate results to float32. The filters agree with NumPy's within 4e-6, and within 2e-6 at a
// Size of 7. Bank refuses fewer than 2 channels or pixels a side, and banks of more than 1 GiB.
func (f NMA) Bank() (*conv.Tensor, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	bank, err := conv.NewTensor(conv.Shape{f.Channels, 1, f.Size, f.Size})
	if err != nil {
		return nil, err
	}
	values := make([]float64, f.Size*f.Size)
	for channel := range f.Channels {
		f.each(values, f.formula(channel))
		f.normalise(values)
		for i, v := range values {
			bank.Plane(channel, 0)[i] = float32(v)
		}
	}
	return bank, nil
}

// Names returns a name for each channel, for titles, such as ON centre, OFF centre or Gabor θ 0°, prefers 90°: the
// tutorial's angle θ, and the orientation of the grating that the Gabor prefers. It returns nil for a bank that Bank
// refuses.
func (f NMA) Names() []string {
	if f.check() != nil {
		return nil
	}
	names := make([]string, f.Channels)
	for channel := range names {
		switch channel {
		case 0:
			names[channel] = "ON centre"
		case 1:
			names[channel] = "OFF centre"
		default:
			names[channel] = "Gabor " + label(f.theta(channel), halfTurn(90-f.theta(channel)), true)
		}
	}
	return names
}

// Table returns the parameters of each filter, as those of a [Gabor]. The orientation of a Gabor is that of the
// tutorial's grating to which it responds most: 90° minus the tutorial's own angle θ (the column theta_deg). If that is
// below 0°, Table adds 180° and writes the phase as 270° in place of 90°, which describes the same filter. The column
// prefers_deg repeats the orientation, as in the tables of other banks. A Gabor's spatial frequency is in cycles per
// pixel. A pixel is Size/(Size−1) units of the tutorial's grid, whose Size points go from −Size/2 to Size/2. The
// centre-surround pair has none of these values.
func (f NMA) Table() (*param.Table, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	t := param.NewTable("filter", ownColumn, "sf_cycles_per_pixel", "phase_deg", thetaColumn, prefersColumn)
	sf := float64(f.Size) / float64(f.Size-1) / wavelength
	for channel := range f.Channels {
		if channel < 2 {
			none := math.NaN()
			t.Add([]string{"nma-on-centre", "nma-off-centre"}[channel], none, none, none, none, none)
			continue
		}
		prefers, degrees := 90-f.theta(channel), phase*180/math.Pi
		if prefers < 0 {
			prefers, degrees = prefers+180, 360-degrees
		}
		t.Add("nma-gabor", prefers, sf, degrees, f.theta(channel), prefers)
	}
	return t, nil
}

// theta returns the tutorial's angle of a Gabor in degrees. The Gabors divide the half turn evenly.
func (f NMA) theta(channel int) float64 {
	return 180 / float64(f.Channels-2) * float64(channel-2)
}

// formula returns the value of a channel as a function of x and y.
func (f NMA) formula(channel int) func(x, y float64) float64 {
	switch channel {
	case 0:
		return centreSurround
	case 1:
		return func(x, y float64) float64 { return -centreSurround(x, y) }
	}
	sin, cos := math.Sincos(f.theta(channel) * math.Pi / 180)
	return func(x, y float64) float64 {
		along := x*cos + y*sin
		return cusp(x, y, gaborSigma) * math.Cos(2*math.Pi*along/wavelength+phase)
	}
}

func centreSurround(x, y float64) float64 { return cusp(x, y, sigma) - 0.5*cusp(x, y, wideSigma) }

// cusp is the function that the tutorial calls a gaussian. Its exponent has the radius, not the squared radius.
func cusp(x, y, sigma float64) float64 { return math.Exp(-math.Sqrt(x*x+y*y) / (2 * sigma * sigma)) }

// each evaluates a formula on the grid of Size points from −Size/2 to Size/2, both included. x grows with the row, y
// with the column.
func (f NMA) each(values []float64, formula func(x, y float64) float64) {
	for i := range f.Size {
		for j := range f.Size {
			values[i*f.Size+j] = formula(f.grid(i), f.grid(j))
		}
	}
}

// grid returns the coordinate of point i of Size, 0 ≤ i < Size.
func (f NMA) grid(i int) float64 {
	size := float64(f.Size)
	return -size/2 + float64(i)*size/(size-1)
}

// normalise divides by the largest absolute value and then subtracts the mean, unless Tutorial3 is set. The other order
// would give another range.
func (f NMA) normalise(values []float64) {
	largest, total := 0.0, 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	for i := range values {
		values[i] /= largest
		total += values[i]
	}
	if f.Tutorial3 {
		return
	}
	for i := range values {
		values[i] -= total / float64(len(values))
	}
}
