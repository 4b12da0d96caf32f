package stimuli

import (
	"fmt"
	"math"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Sweep is a [Set] of the tutorial's grating, with an image for each orientation of a list.
type Sweep struct {
	grating       NMA
	orientations  param.Values
	rows, columns int
}

// NewSweep returns the set. It refuses what [NMA.Size] refuses, an empty list, and orientations that are not finite.
func NewSweep(grating NMA, orientations param.Values) (*Sweep, error) {
	rows, columns, err := grating.Size()
	if err != nil {
		return nil, err
	}
	if orientations.Len() == 0 {
		return nil, fault.New("stimuli", "no orientations", "", "want at least one")
	}
	if v, found := orientations.NotFinite(); found {
		return nil, checkOrientation(v)
	}
	return &Sweep{grating: grating, orientations: orientations, rows: rows, columns: columns}, nil
}

// Shape returns [N, 1, H, W].
func (s *Sweep) Shape() conv.Shape { return conv.Shape{s.orientations.Len(), 1, s.rows, s.columns} }

// Orientation returns the orientation of image i in degrees from vertical, 0 ≤ i < Shape().N().
func (s *Sweep) Orientation(i int) float64 { return s.orientations.At(i) }

// Draw implements [Set] on all cores.
func (s *Sweep) Draw(dst *conv.Tensor, first int) error {
	return draw(dst, first, s.Shape(), func() painter {
		return func(plane []float32, i int) error { return s.grating.Draw(plane, s.Orientation(i)) }
	})
}

// maxRows bounds a table at about 700 MB.
const maxRows = 1 << 24

// Table returns the parameters of each image. The phase is that of the first pixel. The orientation of a patch is the
// one that was asked for, without the 0.1 radians that the tutorial adds.
func (s *Sweep) Table() (*param.Table, error) {
	if s.orientations.Len() > maxRows {
		return nil, fault.New("stimuli", fmt.Sprintf("table of %d gratings", s.orientations.Len()), "",
			"want at most %d", maxRows)
	}
	return s.tableRows(0, s.orientations.Len())
}

// tableRows implements [tabler].
func (s *Sweep) tableRows(first, n int) (*param.Table, error) {
	grating := s.grating.withDefaults()
	sf := grating.SpatialFrequency / (2 * math.Pi * grating.Resolution)
	t := param.NewTable("image", "orientation_deg", "sf_cycles_per_pixel", "phase_deg")
	for i := range n {
		t.Add("nma", s.Orientation(first+i), sf, 0)
	}
	return t, nil
}

// Title returns the orientation of image i.
func (s *Sweep) Title(i int) string {
	degrees := s.Orientation(i)
	return param.Title([]param.Parameter{orientation(&degrees)}, []string{"orientation"})
}
