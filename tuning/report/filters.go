package report

import (
	"fmt"
	"math"

	"gpuconv/param"
)

// FilterNames says what the filters of a table are, such as gabor 45°, one for each of so many channels. If the table
// has twice as many filters, they are pairs whose energy the channels are, and FilterNames names the first of each
// pair. It returns nil for other tables, and for a table without a column "kind".
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
