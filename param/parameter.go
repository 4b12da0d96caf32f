// Package param names numbers and lists their values: the parameters of a stimulus or
// filter, the sweeps over them, and the tables that say which image or filter has which
// values.
//
// A [Parameter] is one number of a pattern, with a name and a unit. [Values] is a list or a range of numbers;
// [ParseValues] reads one as it is typed: -90,0,90 or start:stop:step. An [Axis] gives a parameter values, and a [Grid]
// enumerates every combination of several axes. A [Table] has a row for each image or filter; it is written as CSV and
// read back. A [Seed] makes random numbers repeatable.
package param

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/fault"
)

// Parameter is one number of a pattern or filter: a field of its struct, with a name. Make one with [New].
type Parameter struct {
	Name   string // on the command line: sf
	Column string // in a [Table], with its unit: sf_cycles_per_pixel
	Help   string // with its unit and what 0 stands for

	place any // where the value is: a *float64, *int or *Seed
}

// mostWhole bounds whole numbers: beyond it neighbours have the same float64.
const mostWhole = 1 << 53

// New returns the parameter whose value is at place. A parameter of integers takes only whole numbers, up to 2⁵³ and,
// if it is an int, down to −2⁵³.
func New[T float64 | int | Seed](name, column, help string, place *T) Parameter {
	return Parameter{Name: name, Column: column, Help: help, place: place}
}

// Value returns the present value.
func (p Parameter) Value() float64 {
	switch place := p.place.(type) {
	case *int:
		return float64(*place)
	case *Seed:
		return float64(*place)
	}
	return *p.place.(*float64)
}

// Set changes the value. It refuses a number that is not whole if the parameter is one of integers.
func (p Parameter) Set(v float64) error {
	switch place := p.place.(type) {
	case *int:
		if !(v >= -mostWhole && v <= mostWhole && float64(int(v)) == v) {
			return fault.New("param", p.Name, v, "want a whole number from −2⁵³ to 2⁵³")
		}
		*place = int(v)
	case *Seed:
		if !(v >= 0 && v <= mostWhole && float64(Seed(v)) == v) {
			return fault.New("param", p.Name, v, "want a whole number from 0 to 2⁵³")
		}
		*place = Seed(v)
	case *float64:
		*place = v
	}
	return nil
}

// Columns returns the names of the columns of parameters, for [NewTable].
func Columns(parameters []Parameter) []string {
	all := make([]string, len(parameters))
	for i, p := range parameters {
		all[i] = p.Column
	}
	return all
}

// Numbers returns the present values of parameters, for [Table.Add].
func Numbers(parameters []Parameter) []float64 {
	all := make([]float64, len(parameters))
	for i, p := range parameters {
		all[i] = p.Value()
	}
	return all
}

// Title names the values of some parameters, for pictures: 45°, sf 0.1.
func Title(parameters []Parameter, named []string) string {
	var parts []string
	for _, p := range parameters {
		switch {
		case !slices.Contains(named, p.Name):
		case p.Name == "orientation":
			parts = append(parts, written("%.4g°", p.Value()))
		default:
			parts = append(parts, p.Name+" "+written("%.3g", p.Value()))
		}
	}
	return strings.Join(parts, ", ")
}

// written formats a value with a real minus sign.
func written(format string, v float64) string {
	return strings.ReplaceAll(fmt.Sprintf(format, v), "-", "−")
}
