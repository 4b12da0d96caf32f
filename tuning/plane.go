package tuning

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/fault"
	"gpuconv/param"
)

// Plane is how the cells respond to every pair of values of two axes.
type Plane struct {
	Axes    [2]Axis
	Columns [2]string     // of the table
	Values  [2][]float64  // ascending
	Cells   [][][]float64 // cell, index in Values[0], index in Values[1]; NaN if no image counts for that pair
}

// plane returns the responses over two axes. It reduces phases and all other parameters as curves over one axis do. It
// refuses two axes of one column.
func (s Settings) plane(r *Responses, columns shown, axes [2]Axis) (*Plane, error) {
	p := &Plane{Axes: axes}
	var places [2]int
	for i, axis := range axes {
		places[i] = columns.column(axis)
		p.Columns[i] = columns[places[i]].Name
	}
	if places[0] == places[1] {
		return nil, fault.New("tuning", "axes", fmt.Sprintf("%v and %v", axes[0], axes[1]),
			"both are the column %s: want two columns", p.Columns[0])
	}
	const unreduced = "the second axis" // not a name that withoutPhases looks for
	by := columns[places[0]]
	others := slices.Clone(columns)
	if axes[0] != ByPhase && axes[1] != ByPhase {
		others[places[1]].Name = unreduced
	}
	second := others[places[1]].Name
	others = slices.Delete(others, places[0], places[0]+1)
	if axes[0] != ByPhase && axes[1] != ByPhase {
		var err error
		if r, by, others, err = s.withoutPhases(r, by, others); err != nil {
			return nil, err
		}
	}
	at := others.named(second)
	beside := others[at]
	others = slices.Delete(slices.Clone(others), at, at+1)
	pairs, _ := groups(r.Images, []param.Column{by, beside})
	number := param.Column{Name: "pair"}
	for _, n := range pairs {
		number.Numbers = append(number.Numbers, float64(n))
	}
	curves, err := Curves(r, number, others, s.Over)
	if err != nil {
		return nil, err
	}
	for i, column := range []param.Column{by, beside} {
		p.Values[i] = slices.Compact(slices.Sorted(slices.Values(column.Numbers)))
	}
	for _, c := range curves {
		grid := make([][]float64, len(p.Values[0]))
		for i := range grid {
			grid[i] = slices.Repeat([]float64{math.NaN()}, len(p.Values[1]))
		}
		for i, pair := range c.X {
			image := slices.Index(pairs, int(pair))
			row, _ := slices.BinarySearch(p.Values[0], by.Numbers[image])
			column, _ := slices.BinarySearch(p.Values[1], beside.Numbers[image])
			grid[row][column] = c.Y[i]
		}
		p.Cells = append(p.Cells, grid)
	}
	return p, nil
}
