package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"gpuconv/dataset"
	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/tuning"
)

// population is what recordings say about their neurons.
type population struct {
	halves tuning.Halves
	*tuning.Population
}

// newPopulation analyses recordings, at the middles of their bins if they have such.
func newPopulation(ctx context.Context, r *dataset.Recordings) (*population, error) {
	h := tuning.Halves{Orientation: r.Orientation, Neurons: r.Neurons, Train: r.Train, Test: r.Test}
	if bins, period, ok := r.Bins(); ok {
		h.Orientation, h.Period = bins, period
	}
	found, err := h.Analyse(ctx)
	return &population{h, found}, err
}

// summary is the distribution of a figure over the neurons that have it.
type summary struct {
	Neurons   int    `json:"neurons"`
	Quartile1 number `json:"quartile_1"`
	Median    number `json:"median"`
	Quartile3 number `json:"quartile_3"`
}

func summarise(values []float64) summary {
	q := tuning.QuartilesOf(values)
	return summary{q.Cells, number(q.First), number(q.Median), number(q.Third)}
}

func (s summary) String() string {
	if s.Neurons == 0 {
		return "not known"
	}
	return fmt.Sprintf("median %.3f, quartiles %.3f and %.3f", float64(s.Median), float64(s.Quartile1), float64(s.Quartile3))
}

// print says what was found.
func (p *population) print(w io.Writer) {
	fmt.Fprintf(w, "halves    correlation of a neuron's responses in train and test: %v\n", summarise(p.Reliability))
	fmt.Fprintf(w, "tuning    circular variance of the test responses above the mean: %v\n", summarise(p.Test.Figure("circular_variance")))
	if len(p.Aligned.X) > 0 {
		peak := len(p.Aligned.X) / 2
		fmt.Fprintf(w, "          mean test response at the orientation preferred in train %.3f, %.3g° away %.3f\n",
			p.Aligned.Y[peak], -p.Aligned.X[peak/2], p.Aligned.Y[peak/2])
	}
	for _, note := range p.Test.Notes {
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
	out, err := output{"output", folder}.createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
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
	fmt.Fprintf(stdout, "wrote     %s: %s\n", fault.Printable(folder), strings.Join(t.files, ", "))
	return nil
}

func (p *population) tables(t *tuned, out outputFolder) error {
	report := populationReport{
		Schema: 1, Command: os.Args, Program: describeProgram(), Stimuli: len(p.halves.Orientation), Neurons: p.halves.Neurons,
		Reliability: summarise(p.Reliability), CircularVariance: summarise(p.Test.Figure("circular_variance")),
		Selectivity: summarise(p.Test.Figure("orientation_selectivity")),
		Aligned:     curveReport{numbers(p.Aligned.X), numbers(p.Aligned.Y)}, Notes: append([]string{}, p.Test.Notes...),
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("population.json: %w", err)
	}
	names := make([]string, p.halves.Neurons)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	extra := []param.Column{
		{Name: "train_orientation_deg", Numbers: p.Train.Figure("orientation_preferred_deg")},
		{Name: "train_test_correlation", Numbers: p.Reliability},
	}
	for name, write := range map[string]func(io.Writer) error{
		"cells.csv":       func(w io.Writer) error { return p.Test.WriteCells(w, names, extra...) },
		"aligned.csv":     p.writeAligned,
		"population.json": func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err },
	} {
		if err := t.save(out, name, write); err != nil {
			return err
		}
	}
	slices.Sort(t.files)
	if p.Dissimilarity == nil {
		return nil
	}
	return t.save(out, "rdm.csv", func(w io.Writer) error {
		return tuning.WriteMatrix(w, "orientation_deg", p.halves.Orientation, p.Dissimilarity)
	})
}

func (p *population) writeAligned(w io.Writer) error {
	t := param.Table{Columns: []param.Column{{Name: "degrees_from_preferred", Numbers: p.Aligned.X}, {Name: "response", Numbers: p.Aligned.Y}}}
	return t.WriteCSV(w)
}
