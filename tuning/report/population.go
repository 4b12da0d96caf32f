package report

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/tuning"
)

// Population is a report about recorded neurons.
type Population struct {
	Origin
	Pictures
	Source any // describes the file of the recordings; it goes into the JSON as it is
	Halves tuning.Halves
	Found  *tuning.Population // what Halves.Analyse returned
}

// Write writes cells.csv, aligned.csv, population.json and the pictures population and neurons into a folder, and
// rdm.csv and the picture rdm if there are at least two neurons. It returns their names. Errors are those of the folder
// and of pictures that cannot be drawn, and the error of ctx once it is done.
func (p Population) Write(ctx context.Context, folder Folder) ([]string, error) {
	out := &files{folder: folder, pictures: p.Pictures}
	if err := p.tables(out); err != nil {
		return nil, err
	}
	if err := p.pictures(out); err != nil {
		return nil, err
	}
	return out.names, ctx.Err() // after an interrupt the caller discards the folder
}

func (p Population) tables(out *files) error {
	if err := out.write("aligned.csv", func(w io.Writer) error {
		return writeAligned(w,
			p.Found.Aligned)
	}); err != nil {
		return err
	}
	extra := []param.Column{
		{Name: "train_orientation_deg", Numbers: p.Found.Train.Figure("orientation_preferred_deg")},
		{Name: "train_test_correlation", Numbers: p.Found.Reliability},
		{Name: "noise_ceiling", Numbers: p.ceilings()},
	}
	err := out.write("cells.csv", func(w io.Writer) error {
		return writeCells(w, p.Found.Test, numbered(p.Halves.Neurons), extra...)
	})
	if err != nil {
		return err
	}
	if err := out.writeJSON("population.json", p.json()); err != nil || p.Found.Dissimilarity == nil {
		return err
	}
	return out.write("rdm.csv", func(w io.Writer) error { return writeMatrix(w, p.matrix()) })
}

// ceilings returns the noise ceiling of each neuron.
func (p Population) ceilings() (all []float64) {
	for _, r := range p.Found.Reliability {
		all = append(all, tuning.NoiseCeiling(r))
	}
	return all
}

func (p Population) matrix() matrix {
	return matrix{"orientation_deg", p.Halves.Orientation, tuning.Correlation, p.Found.Dissimilarity}
}

// populationJSON is population.json.
type populationJSON struct {
	Schema           int      `json:"schema"`
	Command          []string `json:"command"`
	Program          any      `json:"program"`
	Source           any      `json:"source,omitempty"` // the file of the recordings: checksums, bytes
	Stimuli          int      `json:"stimuli"`
	Neurons          int      `json:"neurons"`
	Reliability      summary  `json:"reliability"`   // correlation of the halves
	NoiseCeiling     summary  `json:"noise_ceiling"` // largest correlation of a model with the mean of the halves
	CircularVariance summary  `json:"circular_variance"`
	Selectivity      summary  `json:"orientation_selectivity"`
	Aligned          curve    `json:"aligned"` // mean test response over degrees from the preferred orientation
	Notes            []string `json:"notes"`
}

func (p Population) json() populationJSON {
	return populationJSON{
		Schema: 1, Command: p.Command, Program: p.Program, Source: p.Source,
		Stimuli:          len(p.Halves.Orientation),
		Neurons:          p.Halves.Neurons,
		Reliability:      summarise(p.Found.Reliability),
		NoiseCeiling:     summarise(p.ceilings()),
		CircularVariance: summarise(p.Found.Test.Figure("circular_variance")),
		Selectivity:      summarise(p.Found.Test.Figure("orientation_selectivity")),
		Aligned:          curveOf(p.Found.Aligned), Notes: texts(p.notes()),
	}
}

// notes returns the notes about the test responses, and one more if responses in train are NaN or infinite.
func (p Population) notes() []error {
	notes := p.Found.Test.Notes
	count := 0
	for _, v := range p.Halves.Train {
		if v-v != 0 { // NaN or infinite
			count++
		}
	}
	if count > 0 {
		notes = append(slices.Clip(notes), fault.New("tuning",
			fmt.Sprintf("%d of %d responses in train are NaN or infinite", count, len(p.Halves.Train)), "",
			"what is made of them is left out"))
	}
	return notes
}

// WriteText writes the result in three or four lines, and a line for each note.
func (p Population) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "halves    correlation of a neuron's responses in train and test: %v\n",
		summarise(p.Found.Reliability))
	fmt.Fprintf(out, "          noise ceiling, the best correlation with the mean of both: %v\n",
		summarise(p.ceilings()))
	variance := summarise(p.Found.Test.Figure("circular_variance"))
	fmt.Fprintf(out, "tuning    circular variance of the test responses above the mean: %v\n", variance)
	if aligned := p.Found.Aligned; len(aligned.X) > 0 {
		peak := len(aligned.X) / 2
		fmt.Fprintf(out, "          mean test response at the orientation preferred in train %.3f, %.3g° away %.3f\n",
			aligned.Y[peak], -aligned.X[peak/2], aligned.Y[peak/2])
	}
	writeNotes(out, p.notes())
	return out.Flush()
}
