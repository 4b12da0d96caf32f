package report

import (
	"fmt"
	"math"

	"gpuconv/param"
)

// FilterNames returns a name such as gabor 45° for the filter of each channel, from a table of filters. If the table
// has twice as many filters as there are channels, each channel is the energy of a pair, and its name is that of the
// first filter of the pair. FilterNames returns nil for tables of other lengths, and for a table without a column
// "kind".
func FilterNames(t *param.Table, channels int) []string {
	kinds, orientations := t.Column("kind").Words, t.Column("orientation_deg").Numbers
	if kinds == nil || t.Len() != channels && t.Len() != 2*channels {
		return nil
	}
	var names []string
	for channel := range channels {
		row := channel * t.Len() / channels
		name := kinds[row]
		if orientations != nil && !math.IsNaN(orientations[row]) {
			name += fmt.Sprintf(" %.4g°", orientations[row])
		}
		names = append(names, name)
	}
	return names
}
