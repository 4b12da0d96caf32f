// Package param describes the parameters of stimuli and filters: their names and units, sweeps over their values, and
// tables that say which image or filter has which values.
//
// A [Parameter] is one number of a pattern, with a name and a unit. [Values] is a list or a range of numbers;
// [ParseValues] reads one as it is typed: -90,0,90 or start:stop:step. An [Axis] gives a parameter values, and a [Grid]
// enumerates every combination of several axes. A [Table] has a row for each image or filter; it is written as CSV and
// read back. A [Seed] makes random numbers repeatable.
package param

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/fault"
)

// Parameter is one number of a pattern or filter: a field of its struct, with a name. Make one with [New] or
// [NewWhole].
type Parameter struct {
	Name   string // on the command line: sf
	Column string // in a [Table], with its unit: sf_cycles_per_pixel
	Help   string // with its unit, and what 0 means

	place       any     // where the value is: a *float64, *int or *Seed
	least, most float64 // bounds, for whole numbers
}

// mostWhole bounds whole numbers: beyond it, float64 cannot hold every one of them.
const mostWhole = 1 << 53

// New returns the parameter whose value is at place. An int takes only whole numbers from −2⁵³ to 2⁵³, and a Seed those
// from 0 to 2⁵³.
func New[T float64 | int | Seed](name, column, help string, place *T) Parameter {
	p := Parameter{Name: name, Column: column, Help: help, place: place, least: -mostWhole, most: mostWhole}
	if _, isSeed := p.place.(*Seed); isSeed {
		p.least = 0
	}
	return p
}

// NewWhole returns the parameter of a whole number that is at least the argument least and at most the argument most.
func NewWhole(name, column, help string, place *int, least, most int) Parameter {
	p := New(name, column, help, place)
	p.least, p.most = float64(least), float64(most)
	return p
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

// Set changes the value. If the value is an int or a Seed, Set refuses a number that is not whole or is out of range.
func (p Parameter) Set(v float64) error {
	if place, isReal := p.place.(*float64); isReal {
		*place = v
		return nil
	}
	if !(v >= p.least && v <= p.most && math.Trunc(v) == v) {
		return fault.New("param", p.Name, v, "want a whole number from %s to %s", whole(p.least), whole(p.most))
	}
	switch place := p.place.(type) {
	case *int:
		*place = int(v)
	case *Seed:
		*place = Seed(v)
	}
	return nil
}

// whole formats a whole number. It writes powers of two from 2¹⁰ on as powers, such as −2⁵³.
func whole(v float64) string {
	exponent := math.Log2(math.Abs(v))
	if exponent < 10 || exponent != math.Trunc(exponent) {
		return written("%.0f", v)
	}
	text := "2"
	for _, digit := range fmt.Sprint(exponent) {
		text += string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[digit-'0'])
	}
	if v < 0 {
		text = "−" + text
	}
	return text
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

// Title returns the values of the named parameters, for pictures, such as 45°, sf 0.1. After an orientation
// below 0° comes the same one from 0° to 180°, as in −45° (135°).
func Title(parameters []Parameter, named []string) string {
	var parts []string
	for _, p := range parameters {
		switch {
		case !slices.Contains(named, p.Name):
		case p.Name == "orientation":
			text := written("%.4g°", p.Value())
			if v := p.Value(); v >= -180 && v < 0 {
				text += strings.Replace(written(" (%.4g°)", v+180), "(180°", "(0°", 1) // rounded up
			}
			parts = append(parts, text)
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
