package tuning

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"gpuconv/fault"
	"gpuconv/internal/parallel"
	"gpuconv/param"
)

// Settings say which curves and figures [Analyse] makes, and how.
type Settings struct {
	By     []Axis    // the axes of the curves
	Phases Reduction // how curves over other axes reduce the phases: by Largest, Mean or Modulation
	Over   Reduction // how curves reduce all other parameters, as in [Curves]
	Fit    bool      // whether to fit a von Mises curve to each curve over orientation
	Plane  bool      // whether to make [Analysis.Plane], if there are two axes

	Negative Negative // how a curve with responses below 0 is described

	Progress func(done int) // if not nil, called with the number of curves described so far; one call at a time
}

// Cell holds the figures of a cell. A field is nil if it was not asked for, or if the stimuli or the responses do not
// allow it.
type Cell struct {
	Orientation *Orientation
	Direction   *Direction
	Fit         *VonMises
	Frequency   *Frequency
	Phase       *Cycle
	Contrast    *NakaRushton
	Size        *Size
	Peaks       []Peak      // over other axes, in the order of Settings.By
	Field       *FieldGabor // by [Fields.Fit]; Analyse leaves it nil

	// Reasons say why figures are missing although the stimuli allow them. The same reason has the same text in all
	// cells, apart from counts of responses.
	Reasons []string
}

// Peak is the largest response of a curve over an axis that has no figures of its own.
type Peak struct {
	Axis     Axis
	Value    float64 // of the parameter: the smallest with the largest response, or NaN if the curve is flat
	Response float64 // the largest that is finite
}

// AxisCurves are the curves of all cells over an axis.
type AxisCurves struct {
	Axis   Axis
	Column string // its column in the table
	Curves []Curve

	passed []string // a reason for each cell, as passedOver returns them; nil unless Settings.Over is [Best]
}

// Analysis is the result of [Analyse].
type Analysis struct {
	Cells  []Cell
	Curves []AxisCurves
	Plane  *Plane  // of the two axes of Settings.By, if it was asked for
	Notes  []error // which figures are missing, and why
}

// Analyse makes the curves of all cells over each axis, and describes them by figures. For curves over orientation and
// spatial frequency it first reduces the phases, because the phase at which a grating meets a cell changes with both.
// Settings.Over says how the other parameters are reduced.
//
// The table has a row for each image. A column of words is a parameter too. If gratings drift, the phase of an image is
// the phase of its frame, phase_deg − 360°·drift_cycles_per_frame·frame.
//
// If the stimuli do not allow a figure, it is missing and a note says why. For instance, a circular variance needs
// orientations that are evenly spaced.
//
// Errors: a table that does not have one row for each image; an axis without a column; words or missing values in the
// column of an axis; two axes of one column, if Plane is set; a Reduction that Phases or Over does not allow;
// Modulation of phases that are not evenly spaced; the error of ctx once it is done.
func Analyse(ctx context.Context, r *Responses, t *param.Table, s Settings) (*Analysis, error) {
	if t.Len() != r.Images {
		return nil, fault.New("tuning", fmt.Sprintf("table of %d images", t.Len()), "",
			"want %d, one for each response", r.Images)
	}
	if err := checkMeasured(t, s.By); err != nil {
		return nil, err
	}
	if err := t.Check(); err != nil {
		return nil, &fault.Error{Package: "tuning", Err: err}
	}
	columns := shownIn(t)
	a := &Analysis{Cells: make([]Cell, r.Cells)}
	a.noteNotFinite(r)
	done := s.counter()
	for _, axis := range s.By {
		curves, err := s.curves(r, columns, axis)
		if err != nil {
			return nil, err
		}
		a.Curves = append(a.Curves, curves)
		if err := a.describe(ctx, curves, s, done); err != nil {
			return nil, err
		}
		a.explainPassed(curves)
	}
	if s.Plane && len(s.By) == 2 {
		var err error
		if a.Plane, err = s.plane(r, columns, [2]Axis{s.By[0], s.By[1]}); err != nil {
			return nil, err
		}
	}
	a.noteReasons()
	return a, nil
}

