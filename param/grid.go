package param

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Axis is a parameter and the values that it takes.
type Axis struct {
	Name   string // of a [Parameter]
	Values Values
}

// NewAxis returns the axis of a list of values.
func NewAxis(name string, values ...float64) Axis { return Axis{name, Explicit(values...)} }

// Grid enumerates every combination of the values of axes. The axes are in the order of the parameters that they name;
// the last of them varies fastest.
type Grid struct {
	axes []Axis
	at   []int // the index of each axis's parameter
	n    int
}

// maxGrid bounds the size of a grid, because its whole table is in memory.
const maxGrid = 1 << 20

// NewGrid returns the grid of axes over parameters. Without axes it has one element. NewGrid refuses axes that name no
// parameter, two axes of one name, axes without values or with values that are not finite, and grids of more than 2²⁰
// elements.
func NewGrid(parameters []Parameter, axes []Axis) (*Grid, error) {
	g := &Grid{n: 1}
	for at, p := range parameters {
		for _, axis := range axes {
			if axis.Name == p.Name {
				g.axes, g.at = append(g.axes, axis), append(g.at, at)
			}
		}
	}
	for i, axis := range axes {
		switch {
		case !slices.ContainsFunc(parameters, func(p Parameter) bool { return p.Name == axis.Name }):
			return nil, fault.New("param", "parameter", strconv.Quote(axis.Name), "want %s", names(parameters))
		case slices.ContainsFunc(axes[:i], func(a Axis) bool { return a.Name == axis.Name }):
			return nil, fault.New("param", "parameter", strconv.Quote(axis.Name)+" twice",
				"want it once, with a list of values")
		case axis.Values.Len() == 0:
			return nil, fault.New("param", "parameter", strconv.Quote(axis.Name), "no values: want at least one")
		case axis.Values.Len() > maxGrid/g.n:
			return nil, fault.New("param", "parameter", fmt.Sprintf("%q of %d values", axis.Name, axis.Values.Len()),
				"want at most %d in all", maxGrid)
		}
		g.n *= axis.Values.Len()
		if v, found := axis.Values.NotFinite(); found {
			return nil, fault.New("param", "parameter", strconv.Quote(axis.Name), "%v: want finite numbers", v)
		}
	}
	return g, nil
}

func names(parameters []Parameter) string {
	var all []string
	for _, p := range parameters {
		all = append(all, p.Name)
	}
	return "one of " + strings.Join(all, ", ")
}

// Len returns how many elements there are.
func (g *Grid) Len() int { return g.n }

// Set gives parameters the values of element i, 0 ≤ i < Len(). The parameters are those of NewGrid, or those of another
// instance of the same struct. Set refuses what [Parameter.Set] refuses.
func (g *Grid) Set(parameters []Parameter, i int) error {
	for k, axis := range slices.Backward(g.axes) {
		n := axis.Values.Len()
		if err := parameters[g.at[k]].Set(axis.Values.At(i % n)); err != nil {
			return err
		}
		i /= n
	}
	return nil
}

// Spread returns the numbers of at most count elements that show as much of the grid as so few can, in ascending order:
// the values of each axis are spread evenly over them, from the first to the last, and the axes are out of step with
// each other, as in a Latin hypercube (McKay, Beckman and Conover, Technometrics 21:239, 1979).
func (g *Grid) Spread(count int) []int {
	count = min(count, g.n)
	var all []int
	for k := range count {
		at, out := 0, 1
		for _, axis := range g.axes {
			n := axis.Values.Len()
			at *= n
			if n > 1 {
				at += level(k*out%count, count, n)
				for out++; gcd(out, count) > 1; {
					out++
				}
			}
		}
		all = append(all, at)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for at := 0; len(all) < count; at++ { // replaces elements that came twice
		if place, found := slices.BinarySearch(all, at); !found {
			all = slices.Insert(all, place, at)
		}
	}
	return all
}

// level spreads n values of an axis over count places.
func level(place, count, n int) int {
	if n < count {
		return place * n / count
	}
	return int(float64(place) * float64(n-1) / float64(max(1, count-1)))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Varying returns the names of the axes that have more than one value, the slowest first.
func (g *Grid) Varying() []string {
	var all []string
	for _, axis := range g.axes {
		if axis.Values.Len() > 1 {
			all = append(all, axis.Name)
		}
	}
	return all
}
