package filters

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/param"
)

// This file has the one convention by which pictures, tables and tuning curves label a filter: by the orientation of
// the grating that it prefers, in degrees from vertical, 0 ≤ … < 180. If the filter was made with another angle θ, the
// label has both: θ −45°, prefers 135°. The tutorial's Gabors always have both, because their θ is 90° minus the
// orientation of the grating.

// Preferred returns the orientation of the grating to which f is meant to respond most, in degrees from vertical,
// 0 ≤ … < 180. It is NaN for a filter that prefers no orientation, such as a [DoG].
func Preferred(f Filter) float64 {
	if o, ok := f.(oriented); ok {
		if degrees, sf := o.grating(); sf != 0 {
			return halfTurn(degrees)
		}
	}
	return math.NaN()
}

// halfTurn takes an angle modulo 180°, to 0 ≤ … < 180.
func halfTurn(degrees float64) float64 {
	turned := math.Mod(degrees, 180)
	if turned < 0 {
		turned += 180
	}
	if turned >= 180 { // −1e-20 + 180 is 180
		return 0
	}
	return turned + 0 // not −0
}

// label names a filter by the grating that it prefers, such as 45°. own is the angle with which the filter was made. If
// it differs from prefers, or if always is set, the label begins with it: θ 0°, prefers 90°.
func label(own, prefers float64, always bool) string {
	if own == prefers && !always {
		return degrees(prefers)
	}
	return "θ " + degrees(own) + ", prefers " + degrees(prefers)
}

func degrees(v float64) string { return strings.ReplaceAll(fmt.Sprintf("%.4g°", v), "-", "−") }

// The columns of a table of filters that say which gratings they prefer.
const (
	ownColumn     = "orientation_deg" // the filter's own parameter
	thetaColumn   = "theta_deg"       // the tutorial's parameter θ
	prefersColumn = "prefers_deg"     // 0 ≤ … < 180
)

// Labels returns a name for each row of a table of filters, such as gabor 45° or nma-gabor θ 0°, prefers 90°: the kind,
// and the orientation of the grating that the filter prefers, if it prefers one. The table is one that [Bank.Table] or
// [NMA.Table] returned. If the table has no column prefers_deg, Labels takes the orientations from orientation_deg.
// Labels returns nil for a table without kinds.
func Labels(t *param.Table) []string {
	kinds := t.Column("kind").Words
	own, theta, prefers := t.Column(ownColumn).Numbers, t.Column(thetaColumn).Numbers, t.Column(prefersColumn).Numbers
	if prefers == nil {
		prefers = make([]float64, len(own))
		for i, v := range own {
			prefers[i] = halfTurn(v)
		}
	}
	names := slices.Clone(kinds)
	for i := range names {
		switch {
		case i >= len(prefers) || math.IsNaN(prefers[i]):
		case i < len(theta) && !math.IsNaN(theta[i]):
			names[i] += " " + label(theta[i], prefers[i], true)
		case i < len(own) && !math.IsNaN(own[i]):
			names[i] += " " + label(own[i], prefers[i], false)
		default:
			names[i] += " " + degrees(prefers[i])
		}
	}
	return names
}
