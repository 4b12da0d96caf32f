package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"gpuconv/fault"
	"gpuconv/tuning"
)

// mostPrinted is how many cells the text lists at most.
const mostPrinted = 24

// WriteText writes a line about the activations, a row of figures for each of the first 24 cells, and a line for each
// note. notes are those that Write returned.
func (t Tuning) WriteText(w io.Writer, notes []error) error {
	out := bufio.NewWriter(w)
	names := t.names()
	cells := fmt.Sprintf("%d cells", len(names))
	if len(names) == 1 {
		cells = "1 cell"
	}
	fmt.Fprintf(out, "read      %s %v, %s, response %s\n", fault.Printable(t.Source), t.Shape, cells, t.response())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	columns := t.columns()
	fmt.Fprintln(table, "cell\t"+strings.Join(headers(columns), "\t"))
	for i, cell := range t.Analysis.Cells[:min(mostPrinted, len(t.Analysis.Cells))] {
		line := []string{names[i]}
		figures := map[string]float64{}
		for _, f := range cell.Figures() {
			figures[f.Name] = f.Value
		}
		for _, c := range columns {
			line = append(line, c.text(figures[c.name]))
		}
		fmt.Fprintln(table, strings.Join(line, "\t"))
	}
	table.Flush()
	if more := len(names) - mostPrinted; more > 0 {
		fmt.Fprintf(out, "… and %d more in cells.csv\n", more)
	}
	if t.Decoded != nil {
		fmt.Fprintf(out, "decoded   %v\n", t.Decoded)
	}
	writeNotes(out, notes)
	return out.Flush()
}

// writeNotes writes a line for each note.
func writeNotes(w io.Writer, notes []error) {
	for _, note := range notes {
		fmt.Fprintf(w, "note      %s\n", fault.Line(fault.Plain(note)))
	}
}

// response says in words which value of a map is the response, and whether responses are rectified or normalised.
func (t Tuning) response() string {
	text := map[tuning.Pool]string{
		tuning.Centre: "at the centre", tuning.At: "at " + t.at(),
		tuning.MapMean: "the mean of the map", tuning.MapLargest: "the largest of the map",
	}[t.Readout.Pool]
	if t.Readout.Linear {
		if t.Settings.Negative != tuning.Refuse {
			return text + ", linear, negative: " + t.Settings.Negative.String()
		}
		return text + ", linear"
	}
	if t.Readout.Normalisation != (tuning.Normalisation{}) {
		return text + ", rectified and normalised"
	}
	return text + ", rectified"
}

// printedColumn is a column of the text, which shows one figure.
type printedColumn struct {
	name, header, format string
}

func (c printedColumn) text(v float64) string {
	if math.IsNaN(v) {
		return "-"
	}
	if c.format == "%.0f°" && v > 179.5 && v < 180 {
		v = 0 // 179.9° rounds to 0°
	}
	return fmt.Sprintf(c.format, v)
}

func headers(columns []printedColumn) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.header)
	}
	return all
}

// columns returns the columns of the text for the axes of the report.
func (t Tuning) columns() []printedColumn {
	var all []printedColumn
	for _, curves := range t.Analysis.Curves {
		switch curves.Axis {
		case tuning.ByOrientation:
			all = append(all, printedColumn{"orientation_preferred_deg", "orientation", "%.0f°"},
				printedColumn{"circular_variance", "circ. variance", "%.3f"},
				printedColumn{"orientation_selectivity", "OSI", "%.3f"},
				printedColumn{"half_width_deg", "half-width", "%.1f°"})
			if slices.ContainsFunc(t.Analysis.Cells, func(c tuning.Cell) bool { return c.Direction != nil }) {
				all = append(all, printedColumn{"direction_selectivity", "DSI", "%.3f"})
			}
		case tuning.ByFrequency:
			all = append(all, printedColumn{"sf_peak", "sf", "%.3g"}, printedColumn{"sf_octaves", "octaves", "%.2f"})
		case tuning.ByPhase:
			all = append(all, printedColumn{"f1_over_f0", "F1/F0", "%.3f"})
		case tuning.ByContrast:
			all = append(all, printedColumn{"contrast_c50", "c50", "%.3g"},
				printedColumn{"contrast_exponent", "n", "%.2f"}, printedColumn{"contrast_rmax", "Rmax", "%.3g"})
		case tuning.BySize:
			all = append(all, printedColumn{"size_peak", "size", "%.3g"},
				printedColumn{"size_suppression", "suppression", "%.3f"})
		default:
			name := curves.Axis.String()
			all = append(all, printedColumn{name + "_peak", fault.Printable(name), "%.4g"},
				printedColumn{name + "_response", "response", "%.3g"})
		}
	}
	if t.Fields != nil {
		all = append(all, printedColumn{"rf_x_pixels", "rf x", "%.1f"}, printedColumn{"rf_y_pixels", "rf y", "%.1f"},
			printedColumn{"rf_orientation_deg", "rf orientation", "%.0f°"},
			printedColumn{"rf_sf_cycles_per_pixel", "rf sf", "%.3f"}, printedColumn{"rf_r2", "rf R²", "%.3f"})
	}
	return all
}
