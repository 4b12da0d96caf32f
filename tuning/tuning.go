// Package tuning says what responses mean: how the response of a cell depends on the orientation, the spatial frequency
// and the phase of a grating, and how alike the responses of a population to two stimuli are.
//
// The order of the calls is that of an experiment:
//
//   - [Read] takes one number for each image and cell from activations [N C H W]. A channel is a cell that is repeated
//     all over the image. A [Readout] says which value is the response; it can also add up channels and normalise
//     them.
//   - [Analyse] turns these [Responses] and what each image showed, a [param.Table], into a tuning [Curve] for each
//     cell. Where the phase does not matter, it takes the phase out first. Then it puts the curves into numbers.
//   - [Dissimilarity] compares the patterns of responses of a population.
//
// Each step can be had alone: [Curves] draws curves over any column, [Curve.Orientation], [Curve.Direction],
// [Curve.Frequency] and [Curve.Phase] put one curve into a few numbers, and [FitVonMises] fits a smooth curve to it.
//
// Recorded neurons have no activations but trials, which differ. [Halves] say what such a population does that is not
// noise.
//
// # Symbols and units
//
// θ is an orientation in degrees, of period 180, or a direction, of period 360. φ is a phase in degrees. Spatial
// frequencies are in the unit of the table: cycles/pixel or the like. r is a response, in the unit of the activations.
//
// Everything is computed in float64. A figure that does not exist, such as the circular variance of a cell that answers
// nothing, is NaN.
//
// Errors are one line that starts with "tuning: ", but for those of a source that is read. No function keeps or changes
// its arguments, and several goroutines may call all of them.
package tuning

import (
	"fmt"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"
)

// Responses are the answers of cells to images, one number each.
type Responses struct {
	Images, Cells int
	Data          []float64 // [Images, Cells]
}

// Of returns the responses of all cells to an image. It shares the memory of r.
func (r *Responses) Of(image int) []float64 {
	return r.Data[image*r.Cells : (image+1)*r.Cells]
}

// At returns the response of a cell to an image.
func (r *Responses) At(image, cell int) float64 { return r.Data[image*r.Cells+cell] }

// check refuses responses that are inconsistent, and columns that do not have one value for each image.
func (r *Responses) check(columns ...param.Column) error {
	if r.Images < 1 || r.Cells < 1 || len(r.Data) != r.Images*r.Cells {
		return fault.New("tuning", fmt.Sprintf("responses of %d cells to %d images", r.Cells, r.Images), "",
			"want %d numbers and at least 1, got %d", r.Images*r.Cells, len(r.Data))
	}
	for _, p := range columns {
		if len(p.Numbers) != r.Images {
			return fault.New("tuning", "parameter", p.Name, "want %d values, one for each image, got %d", r.Images,
				len(p.Numbers))
		}
	}
	return nil
}

// groups numbers the images. Images that agree in all columns have the same number. Numbers count up from 0 in the
// order of the images.
func groups(images int, columns []param.Column) (number []int, count int) {
	seen := map[string]int{}
	number = make([]int, images)
	for i := range number {
		key := make([]byte, 0, 8*len(columns))
		for _, c := range columns {
			for bits, shift := bitsOf(c.Numbers[i]), 0; shift < 64; shift += 8 {
				key = append(key, byte(bits>>shift))
			}
		}
		n, ok := seen[string(key)]
		if !ok {
			n = len(seen)
			seen[string(key)] = n
		}
		number[i] = n
	}
	return number, len(seen)
}

// Reduction says how several responses of a cell become one.
type Reduction int

// Best takes the responses at those values of the other parameters at which the cell answered most. Largest is the
// largest and Mean the mean response. Modulation is the amplitude of the first harmonic over a cycle of phases, as
// [Cycle.F1].
const (
	Best Reduction = iota
	Largest
	Mean
	Modulation
)

// String returns the name of the reduction on the command line.
func (r Reduction) String() string {
	names := [...]string{"best", "max", "mean", "f1"}
	if r < 0 || int(r) >= len(names) {
		return fmt.Sprintf("reduction %d", int(r))
	}
	return names[r]
}

// collapse makes one image of all images that differ in one column alone, as a cell sees them to which that column, a
// phase, does not matter. how is Largest, Mean or Modulation. It returns the responses, and the other columns in the
// order in which the images first appear. Modulation wants phases in degrees that are evenly spaced over 360°.
func collapse(r *Responses, by param.Column, others []param.Column, how Reduction) (*Responses, []param.Column, error) {
	if err := r.check(append([]param.Column{by}, others...)...); err != nil {
		return nil, nil, err
	}
	number, count := groups(r.Images, others)
	out := &Responses{Images: count, Cells: r.Cells, Data: make([]float64, count*r.Cells)}
	members := make([][]int, count)
	for i, n := range number {
		members[n] = append(members[n], i)
	}
	for n, images := range members {
		for cell := range r.Cells {
			v, err := r.reduce(cell, images, by, how)
			if err != nil {
				return nil, nil, err
			}
			out.Data[n*r.Cells+cell] = v
		}
	}
	left := make([]param.Column, len(others))
	for i, p := range others {
		left[i].Name = p.Name
		for _, images := range members {
			left[i].Numbers = append(left[i].Numbers, p.Numbers[images[0]])
		}
	}
	return out, left, nil
}

// reduce makes one number of the responses of a cell to some images.
func (r *Responses) reduce(cell int, images []int, by param.Column, how Reduction) (float64, error) {
	curve := Curve{}
	for _, i := range images {
		curve.X, curve.Y = append(curve.X, by.Numbers[i]), append(curve.Y, r.At(i, cell))
	}
	switch how {
	case Largest:
		return slices.Max(curve.Y), nil
	case Mean:
		return mean(curve.Y), nil
	case Modulation:
		cycle, err := curve.merged().Phase()
		if err != nil {
			return 0, fmt.Errorf("%w, of parameter %s", err, by.Name)
		}
		return cycle.F1, nil
	}
	return 0, fault.New("tuning", fmt.Sprintf("parameter %s cannot be collapsed by %v", by.Name, how), "",
		"want %v, %v or %v", Largest, Mean, Modulation)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