// noteNotFinite adds a note if responses are NaN or infinite: figures that are computed from them are missing.
func (a *Analysis) noteNotFinite(r *Responses) {
	if n := (Curve{Y: r.Data}).notFinite(); n > 0 {
		a.Notes = append(a.Notes, fault.New("tuning",
			fmt.Sprintf("%d of %d responses are NaN or infinite", n, len(r.Data)), "",
			"figures made of them are left out"))
	}
}

// noteReasons adds a note for each reason, with the number of cells that have it.
func (a *Analysis) noteReasons() {
	var reasons []string
	cells := map[string][]int{}
	for i, cell := range a.Cells {
		for _, reason := range cell.Reasons {
			if cells[reason] == nil {
				reasons = append(reasons, reason)
			}
			cells[reason] = append(cells[reason], i)
		}
	}
	for _, reason := range reasons {
		of := fmt.Sprintf("%d of %d cells", len(cells[reason]), len(a.Cells))
		if len(cells[reason]) == 1 {
			of = fmt.Sprintf("cell %d", cells[reason][0])
		}
		a.Notes = append(a.Notes, fault.New("tuning", of, "", "%s", reason))
	}
}

// counter returns a function to call after each curve, which counts them for Progress.
func (s Settings) counter() func() {
	var mu sync.Mutex
	count := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if count++; s.Progress != nil {
			s.Progress(count)
		}
	}
}

// curves makes the curves over one axis.
func (s Settings) curves(r *Responses, columns shown, axis Axis) (AxisCurves, error) {
	at := columns.column(axis)
	if at < 0 {
		return AxisCurves{}, fault.New("tuning", fmt.Sprintf("the table has no column %s…", axis), "",
			"want one for curves over it")
	}
	by := columns[at]
	others := slices.Delete(slices.Clone(columns), at, at+1)
	if axis == ByPhase {
		by = phases(by)
	} else {
		var err error
		if r, by, others, err = s.withoutPhases(r, by, others); err != nil {
			return AxisCurves{}, err
		}
	}
	curves, err := Curves(r, by, others, s.Over)
	made := AxisCurves{Axis: axis, Column: columns[at].Name, Curves: curves}
	if err == nil && s.Over == Best {
		made.passed = passedOver(r, axis, curves)
	}
	return made, err
}

// passedOver says, for each cell, how many of its responses are NaN or infinite and were therefore ignored when its
// best curve was chosen. If the curve itself has such responses, passedOver says nothing: explain gives that reason.
func passedOver(r *Responses, axis Axis, curves []Curve) []string {
	said := make([]string, len(curves))
	for cell, curve := range curves {
		count := 0
		for i := range r.Images {
			if notFinite(r.At(i, cell)) {
				count++
			}
		}
		if count > 0 && curve.notFinite() == 0 {
			said[cell] = fmt.Sprintf("%d of %d responses outside the curve over %v are NaN or infinite: the curve is "+
				"chosen from the others", count, r.Images, axis)
		}
	}
	return said
}

// explainPassed adds the texts of passedOver to the cells' reasons.
func (a *Analysis) explainPassed(curves AxisCurves) {
	for cell, said := range curves.passed {
		if said != "" {
			a.Cells[cell].Reasons = append(a.Cells[cell].Reasons, said)
		}
	}
}

// withoutPhases reduces the phases, and the frames of a drift, to one.
func (s Settings) withoutPhases(r *Responses, by param.Column, others shown) (*Responses, param.Column, shown, error) {
	for {
		at := others.column(ByPhase)
		if at < 0 || !varies(others[at]) {
			return r, by, others, nil
		}
		phase := phases(others[at])
		left := slices.Insert(slices.Delete(slices.Clone(others), at, at+1), 0, by)
		collapsed, left, err := collapse(r, phase, left, s.Phases)
		if err != nil {
			return nil, by, nil, err
		}
		r, by, others = collapsed, left[0], left[1:]
	}
}

