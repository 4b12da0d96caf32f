package tuning

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/fault"
	"gpuconv/internal/statistics"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Decoding is how well a linear readout of a population tells two classes of images apart.
type Decoding struct {
	Images, Right int       // how many images have a label, and how many of them the readout labels right
	Low, High     float64   // Wilson's interval of 95 % for the share that is right, if images are independent
	Chance        float64   // the share of the larger class
	Values        []float64 // the readout of each image, not trained on it: above 0 means label 1; NaN: no label
}

// The readout's ridge, as a share of the number of images, and the number of parts of the cross-validation.
const (
	ridge     = 0.01
	mostFolds = 5
)

// Decode trains a linear readout to tell images with the label 1 from images with the label −1. Images with the label 0
// are left out. The responses of each cell are standardised, z = (r − mean)/sd, and the weights are those of ridge
// regression to the labels t,
//
//	w = (ZᵀZ + 0.01·n·I)⁻¹·Zᵀ(t − t̄)
//
// whose direction is that of Fisher's linear discriminant with a shrunk covariance (Hastie, Tibshirani and Friedman,
// The Elements of Statistical Learning, 2nd ed., sections 3.4.1 and 4.3). An image is labelled by the sign of z·w + t̄.
//
// In the cross-validation, the i-th image of a class is in part i modulo 5, or modulo the size of the smaller class if
// that is less than 5. Images of one part are labelled with the weights, means and deviations of the images of all
// other parts.
//
// Decode refuses labels other than −1, 0 and 1, more or fewer labels than images, classes of fewer than 2 images, and
// responses that are not finite.
func Decode(r *Responses, labels []int) (*Decoding, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if len(labels) != r.Images {
		return nil, fault.New("tuning", fmt.Sprintf("%d labels", len(labels)), "", "want %d, one for each image",
			r.Images)
	}
	if err := CheckLabels(labels); err != nil {
		return nil, err
	}
	fold, count := make([]int, r.Images), map[int]int{}
	for i, label := range labels {
		fold[i] = count[label]
		count[label]++
	}
	folds := min(mostFolds, count[-1], count[1])
	d := &Decoding{Images: count[-1] + count[1], Values: make([]float64, r.Images)}
	d.Chance = float64(max(count[-1], count[1])) / float64(d.Images)
	for part := range folds {
		var train, test []int
		for i, label := range labels {
			switch {
			case label == 0:
				d.Values[i] = math.NaN()
			case fold[i]%folds == part:
				test = append(test, i)
			default:
				train = append(train, i)
			}
		}
		if err := d.readOut(r, labels, train, test); err != nil {
			return nil, err
		}
	}
	for i, label := range labels {
		if v := d.Values[i]; label != 0 && (v > 0) == (label > 0) && v != 0 {
			d.Right++
		}
	}
	d.Low, d.High = wilson(d.Right, d.Images)
	return d, nil
}

// CheckLabels refuses the labels that Decode refuses: any other than −1, 0 and 1, and fewer than two of −1 or of 1.
func CheckLabels(labels []int) error {
	count := map[int]int{}
	for _, label := range labels {
		if label < -1 || label > 1 {
			return fault.New("tuning", "label", label, "want −1, 0 or 1")
		}
		count[label]++
	}
	if count[-1] < 2 || count[1] < 2 {
		return fault.New("tuning", fmt.Sprintf("classes of %d and %d images", count[-1], count[1]), "",
			"want at least 2 of each")
	}
	return nil
}

// readOut trains on some images and labels others.
func (d *Decoding) readOut(r *Responses, labels, train, test []int) error {
	z, targets := mat.NewDense(len(train), r.Cells, nil), make([]float64, len(train))
	for i, image := range train {
		targets[i] = float64(labels[image])
	}
	middle := stat.Mean(targets, nil)
	for i := range targets {
		targets[i] -= middle
	}
	means, scales := make([]float64, r.Cells), make([]float64, r.Cells)
	for cell := range r.Cells {
		column := make([]float64, len(train))
		for i, image := range train {
			column[i] = r.At(image, cell)
		}
		means[cell], scales[cell] = stat.PopMeanStdDev(column, nil)
		if notFinite(scales[cell]) {
			return fault.New("tuning", fmt.Sprintf("responses of cell %d", cell), "", "not finite: want numbers")
		}
		if scales[cell] <= flatness*math.Abs(means[cell]) {
			scales[cell] = math.Inf(1) // a cell that does not respond says nothing
		}
		for i, v := range column {
			z.Set(i, cell, (v-means[cell])/scales[cell])
		}
	}
	gram := mat.NewSymDense(r.Cells, nil)
	gram.SymOuterK(1, z.T())
	for cell := range r.Cells {
		gram.SetSym(cell, cell, gram.At(cell, cell)+ridge*float64(len(train)))
	}
	var factor mat.Cholesky
	if !factor.Factorize(gram) {
		return fault.New("tuning", "decoding", "", "the covariance of the responses cannot be inverted")
	}
	var right, weights mat.VecDense
	right.MulVec(z.T(), mat.NewVecDense(len(targets), targets))
	if err := factor.SolveVecTo(&weights, &right); err != nil {
		return &fault.Error{Package: "tuning", Argument: "decoding", Err: err}
	}
	for _, image := range test {
		v := middle
		for cell := range r.Cells {
			v += weights.AtVec(cell) * (r.At(image, cell) - means[cell]) / scales[cell]
		}
		d.Values[image] = v
	}
	return nil
}

// wilson returns Wilson's interval of 95 % for a share of k among n (J. Am. Stat. Assoc. 22:209, 1927).
func wilson(k, n int) (low, high float64) {
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	centre, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, (centre-half)/(1+z*z/m)), min(1, (centre+half)/(1+z*z/m))
}

// Sides returns labels for [Decode] from the values of a parameter. For orientations in degrees, −1 means left (between
// −90 and 0) and 1 means right (between 0 and 90), both modulo 180, as in the tutorial's question. For other
// parameters, −1 means below the median and 1 above it. Orientations of 0 and 90, values equal to the median, and
// missing values have the label 0.
func Sides(values []float64, orientation bool) []int {
	labels := make([]int, len(values))
	middle := 0.0
	if !orientation {
		middle = statistics.Median(slices.DeleteFunc(slices.Clone(values), math.IsNaN))
	}
	for i, v := range values {
		if orientation {
			if v = math.Remainder(v, 180); math.Abs(math.Abs(v)-90) < angleSlack || math.Abs(v) < angleSlack {
				continue
			}
		}
		switch {
		case v < middle:
			labels[i] = -1
		case v > middle:
			labels[i] = 1
		}
	}
	return labels
}
