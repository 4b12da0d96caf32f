package report

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"gpuconv/figure"
	"gpuconv/tuning"
)

// draw writes the picture of all curves over an axis.
func (t Tuning) draw(out *files, curves tuning.AxisCurves) error {
	var all []figure.Axes
	for cell, c := range curves.Curves {
		axes := axesOf(curves, c)
		axes.Title = t.title(cell)
		if fit := t.Analysis.Cells[cell].Fit; curves.Axis == tuning.ByOrientation && fit != nil && fit.Explains() {
			axes.Lines[0].Style = figure.Points
			axes.Lines = append(axes.Lines, fitted(fit, c.X))
			if c.HasDirections() { // the fit has a period of 180°, and cannot show a preferred direction
				axes.XLabel += ", fit to the mean of directions"
			}
		}
		if fit := t.Analysis.Cells[cell].Contrast; curves.Axis == tuning.ByContrast && fit != nil {
			axes.Lines[0].Style = figure.Points
			axes.Lines = append(axes.Lines, over(c.X, fit.At))
		}
		all = append(all, axes)
	}
	if err := drawChart(out, "curves_"+fileName(curves.Axis.String()), all); err != nil {
		return err
	}
	return t.drawDirections(out, curves)
}

// fileName returns the name of a column as a part of the name of a file: an underscore is in place of each character
// that some system does not allow there, as in speed (deg/s), and long names are cut.
func fileName(column string) string {
	const most = 50 // letters
	name := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, column))
	return string(name[:min(most, len(name))])
}

// drawDirections writes the picture directions, the responses to directions around a circle, if there are directions.
func (t Tuning) drawDirections(out *files, curves tuning.AxisCurves) error {
	var all []figure.Axes
	for cell, c := range curves.Curves {
		if curves.Axis == tuning.ByOrientation && c.HasDirections() {
			all = append(all, figure.Axes{Title: t.title(cell), Polar: true,
				Lines: []figure.Line{{X: c.X, Y: c.Y, Style: figure.LinePoints}}})
		}
	}
	if all == nil {
		return nil
	}
	return drawChart(out, "directions", all)
}

// drawChart writes a picture of axes. name has no extension.
func drawChart(out *files, name string, all []figure.Axes) error {
	chart, err := figure.Plots(all)
	if err != nil {
		return err
	}
	if err := chart.On(out.pictures.Drawn.Page); err != nil {
		return err
	}
	return out.draw(name, chart)
}

// axesOf returns axes with a curve in them.
func axesOf(curves tuning.AxisCurves, c tuning.Curve) figure.Axes {
	axes := figure.Axes{YLabel: "response", Lines: []figure.Line{{X: c.X, Y: c.Y, Style: figure.LinePoints}}}
	switch curves.Axis {
	case tuning.ByOrientation:
		axes.XLabel, axes.XTicks = "orientation (°)", degreeTicks(c.X)
	case tuning.ByPhase:
		axes.XLabel, axes.XTicks = "phase (°)", degreeTicks(c.X)
	case tuning.ByFrequency:
		axes.XLabel, axes.LogX, axes.XTicks = axisName(curves.Column), c.X[0] > 0, fewOf(c.X)
	default:
		axes.XLabel = axisName(curves.Column)
		if strings.HasSuffix(curves.Column, "_deg") {
			axes.XTicks = degreeTicks(c.X)
		}
	}
	return axes
}

// fitted returns the fit as a line over the range of the data.
func fitted(fit *tuning.VonMises, x []float64) figure.Line { return over(x, fit.At) }

// over returns a function as a line over the range of x.
func over(x []float64, f func(float64) float64) figure.Line {
	const points = 180
	var line figure.Line
	lo, hi := x[0], x[len(x)-1]
	for i := range points + 1 {
		at := lo + (hi-lo)*float64(i)/points
		line.X, line.Y = append(line.X, at), append(line.Y, f(at))
	}
	return line
}

// degreeTicks returns ticks every 45° or 90° around the values. The outermost ticks may lie beyond the values, as 180
// beyond 175.
func degreeTicks(x []float64) []float64 {
	lo, hi := x[0], x[len(x)-1]
	step := 45.0
	if hi-lo > 225 {
		step = 90
	}
	var ticks []float64
	for v := math.Floor(lo/step) * step; v <= math.Ceil(hi/step)*step && len(ticks) < 12; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// fewOf returns at most six of the values, the first and the last among them.
func fewOf(x []float64) []float64 {
	const most = 6
	if len(x) <= most {
		return x
	}
	var few []float64
	for i := range most {
		few = append(few, x[i*(len(x)-1)/(most-1)])
	}
	return slices.Compact(few)
}
