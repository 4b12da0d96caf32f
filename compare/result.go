package compare

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// Result has the figures of a comparison of outputs with the judge's.
type Result struct {
	Elements int
	Wrong    int // beyond the bound, not written, or not the expected NaN or infinity
	NaNs     int // wrong outputs that are NaN: most likely they were never written
	Warnings int // within the bound but beyond the probable size of an error
	BothNaN  int // outputs that are NaN, as the judge's are
	BothInf  int // outputs that are infinite, as the judge's are when rounded to float32

	MaxError float64 // largest |got − want| of finite outputs
	MaxRatio float64 // largest |got − want| / bound; +Inf for a wrong NaN or infinity, and where the bound is 0
	RMS      float64 // root of the mean square of the finite errors, divided by Largest
	Largest  float64 // largest |want| of finite outputs

	Worst    [4]int // where MaxRatio is: image, channel, row, column
	Got      float64
	Want     float64
	Limit    float64 // the bound there: the error that is allowed
	worstAt  int
	hasWorst bool
}

// OK reports whether every output is right and there was at least one.
func (r Result) OK() bool { return r.Elements > 0 && r.Wrong == 0 }

// String says in one line what was found.
func (r Result) String() string {
	switch {
	case r.Elements == 0:
		return "no outputs were compared"
	case r.OK():
		return fmt.Sprintf("%d outputs agree: largest error %.2g, %.2g of the bound; RMS %.2g", r.Elements, r.MaxError,
			r.MaxRatio, r.RMS) + r.notFinite()
	}
	return fmt.Sprintf("%d of %d outputs are wrong (%d NaN): "+
		"image %d, channel %d, row %d, column %d is %g, want %g ± %.2g",
		r.Wrong, r.Elements, r.NaNs, r.Worst[0], r.Worst[1], r.Worst[2], r.Worst[3], r.Got, r.Want, r.Limit) +
		r.notFinite()
}

// NotFinite says how many of the right outputs are NaN or infinite, for example "9 of 100 are NaN in both". It returns
// "" if there are none.
func (r Result) NotFinite() string {
	switch {
	case r.BothNaN > 0 && r.BothInf > 0:
		return fmt.Sprintf("%d of %d are NaN and %d infinite in both", r.BothNaN, r.Elements, r.BothInf)
	case r.BothNaN > 0:
		return fmt.Sprintf("%d of %d are NaN in both", r.BothNaN, r.Elements)
	case r.BothInf > 0:
		return fmt.Sprintf("%d of %d are infinite in both", r.BothInf, r.Elements)
	}
	return ""
}

// notFinite returns the text of NotFinite in a form that continues a line.
func (r Result) notFinite() string {
	if text := r.NotFinite(); text != "" {
		return "; " + text
	}
	return ""
}

// verdict is the comparison of one output.
type verdict struct {
	at              int
	got             float32
	want            float64
	limit, probable float64
}

// ratio returns the error as a fraction of the bound. It is 0 for equal values, for a NaN that was expected, and for an
// infinity where want is beyond the range of float32 and has the same sign. It is +Inf for any other NaN or infinity.
func (v verdict) ratio() float64 {
	got := float64(v.got)
	switch {
	case got == v.want, math.IsNaN(got) && math.IsNaN(v.want):
		return 0
	case math.IsInf(got, 0) && math.Abs(v.want) > math.MaxFloat32 && math.Signbit(got) == math.Signbit(v.want):
		return 0 // want is beyond the range of float32
	case math.IsNaN(got), math.IsInf(got, 0), math.IsNaN(v.want), math.IsInf(v.want, 0):
		return math.Inf(1)
	}
	if ratio := math.Abs(got-v.want) / v.limit; !math.IsNaN(ratio) {
		return ratio
	}
	return math.Inf(1) // the bound is NaN: nothing is known about this output
}

func (r *Result) add(v verdict) {
	ratio := v.ratio()
	err := math.Abs(float64(v.got) - v.want)
	if !(ratio <= 1) {
		r.Wrong++
		if math.IsNaN(float64(v.got)) {
			r.NaNs++
		}
	} else if err > v.probable {
		r.Warnings++
	}
	if ratio <= 1 && !finite(v.got) {
		r.countNotFinite(v.got)
	}
	if !math.IsNaN(err) && !math.IsInf(err, 0) {
		r.MaxError = max(r.MaxError, err)
	}
	if !r.hasWorst || ratio > r.MaxRatio || ratio == r.MaxRatio && err > math.Abs(r.Got-r.Want) {
		r.hasWorst, r.worstAt = true, v.at
		r.MaxRatio, r.Got, r.Want, r.Limit = ratio, float64(v.got), v.want, v.limit
	}
}

func finite(v float32) bool { return v-v == 0 }

func (r *Result) countNotFinite(v float32) {
	if v != v {
		r.BothNaN++
	} else {
		r.BothInf++
	}
}

// locate sets Worst to the index of the worst output.
func (r *Result) locate(shape conv.Shape) { r.Worst = place(r.worstAt, shape) }

// Merge adds to r the result of further images of the same batch. first is the index, in the batch, of the first of
// these images.
func (r *Result) Merge(other Result, first int) {
	if other.Elements == 0 {
		return
	}
	if !r.hasWorst || other.MaxRatio > r.MaxRatio {
		r.hasWorst, r.MaxRatio = true, other.MaxRatio
		r.Worst, r.Got, r.Want, r.Limit = other.Worst, other.Got, other.Want, other.Limit
		r.Worst[0] += first
	}
	mine, others := r.RMS*r.Largest, other.RMS*other.Largest
	if r.Largest = max(r.Largest, other.Largest); r.Largest > 0 {
		squares := mine*mine*float64(r.Elements) + others*others*float64(other.Elements)
		r.RMS = math.Sqrt(squares/float64(r.Elements+other.Elements)) / r.Largest
	}
	r.Elements += other.Elements
	r.Wrong += other.Wrong
	r.NaNs += other.NaNs
	r.Warnings += other.Warnings
	r.BothNaN += other.BothNaN
	r.BothInf += other.BothInf
	r.MaxError = max(r.MaxError, other.MaxError)
}
