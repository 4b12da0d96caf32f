package main

import (
	"fmt"
	"slices"

	"gpuconv/figure"
	"gpuconv/tuning"
)

// exampleNeurons is how many neurons are drawn: those whose halves agree best.
const exampleNeurons = 12

// pictures draws what the population does, its best neurons and its
// dissimilarities.
func (p *population) pictures(t *tuned, out outputFolder) error {
	aligned := figure.Axes{
		Title: "mean over neurons", XLabel: "from preferred (°)", YLabel: "test response",
		Lines: []figure.Line{{X: p.Aligned.X, Y: p.Aligned.Y, Style: figure.Dotted}},
	}
	if len(p.Aligned.X) > 0 {
		aligned.XTicks = []float64{-p.halves.Period / 2, -p.halves.Period / 4, 0, p.halves.Period / 4, p.halves.Period / 2}
	}
	all := []figure.Axes{
		aligned,
		histogram("preferred orientation", "orientation (°)", p.Test.Figure("orientation_preferred_deg"), 0, 180, 30),
		histogram("circular variance", "circular variance", p.Test.Figure("circular_variance"), 0, 1, 25),
		histogram("train against test", "correlation of the halves", p.Reliability, -1, 1, 40),
	}
	all[1].XTicks = []float64{0, 45, 90, 135, 180}
	if err := t.chart(out, "population.png", all); err != nil {
		return err
	}
	if err := t.chart(out, "neurons.png", p.examples()); err != nil {
		return err
	}
	if p.Dissimilarity == nil {
		return nil
	}
	curves := tuning.AxisCurves{Axis: tuning.ByOrientation, Column: "orientation_deg"}
	return t.drawMatrix(out, curves, tuning.Correlation, p.halves.Orientation, p.Dissimilarity)
}

// histogram draws how many neurons have which values.
func histogram(title, label string, values []float64, lo, hi float64, bins int) figure.Axes {
	return figure.Axes{Title: title, XLabel: label, YLabel: "neurons", Lines: []figure.Line{figure.Histogram(values, lo, hi, bins)}}
}

// examples draws the neurons whose halves agree best, both halves of each.
func (p *population) examples() []figure.Axes {
	order := p.MostReliable()
	if len(order) == 0 {
		order = []int{0}
	}
	var all []figure.Axes
	key := [2]string{"train", "test"} // in the first of them
	for _, neuron := range order[:min(exampleNeurons, len(order))] {
		train, test := p.halves.Of(neuron)
		all = append(all, figure.Axes{
			Title: fmt.Sprintf("neuron %d", neuron), XLabel: "orientation (°)", YLabel: "response",
			XTicks: degreeTicks([]float64{slices.Min(p.halves.Orientation), slices.Max(p.halves.Orientation)}),
			Lines: []figure.Line{
				{X: p.halves.Orientation, Y: train, Style: figure.Points, Name: key[0]},
				{X: p.halves.Orientation, Y: test, Style: figure.Points, Name: key[1]},
			},
		})
		key = [2]string{}
	}
	return all
}
