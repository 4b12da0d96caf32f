package report

import (
	"gpuconv/filters"
	"gpuconv/param"
)

// fromFile is the kind of filters whose weights were read from a file.
const fromFile = "file"

// FilterNames returns a name such as gabor 45° for the filter of each channel, from a table of filters, as
// [filters.Labels] writes it. If the table has twice as many filters as there are channels, each channel is the energy
// of a pair, and its name is that of the first filter of the pair. FilterNames returns nil for tables of other lengths,
// and for a table without a column "kind". Weights of a file have no name but their number.
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
	return names
}
