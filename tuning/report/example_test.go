package report_test

import (
	"context"
	"fmt"
	"os"

	"gpuconv/param"
	"gpuconv/tuning"
	"gpuconv/tuning/report"
)

// Print the text of a report. Write makes its tables, JSON and pictures.
func ExampleTuning_WriteText() {
	r := &tuning.Responses{Images: 4, Cells: 2, Data: []float64{1, 4, 3, 4, 1, 4, 0, 4}}
	table := &param.Table{Columns: []param.Column{{Name: "orientation_deg", Numbers: []float64{0, 45, 90, 135}}}}
	a, err := tuning.Analyse(context.Background(), r, table, tuning.Settings{By: tuning.Varying(table)})
	if err != nil {
		fmt.Println(err)
		return
	}
	tuned := report.Tuning{Source: "y.npy", Shape: []int{4, 2}, Analysis: a}
	if err := tuned.WriteText(os.Stdout, a.Notes); err != nil {
		fmt.Println(err)
	}
	// Output:
	// read      y.npy [4 2], 2 cells, response at the centre, rectified
	// cell  orientation  circ. variance  OSI    half-width
	// 0     45°          0.400           1.000  -
	// 1     -            1.000           0.000  -
	// note      cell 1: all responses over orientation are alike: there is no peak
}
