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

// The axes. The column of an axis is the first whose name starts as the comment says.
const (
	ByOrientation Axis = iota // orientation…, in degrees
	ByFrequency               // sf…, spatial frequency, in cycles/pixel or the like
	ByPhase                   // phase…, in degrees; else frame, of one cycle
)

// String returns the name of the axis on the command line.
func (a Axis) String() string {
	names := [...]string{"orientation", "sf", "phase"}
	if a < 0 || int(a) >= len(names) {
		return fmt.Sprintf("axis %d", int(a))
	}
	return names[a]
}

// Varying returns the axes that differ between the images of a table.
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

// Measured returns those of a table's columns that [Analyse] takes as numbers: the column of each axis, and those of a
// drift. A reader of tables refuses other cells in them, see [param.Reader].
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

// Complete returns those of a table's columns that must have a number in each row for curves over some axes: over all
// that vary, if none is named. A reader of tables refuses others, see [param.Reader].
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

// In says whether a column of t holds the axis.
func (a Axis) In(t *param.Table) bool { return shownIn(t).column(a) >= 0 }

// shown is what the images of a table showed: columns of numbers.
type shown []param.Column

// shownIn returns the columns of a table. Words become numbers. Of gratings that drift, phase_deg becomes the phase of
// the frame, phase_deg − 360°·drift_cycles_per_frame·frame, and the column frame is left out.
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

// column returns the column that holds an axis, or −1. Of phases, one that varies is preferred to the frames of a
// drift.
func (s shown) column(axis Axis) int {
	at := s.prefixed(axis)
	if axis == ByPhase && (at < 0 || !varies(s[at])) {
		if frame := s.named("frame"); frame >= 0 && varies(s[frame]) {
			return frame
		}
	}
	return at
}

// prefixed returns the first column whose name starts with that of the axis, or −1.
func (s shown) prefixed(axis Axis) int {
	return slices.IndexFunc(s, func(c param.Column) bool { return strings.HasPrefix(c.Name, axis.String()) })
}

func (s shown) named(name string) int {
	return slices.IndexFunc(s, func(c param.Column) bool { return c.Name == name })
}

// phases returns a column as phases in degrees: frames count a cycle of their own.
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

// varies says whether two images differ in a column. Images agree if their values are equal, or both are NaN.
func varies(c param.Column) bool {
	return slices.ContainsFunc(c.Numbers, func(v float64) bool { return bitsOf(v) != bitsOf(c.Numbers[0]) })
}

// bitsOf is equal for values that agree.
func bitsOf(v float64) uint64 {
	switch {
	case v == 0:
		return 0 // −0 too
	case math.IsNaN(v):
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(v)
}
