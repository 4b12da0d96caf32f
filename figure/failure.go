package figure

import (
	"fmt"

	"gpuconv/conv"
)

// Mistake is a wrong output beside the right one, for [Failure]. Each tensor is one channel of one image, [1 1 H W].
type Mistake struct {
	Title              string
	Stimulus, Filter   *conv.Tensor // if there are several channels, one of them
	Got, Want          *conv.Tensor
	Difference, Excess *conv.Tensor // Got − Want, and this difference divided by the allowed error
}

const failureBox = 256

// Failure draws a mistake: the stimulus, the filter, the output, the reference, their difference, and the error divided
// by its bound. Each panel has its own range, which its title states; output and reference share one. The stimulus is
// drawn in greys. The other panels are blue below 0 and red above, in a symmetric range. In the last panel,
// error/bound, white means no error, and full red or blue means an error at its bound or beyond. NaN is black,
// and magenta in the stimulus.
func Failure(m Mistake) (*Picture, error) {
	for _, t := range []struct {
		arg string
		t   *conv.Tensor
	}{{"stimulus", m.Stimulus}, {"filter", m.Filter}, {"got", m.Got}, {"want", m.Want}, {"difference", m.Difference},
		{"excess", m.Excess}} {
		if err := checkTensor(t.arg, t.t, [4]string{"image", "channel", "row", "column"}); err != nil {
			return nil, err
		}
	}
	outputs := max(largestMagnitude(m.Want.Data), 1e-30)
	low, high := extent(m.Stimulus.Data)
	bar := &colorBar{label: "error / bound", colors: bwr(-1, 1)}
	shown := func(t *conv.Tensor, title string, colors colorMap) panel {
		own := &colorBar{colors: colors}
		p := own.panel(planeOf(t, 0, 0), title, failureBox)
		bar.nan = bar.nan || own.nan
		return p
	}
	symmetric := func(t *conv.Tensor, title string) panel {
		most := largestMagnitude(t.Data)
		return shown(t, fmt.Sprintf("%s ±%.3g", title, most), bwr(-most, most))
	}
	first := []panel{
		shown(m.Stimulus, fmt.Sprintf("stimulus %.3g … %.3g", low, high), gray(low, high)),
		symmetric(m.Filter, "filter"),
		shown(m.Got, fmt.Sprintf("computed ±%.3g", outputs), bwr(-outputs, outputs)),
	}
	second := []panel{
		shown(m.Want, fmt.Sprintf("reference ±%.3g", outputs), bwr(-outputs, outputs)),
		symmetric(m.Difference, "difference"),
		bar.panel(planeOf(m.Excess, 0, 0), "error / bound"+upTo(m.Excess.Data), failureBox),
	}
	for _, row := range [][]panel{first, second} {
		for i := range row {
			row[i].x.shown, row[i].y.shown = true, true
		}
	}
	return &Picture{rows: [][]panel{first, second}, bar: bar,
		notes: append([]string{m.Title}, notes(append(first, second...))...)}, nil
}

// upTo says how large the largest finite ratio of an error to its bound is. (Ratios are infinite where no error is
// allowed.) It returns "" if that is exactly 1, or if there is no finite ratio above 0.
func upTo(data []float32) string {
	if most := largestMagnitude(data); most != 1 {
		return fmt.Sprintf(" up to %.3g", most)
	}
	return ""
}
