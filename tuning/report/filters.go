package report

import (
	"fmt"
	"slices"

	"gpuconv/filters"
	"gpuconv/param"
)

// fromFile is the kind of filters whose weights were read from a file.
const fromFile = "file"

// FilterNames returns a name such as gabor 45° for the filter of each channel, from a table of filters, as
// [filters.Labels] writes it. If the table has twice as many filters as there are channels, each channel is the energy
// of a pair, and its name is that of the first filter of the pair. Where channels would have the same name, the spatial
// frequencies and the phases that differ follow it; those of an energy have no phase. FilterNames returns nil for
// tables of other lengths, and for a table without a column "kind". Filters whose weights are from a file have the name
// "".
func FilterNames(t *param.Table, channels int) []string {
	labels := filters.Labels(t)
	if labels == nil || t.Len() != channels && t.Len() != 2*channels {
		return nil
	}
	names := make([]string, channels)
	for channel := range channels {
		if label := labels[channel*t.Len()/channels]; label != fromFile {
			names[channel] = label
		}
	}
	addDiffering(names, t, "sf_cycles_per_pixel", ", sf %.3g")
	if t.Len() == channels {
		addDiffering(names, t, "phase_deg", ", phase %.4g°")
	}
	return names
}

// addDiffering adds the values of a column to those names that several channels have, if these differ in it.
func addDiffering(names []string, t *param.Table, column, format string) {
	values := t.Column(column).Numbers
	if len(values) == 0 {
		return
	}
	of := func(channel int) float64 { return values[channel*t.Len()/len(names)] }
	same := map[string][]int{}
	for channel, name := range names {
		same[name] = append(same[name], channel)
	}
	for name, channels := range same {
		differs := slices.ContainsFunc(channels, func(c int) bool { return of(c) != of(channels[0]) })
		for _, c := range channels {
			if name != "" && differs && of(c) == of(c) {
				names[c] += fmt.Sprintf(format, of(c))
			}
		}
	}
}
