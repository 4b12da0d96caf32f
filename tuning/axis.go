package tuning

import (
	"math"
	"slices"
	"strings"

	"gpuconv/fault"
	"gpuconv/param"
)

// Axis is a parameter that cells are tuned to: one of the names below, or the name of a column of the table.
type Axis string

// The axes that have figures of their own. The column of an axis is the one that has its name or, if there is none, the
// first whose name begins with it, such as orientation_deg. For ByContrast and BySize an underscore must follow. BySize
// also takes columns whose names begin with diameter or aperture_radius.
const (
	ByOrientation Axis = "orientation" // in degrees
	ByFrequency   Axis = "sf"          // spatial frequency, in cycles/pixel or the like
	// ByPhase is in degrees. If no phase varies, the column frame is taken, and all frames make one cycle.
	ByPhase    Axis = "phase"
	ByContrast Axis = "contrast" // of any unit, at least 0
	BySize     Axis = "size"     // a radius or a diameter, of any unit
)

// String returns the name of the axis on the command line.
func (a Axis) String() string { return string(a) }

// usual are the axes that are taken if none are asked for.
func usual() []Axis { return []Axis{ByOrientation, ByFrequency, ByPhase} }

// Varying returns those of orientation, sf and phase whose values differ between the images of a table. If there are
// none, it returns all columns of numbers, without missing values, in which images differ.
func Varying(t *param.Table) []Axis {
	s := shownIn(t)
	var axes []Axis
	for _, axis := range usual() {
		if at := s.column(axis); at >= 0 && varies(s[at]) {
			axes = append(axes, axis)
		}
	}
	if axes != nil {
		return axes
	}
	for _, c := range t.Columns {
		if len(c.Numbers) > 0 && varies(c) && !slices.ContainsFunc(c.Numbers, notFinite) {
			axes = append(axes, Axis(c.Name))
		}
	}
	return axes
}

// Measured returns the names of those columns that [Analyse] reads as numbers: the columns of orientation, sf and
// phase, those of the axes by, and the columns of a drift. It can be the Numbers of a [param.Reader], which then
// refuses words in these columns.
func Measured(columns []string, by ...Axis) []string {
	var s shown
	for _, name := range columns {
		s = append(s, param.Column{Name: name})
	}
	var all []string
	for _, axis := range append(usual(), by...) {
		if at := s.prefixed(axis); at >= 0 && !slices.Contains(all, columns[at]) {
			all = append(all, columns[at])
		}
	}
	for _, name := range []string{"frame", "drift_cycles_per_frame"} {
		if s.named(name) >= 0 && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Complete returns the names of those columns that must have a number in each row, for curves over the axes by. If by
// is empty, it takes the axes that [Varying] returns. It can be the Complete of a [param.Reader], which then refuses
// missing values in these columns.
func Complete(t *param.Table, by []Axis) []string {
	if len(by) == 0 {
		by = Varying(t)
	}
	return slices.DeleteFunc(Measured(t.Names(), by...), func(name string) bool {
		return !slices.ContainsFunc(by, func(axis Axis) bool { return axis.is(name) })
	})
}

// checkMeasured refuses a table that has words where [Measured] wants numbers, or lacks values of the axes by.
func checkMeasured(t *param.Table, by []Axis) error {
	for _, name := range Measured(t.Names(), by...) {
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

// SinglePhase reports whether the stimuli all have the same phase, and no frames of a drift. A response at one place
// then depends not only on the orientation and spatial frequency of a grating, but also on where its bars fall. If the
// table has no phases, SinglePhase returns false.
func SinglePhase(t *param.Table) bool {
	s := shownIn(t)
	at := s.prefixed(ByPhase)
	return at >= 0 && !varies(s[s.column(ByPhase)]) && !slices.ContainsFunc(s[at].Numbers, notFinite)
}

// In reports whether t has a column for the axis.
func (a Axis) In(t *param.Table) bool { return shownIn(t).column(a) >= 0 }

// Column returns the name of the axis's column in t, or "" if there is none.
func (a Axis) Column(t *param.Table) string {
	s := shownIn(t)
	if at := s.column(a); at >= 0 {
		return s[at].Name
	}
	return ""
}

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

// prefixed returns the index of the column that has the name of the axis, or else of the first whose name begins with
// it, or −1.
func (s shown) prefixed(axis Axis) int {
	if at := s.named(string(axis)); at >= 0 {
		return at
	}
	return slices.IndexFunc(s, func(c param.Column) bool { return axis.is(c.Name) })
}

// is reports whether a column's name belongs to the axis.
func (a Axis) is(column string) bool {
	switch a {
	case ByOrientation, ByFrequency, ByPhase:
		return strings.HasPrefix(column, string(a))
	case BySize:
		for _, name := range []string{"diameter", "aperture_radius"} {
			if strings.HasPrefix(column, name) {
				return true
			}
		}
	}
	return column == string(a) || strings.HasPrefix(column, string(a)+"_")
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
