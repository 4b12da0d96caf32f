package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"gpuconv/dataset"
	"gpuconv/tuning"

	"gonum.org/v1/gonum/stat"
)

// population is what recordings say about their neurons.
type population struct {
	recordings  *dataset.Recordings
	orientation []float64 // that the analysis takes for the stimuli's
	period      float64   // of the orientations' bins; 0 without bins

	train, test *tuning.Analysis // of rectified responses
	reliability []float64        // of each neuron: Pearson's r of its two curves
	aligned     tuning.Curve     // mean test response around the orientation preferred in train; empty without bins
	matrix      [][]float64      // dissimilarity of the test responses to each two stimuli
}

// newPopulation analyses recordings.
func newPopulation(ctx context.Context, r *dataset.Recordings) (*population, error) {
	p := &population{recordings: r, orientation: r.Orientation}
	if bins, period, ok := r.Bins(); ok {
		p.orientation, p.period = bins, period
	}
	table := tuning.NewTable("orientation_deg", p.orientation)
	var err error
	for _, half := range []struct {
		data []float32
		out  **tuning.Analysis
	}{{r.Train, &p.train}, {r.Test, &p.test}} {
		settings := tuning.Settings{By: []tuning.Axis{tuning.ByOrientation}, Phases: tuning.Largest}
		if *half.out, err = tuning.Analyse(ctx, p.responses(half.data), table, settings); err != nil {
			return nil, err
		}
	}
	p.compareHalves()
	p.align()
	p.matrix, err = p.dissimilarity()
	return p, err
}

// responses returns a half of the trials as rates: below the mean is none.
func (p *population) responses(data []float32) *tuning.Responses {
	r := &tuning.Responses{Images: len(p.orientation), Cells: p.recordings.Neurons, Data: make([]float64, len(data))}
	for i, v := range data {
		r.Data[i] = max(0, float64(v))
	}
	return r
}

// curve returns a neuron's responses in a half, to the stimuli in their order.
func (p *population) curve(half []float32, neuron int) []float64 {
	all := make([]float64, len(p.orientation))
	for i := range all {
		all[i] = float64(half[i*p.recordings.Neurons+neuron])
	}
	return all
}

func (p *population) compareHalves() {
	for neuron := range p.recordings.Neurons {
		r := stat.Correlation(p.curve(p.recordings.Train, neuron), p.curve(p.recordings.Test, neuron), nil)
		p.reliability = append(p.reliability, r)
	}
}

// align averages the test responses of all neurons, each turned so that the
// stimulus that it preferred in train is at 0.
func (p *population) align() {
	n := len(p.orientation)
	if p.period == 0 {
		return
	}
	order := make([]int, n) // stimuli by orientation
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, p.orientation[a]-p.orientation[b])) })
	sum := make([]float64, n)
	for neuron := range p.recordings.Neurons {
		train, test := p.curve(p.recordings.Train, neuron), p.curve(p.recordings.Test, neuron)
		peak := 0
		for rank := range order {
			if train[order[rank]] > train[order[peak]] {
				peak = rank
			}
		}
		for i := range sum {
			sum[i] += test[order[(peak+i+n-n/2)%n]]
		}
	}
	for i, v := range sum {
		p.aligned.X = append(p.aligned.X, float64(i-n/2)*p.period/float64(n))
		p.aligned.Y = append(p.aligned.Y, v/float64(p.recordings.Neurons))
	}
}

func (p *population) dissimilarity() ([][]float64, error) {
	var patterns [][]float64
	for i := range p.orientation {
		row := p.recordings.Test[i*p.recordings.Neurons : (i+1)*p.recordings.Neurons]
		pattern := make([]float64, len(row))
		for j, v := range row {
			pattern[j] = float64(v)
		}
		patterns = append(patterns, pattern)
	}
	if p.recordings.Neurons < 2 {
		return nil, nil
	}
	return tuning.Dissimilarity(patterns, tuning.Correlation)
}

// figure returns a figure of all neurons in a half; NaN where it is not known.
func figureOf(a *tuning.Analysis, name string) []float64 {
	all := make([]float64, len(a.Cells))
	for i, cell := range a.Cells {
		for _, f := range cell.Figures() {
			if f.Name == name {
				all[i] = f.Value
			}
		}
	}
	return all
}

// summary is the distribution of a figure over the neurons that have it.
type summary struct {
	Neurons   int    `json:"neurons"`
	Quartile1 number `json:"quartile_1"`
	Median    number `json:"median"`
	Quartile3 number `json:"quartile_3"`
}

