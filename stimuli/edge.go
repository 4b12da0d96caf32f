package stimuli

import "math"

// Edges are half-open: a sample at an edge belongs to the part that begins there. So a square wave over whole periods
// is bright in one half of the samples and dark in the other, wherever the samples lie.
//
// edgeSlack decides ties. A sample that lies before an edge by no more than edgeSlack units counts as on the edge. The
// unit is half a cycle of a wave, a square of a checkerboard, or a pixel of an aperture. In exact arithmetic samples
// can lie on an edge, for instance at 0.1 cycles/pixel and a phase of 72°. Rounding moves them by less than edgeSlack:
// by 5·10⁻⁸ for a spatial frequency of 10 digits, 1,000 pixels from the centre. All edges of a wave move by edgeSlack,
// so its halves stay equally long. TestEdges compares the rule with rational arithmetic.
const edgeSlack = 0x1p-24

// part returns the number of the part that contains v. Parts begin at whole numbers.
func part(v float64) float64 { return math.Floor(v + edgeSlack) }

// reaches reports whether v is at an edge or beyond it.
func reaches(v, edge float64) bool { return v >= edge-edgeSlack }

// alternate is 1 in even parts and −1 in odd ones.
func alternate(part float64) float64 {
	if math.Mod(part, 2) == 0 {
		return 1
	}
	return -1
}
