package report

import (
	"fmt"
	"slices"

	"gpuconv/figure"
)

// exampleNeurons is how many neurons are drawn. They are those whose halves agree best.
const exampleNeurons = 12

// pictures draws the tuning of the population, its best neurons and its dissimilarities.
func (p Population) pictures(out *files) error {
	aligned := figure.Axes{
		Title: "mean over neurons", XLabel: "from preferred (°)", YLabel: "test response",
		Lines: []figure.Line{{X: p.Found.Aligned.X, Y: p.Found.Aligned.Y, Style: figure.LinePoints}},
	}
	if len(p.Found.Aligned.X) > 0 {
		aligned.XTicks = []float64{-p.Halves.Period / 2, -p.Halves.Period / 4, 0, p.Halves.Period / 4,
			p.Halves.Period / 2}
	}
	all := []figure.Axes{
		aligned,
		histogram("preferred orientation", "orientation (°)", p.Found.Test.Figure("orientation_preferred_deg"), 0, 180,
			30),
		histogram("circular variance", "circular variance", p.Found.Test.Figure("circular_variance"), 0, 1, 25),
		histogram("train against test", "correlation of the halves", p.Found.Reliability, -1, 1, 40),
	}
	all[1].XTicks = []float64{0, 45, 90, 135, 180}
	if err := drawChart(out, "population", all); err != nil {
		return err
	}
	if err := drawChart(out, "neurons", p.examples()); err != nil {
		return err
	}
	if p.Found.Dissimilarity == nil {
		return nil
	}
	return p.matrix().draw(out)
}

// histogram draws how many neurons have each value.
func histogram(title, label string, values []float64, lo, hi float64, bins int) figure.Axes {
	return figure.Axes{Title: title, XLabel: label, YLabel: "neurons",
		Lines: []figure.Line{figure.Histogram(values, lo, hi, bins)}}
}

// examples draws the neurons whose halves agree best, both halves of each.
func (p Population) examples() []figure.Axes {
	order := p.Found.MostReliable()
	if len(order) == 0 {
		order = []int{0}
	}
	var all []figure.Axes
	key := [2]string{"train", "test"} // the first neuron has the key
	for _, neuron := range order[:min(exampleNeurons, len(order))] {
		train, test := p.Halves.Of(neuron)
		all = append(all, figure.Axes{
			Title: fmt.Sprintf("neuron %d", neuron), XLabel: "orientation (°)", YLabel: "response",
			XTicks: degreeTicks([]float64{slices.Min(p.Halves.Orientation), slices.Max(p.Halves.Orientation)}),
			Lines: []figure.Line{
				{X: p.Halves.Orientation, Y: train, Style: figure.Points, Name: key[0]},
				{X: p.Halves.Orientation, Y: test, Style: figure.Points, Name: key[1]},
			},
		})
		key = [2]string{}
	}
	return all
}