// describe computes the figures of all curves over an axis, on all cores. If several curves do not allow a figure for
// the same reason, there is one note.
func (a *Analysis) describe(ctx context.Context, curves AxisCurves, s Settings, done func()) error {
	workers := min(runtime.GOMAXPROCS(0), len(a.Cells))
	notes := make([][]error, workers)
	group, ctx := parallel.WithContext(ctx)
	for worker := range workers {
		group.Go(func() error {
			for cell := worker; cell < len(a.Cells); cell += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				for _, err := range a.Cells[cell].describe(curves.Axis, curves.Curves[cell], s) {
					notes[worker] = noted(notes[worker], err)
				}
				done()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, note := range slices.Concat(notes...) {
		a.Notes = noted(a.Notes, note)
	}
	return nil
}

// noted adds a note to others, unless one of them says the same.
func noted(notes []error, note error) []error {
	if slices.ContainsFunc(notes, func(other error) bool { return other.Error() == note.Error() }) {
		return notes
	}
	return append(notes, note)
}

// describe adds the figures of a curve over an axis. It returns the reasons why the stimuli do not allow some of them.
func (c *Cell) describe(axis Axis, raw Curve, s Settings) (missing []error) {
	curve, unfitted := s.Negative.apply(raw), ""
	switch axis {
	case ByOrientation:
		c.Orientation = figures(curve.Orientation, &missing)
		if curve.HasDirections() {
			c.Direction = figures(curve.Direction, &missing)
		}
		if s.Fit {
			v, why, err := fitVonMises(raw) // not curve: the Base of a fit may be negative
			unfitted = why
			if err != nil {
				missing = append(missing, err)
			} else if why == "" {
				c.Fit = &v
			}
		}
	case ByFrequency:
		c.Frequency = figures(curve.Frequency, &missing)
	case ByPhase:
		c.Phase = figures(curve.Phase, &missing)
	case ByContrast:
		fit, why, err := fitNakaRushton(raw)
		if err != nil {
			missing = append(missing, err)
		} else if why != "" {
			c.because("%s: the contrast response is left out", why)
		} else {
			c.Contrast = &fit
		}
	case BySize:
		c.Size = figures(curve.Size, &missing)
	default:
		c.Peaks = append(c.Peaks, Peak{axis, raw.peakAt(raw.largest()), raw.Y[raw.peak()]})
	}
	if c.Orientation != nil && axis == ByOrientation || c.Frequency != nil && axis == ByFrequency ||
		c.Phase != nil && axis == ByPhase {
		c.explain(axis, raw, curve)
		if axis == ByOrientation {
			c.explainFit(unfitted)
		}
	}
	return missing
}

// figures returns the result of f, or nil and appends its error to errs.
func figures[T any](f func() (T, error), errs *[]error) *T {
	v, err := f()
	if err != nil {
		*errs = append(*errs, err)
		return nil
	}
	return &v
}

// Patterns returns the responses of all cells at each value of the axis, for [Dissimilarity], and these values. It
// refuses curves whose values differ between cells.
func (c AxisCurves) Patterns() (patterns [][]float64, values []float64, err error) {
	values = c.Curves[0].X
	patterns = make([][]float64, len(values))
	for cell, curve := range c.Curves {
		if !slices.Equal(curve.X, values) {
			return nil, nil, fault.New("tuning",
				fmt.Sprintf("the curve of cell %d over %s has other values than that of cell 0", cell, c.Column), "",
				"want the same for a comparison")
		}
		for i, y := range curve.Y {
			patterns[i] = append(patterns[i], y)
		}
	}
	return patterns, values, nil
}
