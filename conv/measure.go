package conv

import "fmt"

// Measure is one number of a map of outputs: of the rows Top ≤ i < Bottom and the columns Left ≤ j < Right.
type Measure struct {
	Kind                     MeasureKind
	Top, Bottom, Left, Right int
}

// MeasureKind is a kind of [Measure].
type MeasureKind int

// The kinds of measures.
const (
	Mean       MeasureKind = iota
	Largest                // NaN if one is NaN
	MeanSquare             // the mean of the squares
)

// Count returns how many outputs of a map the measure sees.
func (m Measure) Count() int { return (m.Bottom - m.Top) * (m.Right - m.Left) }

// Check returns an error if the measure does not fit into maps of this shape, or sees nothing.
func (m Measure) Check(maps Shape) error {
	if m.Kind < Mean || m.Kind > MeanSquare || m.Top < 0 || m.Left < 0 || m.Bottom > maps.H() || m.Right > maps.W() ||
		m.Top >= m.Bottom || m.Left >= m.Right {
		return fmt.Errorf("conv: measure %+v: want a part of maps of %d×%d", m, maps.H(), maps.W())
	}
	return nil
}

// Measurer is implemented by plans that can measure maps on their device, so that only a few numbers come back.
//
// Measuring prepares that. The error wraps [ErrUnsupported] if the plan cannot measure, or if that would save nothing,
// for instance because the device's memory is the caller's. A plan that is closed ends its measurings.
type Measurer interface {
	Measuring(measures []Measure) (Measuring, error)
}

// Measuring measures the outputs of a plan.
//
// Run computes what Run of the plan does, with the same bits, and stores the measures of each map in numbers: image
// after image, channel after channel, measure after measure. src and maps have the shapes of src and dst of Run of the
// plan. outputs lists indices into maps.Data, in ascending order: only these outputs are stored in maps, and the rest
// of maps stays as it is.
//
// Numbers are made in float32. Those of finite outputs are within γₘ·A + 2⁻¹²⁴ of the exact ones, where m is
// [MeasureTerms] and A the mean of the magnitudes of what is averaged, unless a sum leaves the range of float32: then
// the number is infinite or NaN. A [Largest] is exact. If an output is NaN or infinite, the means that see it are not
// finite. The bits depend on the map alone.
//
// RunStripes is Run for images that the plan makes, as RunStripes of a [Painter] is: numbers and outputs of images that
// are not sure are undefined. Call it only after Paints of the plan has returned nil.
type Measuring interface {
	Run(numbers []float32, maps, src *Tensor, outputs []int) error
	RunStripes(numbers []float32, maps *Tensor, images *Stripes, outputs []int) (unsure []int, err error)
	Close() error
}

// MeasureLanes is how many sums a [Measuring] makes of a mean, each of every 64th output.
const MeasureLanes = 64

// MeasureTerms is how many rounding errors a mean over this many outputs may have at most: of a square, of the
// additions of a lane, of a tree over the lanes, and five of the division, which OpenGL allows to be off by 2.5 units
// in the last place.
func MeasureTerms(count int) int { return 1 + (count+MeasureLanes-1)/MeasureLanes + 6 + 5 }
