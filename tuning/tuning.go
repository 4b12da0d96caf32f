// Package tuning analyses the responses of cells to stimuli. It computes how the response of a cell depends on the
// orientation, the spatial frequency and the phase of a grating. It also computes how much the responses of a
// population to two stimuli differ. A cell is a channel of a convolution, or a recorded neuron.
//
// The calls follow the order of an experiment:
//
//   - [Read] takes one number for each image and cell from activations [N C H W]. A channel is one cell, repeated at
//     every position of the image. A [Readout] says which position is the response; it can also normalise channels and
//     add them up.
//   - [Analyse] turns these [Responses], and a [param.Table] of what each image showed, into a tuning [Curve] for each
//     cell. For curves over orientation and spatial frequency it first reduces the responses to the different phases
//     to one. Then it describes each curve by a few numbers, its figures.
//   - [Dissimilarity] compares the responses of a population to different stimuli.
//
// Each step is also a function of its own. [Curves] makes curves over any column. [Curve.Orientation],
// [Curve.Direction], [Curve.Frequency] and [Curve.Phase] describe one curve, and [FitVonMises] fits a smooth curve to
// it.
//
// A recorded neuron responds differently in every trial. [Halves] holds the responses in two halves of the trials, and
// tells tuning from noise.
//
// # Symbols and units
//
// θ is an orientation in degrees, of period 180, or a direction, of period 360. φ is a phase in degrees. Spatial
// frequencies are in the unit of the table: cycles/pixel or the like. r is a response, in the unit of the activations.
//
// Everything is computed in float64. A figure that does not exist, such as the circular variance of a cell that never
// responds, is NaN.
//
// Errors are one line that starts with "tuning: ", except those that a [Source] or a context returns. Functions neither
// keep nor change their arguments, and several goroutines may call them at the same time.
package tuning

import (
	"fmt"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"
)

// Responses has one number for each image and cell: the response of the cell to the image.
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

// check refuses responses whose Data does not fit Images and Cells, and columns that do not have one value for each
// image.
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

// Reduction says how several responses of a cell are reduced to one.
type Reduction int

// Best keeps only the responses at those values of the other parameters at which the cell responds most. Largest is the
// largest response, and Mean the mean. Modulation is the amplitude of the first harmonic over a cycle of phases, as in
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

// collapse merges all images that differ only in the column by, such as a phase, into one image. how says how their
// responses are reduced to one: by Largest, Mean or Modulation. collapse returns the responses to the merged images,
// and the other columns, with the images in the order in which they first appear. Modulation needs phases in degrees
// that are evenly spaced over 360°.
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

// reduce returns the responses of a cell to some images as one number.
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
