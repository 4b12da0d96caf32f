package stimuli

import "gpuconv/param"

// Plaid is the mean of two drifting gratings of one [Wave], so that each has half of the contrast. The second is turned
// by Angle, clockwise as Orientation.
type Plaid struct {
	Wave          Wave    // Sine or Square
	Orientation   float64 // of the first, in degrees from vertical
	Angle         float64 // degrees from the first to the second
	SF, SF2       float64 // cycles per pixel, at most 0.5 unless [Canvas.AllowAliasing] is set; SF2 is SF by default
	Phase, Phase2 float64 // degrees, at the image's centre
	Drift, Frame  float64 // cycles per frame, of both gratings; number of the frame
	Look
}

// Kind returns plaid for sines and square-plaid for square waves.
func (p *Plaid) Kind() string {
	if p.Wave == Square {
		return "square-plaid"
	}
	return "plaid"
}

// Parameters implements [Pattern].
func (p *Plaid) Parameters() []param.Parameter {
	all := []param.Parameter{
		orientation(&p.Orientation),
		param.New("angle", "angle_deg", "degrees from the plaid's first grating to its second", &p.Angle),
		frequency(&p.SF),
		param.New("sf2", "sf2_cycles_per_pixel",
			"spatial frequency of the plaid's second grating, 0 for that of the first", &p.SF2),
		phase(&p.Phase),
		param.New("phase2", "phase2_deg", "phase of the plaid's second grating in degrees, at the centre", &p.Phase2),
	}
	return append(append(all, p.parameters()...), drift(&p.Drift), frame(&p.Frame))
}

// Complete implements [Pattern].
func (p *Plaid) Complete(c Canvas) error {
	if err := checkSineOrSquare(p.Wave, "plaid"); err != nil {
		return err
	}
	fill(&p.SF2, p.SF)
	for _, sf := range []float64{p.SF, p.SF2} {
		if err := checkDrifting(c, sf, p.Drift); err != nil {
			return err
		}
	}
	return p.complete(c)
}

// Paint implements [Pattern].
func (p *Plaid) Paint(dst []float64, c Canvas) {
	fx, fy := components(p.SF, p.Orientation)
	gx, gy := components(p.SF2, p.Orientation+p.Angle)
	moved := p.Drift * p.Frame
	p.paint(dst, c, func(x, y float64) float64 {
		return (p.Wave.at(fx*x+fy*y+p.Phase/360-moved) + p.Wave.at(gx*x+gy*y+p.Phase2/360-moved)) / 2
	})
}
