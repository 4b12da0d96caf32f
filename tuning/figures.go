package tuning

import (
	"encoding/json"
	"math"
)

// Figure is a number that describes a cell. Its name ends with its unit, if it has one; spatial frequencies are in the
// unit of the table.
type Figure struct {
	Name  string
	Value float64 // NaN where it is not known
}

// Figures returns all figures of a cell, for tables. Their names and their order are the same for all cells of an
// analysis.
func (c Cell) Figures() []Figure {
	nan := math.NaN()
	o, d, v := Orientation{nan, nan, nan, nan}, Direction{nan, nan}, VonMises{nan, nan, nan, nan, nan}
	f, p := Frequency{nan, nan, nan, nan}, Cycle{nan, nan, nan, nan, nan}
	k, z := NakaRushton{nan, nan, nan, nan, nan}, Size{nan, nan}
	g := FieldGabor{nan, nan, nan, nan, nan, nan, nan, nan, nan}
	half := nan
	if c.Orientation != nil {
		o = *c.Orientation
	}
	if c.Direction != nil {
		d = *c.Direction
	}
	if c.Fit != nil {
		v = *c.Fit
		if v.HasWidth() {
			half = v.HalfWidth()
		}
	}
	if c.Frequency != nil {
		f = *c.Frequency
	}
	if c.Phase != nil {
		p = *c.Phase
	}
	if c.Contrast != nil {
		k = *c.Contrast
	}
	if c.Size != nil {
		z = *c.Size
	}
	if c.Field != nil {
		g = *c.Field
	}
	all := []Figure{
		{"orientation_peak_deg", o.Peak}, {"orientation_preferred_deg", o.Preferred},
		{"circular_variance", o.CircularVariance}, {"orientation_selectivity", o.Selectivity},
		{"direction_peak_deg", d.Peak}, {"direction_selectivity", d.Selectivity},
		{"fit_orientation_deg", v.Preferred}, {"fit_kappa", v.Kappa}, {"fit_base", v.Base}, {"fit_height", v.Height},
		{"fit_r2", v.R2}, {"half_width_deg", half},
		{"sf_peak", f.Peak}, {"sf_low", f.Low}, {"sf_high", f.High}, {"sf_octaves", f.Octaves},
		{"phase_f0", p.F0}, {"phase_f1", p.F1}, {"f1_over_f0", p.Ratio}, {"phase_depth", p.Depth},
		{"phase_preferred_deg", p.Preferred},
		{"contrast_rmax", k.Rmax}, {"contrast_c50", k.C50}, {"contrast_exponent", k.Exponent}, {"contrast_base", k.Base},
		{"contrast_r2", k.R2}, {"size_peak", z.Peak}, {"size_suppression", z.Suppression},
		{"rf_x_pixels", g.X}, {"rf_y_pixels", g.Y}, {"rf_orientation_deg", g.Orientation},
		{"rf_sf_cycles_per_pixel", g.SF}, {"rf_phase_deg", g.Phase}, {"rf_sigma_x_pixels", g.SigmaX},
		{"rf_sigma_y_pixels", g.SigmaY}, {"rf_amplitude", g.Amplitude}, {"rf_r2", g.R2},
	}
	for _, p := range c.Peaks {
		all = append(all, Figure{string(p.Axis) + "_peak", p.Value}, Figure{string(p.Axis) + "_response", p.Response})
	}
	return all
}

// Figure returns the figure of this name, one of [Cell.Figures], for each cell. A value that is not known is NaN.
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

// MarshalJSON returns a JSON object of those [Cell.Figures] that are known.
func (c Cell) MarshalJSON() ([]byte, error) {
	known := map[string]float64{}
	for _, f := range c.Figures() {
		if !notFinite(f.Value) {
			known[f.Name] = f.Value
		}
	}
	return json.Marshal(known)
}
