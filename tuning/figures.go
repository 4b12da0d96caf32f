package tuning

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"gpuconv/param"
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
func (a *Analysis) WriteCells(w io.Writer, names []string, extra ...param.Column) error {
	t := &param.Table{Subject: "cell", Columns: []param.Column{{Name: "name", Words: names}}}
	for _, f := range (Cell{}).Figures() {
		t.Columns = append(t.Columns, param.Column{Name: f.Name, Numbers: a.Figure(f.Name)})
	}
	t.Columns = append(t.Columns, extra...)
	return t.WriteCSV(w)
}

// WriteCurves writes a CSV table with a line for each point of each curve: the
// axis, the cell, the value of the parameter, the response and, over orientation,
// the fitted curve, which over directions is that of the mean of opposite ones.
func (a *Analysis) WriteCurves(w io.Writer) error {
	out := param.NewWriter(w, "by", "cell", "value", "response", "fit")
	for _, curves := range a.Curves {
		for cell, curve := range curves.Curves {
			fit := a.Cells[cell].Fit
			for i, x := range curve.X {
				fitted := math.NaN()
				if curves.Axis == ByOrientation && fit != nil {
					fitted = fit.At(x)
				}
				out.Row(curves.Axis.String(), strconv.Itoa(cell), param.Cell(x), param.Cell(curve.Y[i]), param.Cell(fitted))
			}
		}
	}
	return out.Close()
}

// WriteMatrix writes a square matrix as CSV: the values of its rows and columns
// come first in each line and above them, under the name of the parameter.
func WriteMatrix(w io.Writer, name string, values []float64, matrix [][]float64) error {
	t := &param.Table{Columns: []param.Column{{Name: name, Numbers: values}}}
	for j, v := range values {
		column := param.Column{Name: param.Cell(v)}
		for _, row := range matrix {
			column.Numbers = append(column.Numbers, row[j])
		}
		t.Columns = append(t.Columns, column)
	}
	return t.WriteCSV(w)
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
