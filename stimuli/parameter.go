package stimuli

import (
	"fmt"
	"slices"
	"strings"
)

// Parameter is one number of a pattern or filter.
type Parameter struct {
	Name   string   // on the command line: sf
	Column string   // in a [Table], with its unit: sf_cycles_per_pixel
	Help   string   // with its unit and what 0 stands for
	Value  *float64 // where it is kept
}

// Title names the values of some parameters, for pictures.
func Title(parameters []Parameter, named []string) string {
	var parts []string
	for _, p := range parameters {
		switch {
		case !slices.Contains(named, p.Name):
		case p.Name == "orientation":
			parts = append(parts, written("%.4g°", *p.Value))
		default:
			parts = append(parts, p.Name+" "+written("%.3g", *p.Value))
		}
	}
	return strings.Join(parts, ", ")
}

// written formats a value with a real minus sign.
func written(format string, v float64) string {
	return strings.ReplaceAll(fmt.Sprintf(format, v), "-", "−")
}
