package param_test

import (
	"fmt"
	"os"

	"gpuconv/param"
)

func ExampleParseValues() {
	orientations, err := param.ParseValues("0:180:45")
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range orientations.Len() {
		fmt.Print(orientations.At(i), " ")
	}
	// Output: 0 45 90 135
}

// A grid gives the parameters of a struct every combination of values, the last parameter fastest.
func ExampleGrid() {
	var pattern struct{ Orientation, SF float64 }
	parameters := []param.Parameter{
		param.New("orientation", "orientation_deg", "degrees from vertical", &pattern.Orientation),
		param.New("sf", "sf_cycles_per_pixel", "spatial frequency", &pattern.SF),
	}
	grid, err := param.NewGrid(parameters, []param.Axis{param.NewAxis("sf", 0.1, 0.2),
		param.NewAxis("orientation", 0, 90)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range grid.Len() {
		if err := grid.Set(parameters, i); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(pattern)
	}
	// Output:
	// {0 0.1}
	// {0 0.2}
	// {90 0.1}
	// {90 0.2}
}

func ExampleTable() {
	t := param.NewTable("image", "orientation_deg", "sf_cycles_per_pixel")
	t.Add("grating", 0, 0.1)
	t.Add("grating", 45, 0.1)
	if err := t.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// image,kind,orientation_deg,sf_cycles_per_pixel
	// 0,grating,0,0.1
	// 1,grating,45,0.1
}