func summarise(values []float64) summary {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		nan := number(math.NaN())
		return summary{0, nan, nan, nan}
	}
	slices.Sort(known)
	at := func(q float64) number { return number(stat.Quantile(q, stat.LinInterp, known, nil)) }
	return summary{len(known), at(0.25), at(0.5), at(0.75)}
}

func (s summary) String() string {
	if s.Neurons == 0 {
		return "not known"
	}
	return fmt.Sprintf("median %.3f, quartiles %.3f and %.3f", float64(s.Median), float64(s.Quartile1), float64(s.Quartile3))
}

// print says what was found.
func (p *population) print(w io.Writer) {
	fmt.Fprintf(w, "halves    correlation of a neuron's responses in train and test: %v\n", summarise(p.reliability))
	fmt.Fprintf(w, "tuning    circular variance of the test responses above the mean: %v\n", summarise(figureOf(p.test, "circular_variance")))
	if len(p.aligned.X) > 0 {
		peak := len(p.aligned.X) / 2
		fmt.Fprintf(w, "          mean test response at the orientation preferred in train %.3f, %.3g° away %.3f\n",
			p.aligned.Y[peak], -p.aligned.X[peak/2], p.aligned.Y[peak/2])
	}
	for _, note := range p.test.Notes {
		fmt.Fprintf(w, "note      %s\n", strings.TrimPrefix(note, "tuning: "))
	}
}

// populationReport is population.json.
type populationReport struct {
	Schema           int           `json:"schema"`
	Command          []string      `json:"command"`
	Program          programReport `json:"program"`
	Stimuli          int           `json:"stimuli"`
	Neurons          int           `json:"neurons"`
	Reliability      summary       `json:"reliability"` // correlation of the halves
	CircularVariance summary       `json:"circular_variance"`
	Selectivity      summary       `json:"orientation_selectivity"`
	Aligned          curveReport   `json:"aligned"` // mean test response, degrees from the preferred orientation
	Notes            []string      `json:"notes"`
}

// writeTo writes all files, or none.
func (p *population) writeTo(ctx context.Context, folder string, stdout io.Writer) error {
	out, err := newOutputDir(folder)
	if err != nil {
		return err
	}
	defer out.abort()
	t := &tuned{}
	if err := p.tables(t, out); err != nil {
		return err
	}
	if err := p.pictures(t, out); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // interrupted meanwhile: nothing shall be left
		return err
	}
	if err := out.commit(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "wrote     %s: %s\n", printable(folder), strings.Join(t.files, ", "))
	return nil
}

func (p *population) tables(t *tuned, out *outputDir) error {
	report := populationReport{
		Schema: 1, Command: os.Args, Program: describeProgram(), Stimuli: len(p.orientation), Neurons: p.recordings.Neurons,
		Reliability: summarise(p.reliability), CircularVariance: summarise(figureOf(p.test, "circular_variance")),
		Selectivity: summarise(figureOf(p.test, "orientation_selectivity")),
		Aligned:     curveReport{numbers(p.aligned.X), numbers(p.aligned.Y)}, Notes: append([]string{}, p.test.Notes...),
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("population.json: %w", err)
	}
	names := make([]string, p.recordings.Neurons)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	extra := []tuning.Parameter{
		{Name: "train_orientation_deg", Values: figureOf(p.train, "orientation_preferred_deg")},
		{Name: "train_test_correlation", Values: p.reliability},
	}
	for name, write := range map[string]func(io.Writer) error{
		"cells.csv":       func(w io.Writer) error { return p.test.WriteCells(w, names, extra...) },
		"aligned.csv":     p.writeAligned,
		"population.json": func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err },
	} {
		if err := t.save(out, name, write); err != nil {
			return err
		}
	}
	slices.Sort(t.files)
	if p.matrix == nil {
		return nil
	}
	return t.save(out, "rdm.csv", func(w io.Writer) error {
		return tuning.WriteMatrix(w, "orientation_deg", p.orientation, p.matrix)
	})
}

func (p *population) writeAligned(w io.Writer) error {
	fmt.Fprintln(w, "degrees_from_preferred,response")
	for i, x := range p.aligned.X {
		if _, err := fmt.Fprintf(w, "%v,%v\n", x, p.aligned.Y[i]); err != nil {
			return err
		}
	}
	return nil
}
