package tuning_test

import (
	"context"
	"fmt"
	"math"

	"gpuconv/param"
	"gpuconv/tuning"
)

// A curve is the responses of a cell to some orientations.
func ExampleCurve_Orientation() {
	curve := tuning.Curve{X: []float64{0, 45, 90, 135}, Y: []float64{1, 3, 1, 0}}
	o, err := curve.Orientation()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("prefers %.0f°, circular variance %.2f, selectivity %.2f\n", o.Preferred, o.CircularVariance,
		o.Selectivity)
	// Output: prefers 45°, circular variance 0.40, selectivity 1.00
}

// From responses and a table of what the images showed to the figures of each cell.
func ExampleAnalyse() {
	r := &tuning.Responses{Cells: 2}
	orientations := param.Column{Name: "orientation_deg"}
	for degrees := 0.0; degrees < 180; degrees += 15 {
		answer := func(preferred float64) float64 { return math.Exp(2 * math.Cos(2*(degrees-preferred)*math.Pi/180)) }
		r.Data = append(r.Data, answer(30), answer(120))
		r.Images++
		orientations.Numbers = append(orientations.Numbers, degrees)
	}
	table := &param.Table{Columns: []param.Column{orientations}}
	a, err := tuning.Analyse(context.Background(), r, table, tuning.Settings{By: tuning.Varying(table), Fit: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for cell, c := range a.Cells {
		fmt.Printf("cell %d prefers %.0f° with a half-width of %.1f°\n", cell, c.Orientation.Preferred,
			c.Fit.HalfWidth())
	}
	// Output:
	// cell 0 prefers 30° with a half-width of 24.3°
	// cell 1 prefers 120° with a half-width of 24.3°
}

// activations is an array in memory, read in pieces as npy.Reader reads a file.
type activations struct {
	shape []int
	data  []float32
}

func (a *activations) Shape() []int { return a.shape }

func (a *activations) Read(dst []float32) error {
	a.data = a.data[copy(dst, a.data):]
	return nil
}

// The response of a cell is a value of its channel's map.
func ExampleRead() {
	source := &activations{shape: []int{2, 1, 1, 3}, data: []float32{1, 5, -2, 0, -7, 4}}
	responses, err := tuning.Read(context.Background(), source, tuning.Readout{Pool: tuning.Centre}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(responses.Data)
	// Output: [5 0]
}

// How different the responses of a population to each pair of stimuli are.
func ExampleDissimilarity() {
	patterns := [][]float64{{1, 2, 3}, {2, 4, 6}, {3, 2, 1}}
	matrix, err := tuning.Dissimilarity(patterns, tuning.Correlation)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range matrix {
		fmt.Printf("%.1f\n", row)
	}
	// Output:
	// [0.0 0.0 2.0]
	// [0.0 0.0 2.0]
	// [2.0 2.0 0.0]
}
