package tuning

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// Figure is a number that describes a cell. Its name says what it is and in which
// unit; spatial frequencies have that of the table.
type Figure struct {
	Name  string
	Value float64 // NaN where it is not known
}

// Figures lists what is known about a cell, always in the same order, for tables.
func (c Cell) Figures() []Figure {
	nan := math.NaN()
	o, d, v := Orientation{nan, nan, nan, nan}, Direction{nan, nan}, VonMises{nan, nan, nan, nan, nan}
	f, p := Frequency{nan, nan, nan, nan}, Cycle{nan, nan, nan, nan, nan}
	half := nan
	if c.Orientation != nil {
		o = *c.Orientation
	}
	if c.Direction != nil {
		d = *c.Direction
	}
	if c.Fit != nil {
		v, half = *c.Fit, c.Fit.HalfWidth()
	}
	if c.Frequency != nil {
		f = *c.Frequency
	}
	if c.Phase != nil {
		p = *c.Phase
	}
	return []Figure{
		{"orientation_peak_deg", o.Peak}, {"orientation_preferred_deg", o.Preferred},
		{"circular_variance", o.CircularVariance}, {"orientation_selectivity", o.Selectivity},
		{"direction_peak_deg", d.Peak}, {"direction_selectivity", d.Selectivity},
		{"fit_orientation_deg", v.Preferred}, {"fit_kappa", v.Kappa}, {"fit_base", v.Base}, {"fit_height", v.Height},
		{"fit_r2", v.R2}, {"half_width_deg", half},
		{"sf_peak", f.Peak}, {"sf_low", f.Low}, {"sf_high", f.High}, {"sf_octaves", f.Octaves},
		{"phase_f0", p.F0}, {"phase_f1", p.F1}, {"f1_over_f0", p.Ratio}, {"phase_depth", p.Depth}, {"phase_preferred_deg", p.Preferred},
	}
}

// Figure returns one of the [Cell.Figures] of all cells, NaN where it is not known.
func (a *Analysis) Figure(name string) []float64 {
	all := make([]float64, len(a.Cells))
	for i, cell := range a.Cells {
		all[i] = math.NaN()
		for _, f := range cell.Figures() {
			if f.Name == name {
				all[i] = f.Value
			}
		}
	}
	return all
}

// WriteCells writes a CSV table with a line for each cell: its number, its name and
// its Figures, then the extra ones, which are parameters of the cells. What is not
// known is empty.
func (a *Analysis) WriteCells(w io.Writer, names []string, extra ...Parameter) error {
	out := csv.NewWriter(w)
	header := []string{"cell", "name"}
	for _, f := range (Cell{}).Figures() {
		header = append(header, f.Name)
	}
	for _, p := range extra {
		header = append(header, p.Name)
	}
	_ = out.Write(header) // what goes wrong, Error tells below
	for i, cell := range a.Cells {
		line := []string{strconv.Itoa(i), names[i]}
		for _, f := range cell.Figures() {
			line = append(line, number(f.Value))
		}
		for _, p := range extra {
			line = append(line, number(p.Values[i]))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return out.Error()
}

// WriteCurves writes a CSV table with a line for each point of each curve: the
// axis, the cell, the value of the parameter, the response and, over orientation,
// the fitted curve, which over directions is that of the mean of opposite ones.
func (a *Analysis) WriteCurves(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"by", "cell", "value", "response", "fit"})
	for _, curves := range a.Curves {
		for cell, curve := range curves.Curves {
			fit := a.Cells[cell].Fit
			for i, x := range curve.X {
				fitted := math.NaN()
				if curves.Axis == ByOrientation && fit != nil {
					fitted = fit.At(x)
				}
				_ = out.Write([]string{curves.Axis.String(), strconv.Itoa(cell), number(x), number(curve.Y[i]), number(fitted)})
			}
		}
	}
	out.Flush()
	return out.Error()
}

// WriteMatrix writes a square matrix as CSV: the values of its rows and columns
// come first in each line and above them, under the name of the parameter.
func WriteMatrix(w io.Writer, name string, values []float64, matrix [][]float64) error {
	out := csv.NewWriter(w)
	line := []string{name}
	for _, v := range values {
		line = append(line, number(v))
	}
	_ = out.Write(line)
	for i, row := range matrix {
		line = []string{number(values[i])}
		for _, v := range row {
			line = append(line, number(v))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return out.Error()
}

// number writes the shortest decimal that is v again; nothing for what is not
// finite.
func number(v float64) string {
	if notFinite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// MarshalJSON gives the Figures that are known, by name.
func (c Cell) MarshalJSON() ([]byte, error) {
	known := map[string]float64{}
	for _, f := range c.Figures() {
		if !notFinite(f.Value) {
			known[f.Name] = f.Value
		}
	}
	return json.Marshal(known)
}
