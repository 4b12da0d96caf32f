package tuning

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/fault"
	"gpuconv/param"
)

// Axis is a parameter that cells are tuned to.
type Axis int

// The axes. The column of an axis in a table is the first whose name starts with [Axis.String]: orientation, sf or
// phase.
const (
	ByOrientation Axis = iota // in degrees
	ByFrequency               // spatial frequency, in cycles/pixel or the like
	ByPhase                   // in degrees; if no phase varies, the column frame, where all frames make one cycle
)

// String returns the name of the axis on the command line.
func (a Axis) String() string {
	names := [...]string{"orientation", "sf", "phase"}
	if a < 0 || int(a) >= len(names) {
		return fmt.Sprintf("axis %d", int(a))
	}
	return names[a]
}

// Varying returns the axes whose values differ between the images of a table.
func Varying(t *param.Table) []Axis {
	s := shownIn(t)
	var axes []Axis
	for axis := ByOrientation; axis <= ByPhase; axis++ {
		if at := s.column(axis); at >= 0 && varies(s[at]) {
			axes = append(axes, axis)
		}
	}
	return axes
}

// Measured returns the names of those columns that [Analyse] reads as numbers: the column of each axis, and the columns
// of a drift. It can be the Numbers of a [param.Reader], which then refuses words in these columns.
func Measured(columns []string) []string {
	var s shown
	for _, name := range columns {
		s = append(s, param.Column{Name: name})
	}
	var all []string
	for axis := ByOrientation; axis <= ByPhase; axis++ {
		if at := s.prefixed(axis); at >= 0 {
			all = append(all, columns[at])
		}
	}
	for _, name := range []string{"frame", "drift_cycles_per_frame"} {
		if s.named(name) >= 0 {
			all = append(all, name)
		}
	}
	return all
}

// Complete returns the names of those columns that must have a number in each row, for curves over the axes by. If by
// is empty, it takes all axes that vary. It can be the Complete of a [param.Reader], which then refuses missing values
// in these columns.
func Complete(t *param.Table, by []Axis) []string {
	if len(by) == 0 {
		by = Varying(t)
	}
	return slices.DeleteFunc(Measured(t.Names()), func(name string) bool {
		return !slices.ContainsFunc(by, func(axis Axis) bool { return strings.HasPrefix(name, axis.String()) })
	})
}

// checkMeasured refuses a table that has words where [Measured] wants numbers, or lacks values of the axes by.
func checkMeasured(t *param.Table, by []Axis) error {
	for _, name := range Measured(t.Names()) {
		if words := t.Column(name).Words; len(words) > 0 {
			return fault.New("tuning", "column", fault.Printable(name), "row 0 is %q: want numbers", words[0])
		}
	}
	for _, name := range Complete(t, by) {
		if at := slices.IndexFunc(t.Column(name).Numbers, math.IsNaN); at >= 0 {
			return fault.New("tuning", "column", fault.Printable(name), "row %d has no value: want a number in each",
				at)
		}
	}
	return nil
}

// In reports whether t has a column for the axis.
func (a Axis) In(t *param.Table) bool { return shownIn(t).column(a) >= 0 }

// shown is what the images showed, as columns of numbers.
type shown []param.Column

// shownIn returns the columns of a table. Words become numbers. If gratings drift, phase_deg becomes the phase of the
// frame, phase_deg − 360°·drift_cycles_per_frame·frame, and the column frame is left out.
func shownIn(t *param.Table) shown {
	var s shown
	for _, c := range t.Columns {
		s = append(s, param.Column{Name: c.Name, Numbers: c.Levels()})
	}
	phase, frame, speed := s.named("phase_deg"), s.named("frame"), s.named("drift_cycles_per_frame")
	if phase < 0 || frame < 0 || speed < 0 || t.Check() != nil {
		return s
	}
	moved := slices.Clone(s[phase].Numbers)
	for i, v := range s[frame].Numbers {
		if cycles := s[speed].Numbers[i] * v; !math.IsNaN(cycles) {
			moved[i] -= 360 * cycles
		}
	}
	s[phase].Numbers = moved
	return slices.Delete(s, frame, frame+1)
}

// column returns the index of the column of an axis, or −1. For [ByPhase], that is the column frame if frames vary and
// no phase does.
func (s shown) column(axis Axis) int {
	at := s.prefixed(axis)
	if axis == ByPhase && (at < 0 || !varies(s[at])) {
		if frame := s.named("frame"); frame >= 0 && varies(s[frame]) {
			return frame
		}
	}
	return at
}

// prefixed returns the index of the first column whose name starts with the name of the axis, or −1.
func (s shown) prefixed(axis Axis) int {
	return slices.IndexFunc(s, func(c param.Column) bool { return strings.HasPrefix(c.Name, axis.String()) })
}

func (s shown) named(name string) int {
	return slices.IndexFunc(s, func(c param.Column) bool { return c.Name == name })
}

// phases returns a column as phases in degrees. The numbers of frames become phases that divide one cycle evenly.
func phases(c param.Column) param.Column {
	if c.Name != "frame" {
		return c
	}
	count := slices.Max(c.Numbers) + 1
	out := param.Column{Name: c.Name}
	for _, v := range c.Numbers {
		out.Numbers = append(out.Numbers, v/count*360)
	}
	return out
}

// varies reports whether two images differ in a column. Values agree if they are equal, or both NaN.
func varies(c param.Column) bool {
	return slices.ContainsFunc(c.Numbers, func(v float64) bool { return bitsOf(v) != bitsOf(c.Numbers[0]) })
}

// bitsOf returns the same bits for values that agree.
func bitsOf(v float64) uint64 {
	switch {
	case v == 0:
		return 0 // −0 too
	case math.IsNaN(v):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v)
}
