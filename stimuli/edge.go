package stimuli

import "math"

// Edges are half-open: what is at an edge belongs to the part that begins there. So a square wave over whole periods is
// bright in one half of the samples and dark in the other, wherever the samples lie.
//
// edgeSlack decides ties. A sample that lies before an edge by no more than edgeSlack of the unit counts as on it. The
// unit is half a cycle of a wave, a square of a checkerboard, or a pixel of an aperture. Samples that are on an edge
// for exact numbers, as at 0.1 cycles/pixel and a phase of 72°, lie within it after rounding: at a spatial frequency of
// 10 digits and 1,000 pixels from the centre they are off by 5·10⁻⁸. All edges of a wave move by edgeSlack, so its
// halves stay alike. TestEdges holds the rule to rational arithmetic.
const edgeSlack = 0x1p-24

// part returns the number of the part that v lies in, of parts that begin at whole numbers.
func part(v float64) float64 { return math.Floor(v + edgeSlack) }

// reaches says whether v is at an edge or beyond it.
func reaches(v, edge float64) bool { return v >= edge-edgeSlack }

// alternate is 1 in even parts and −1 in odd ones.
func alternate(part float64) float64 {
	if math.Mod(part, 2) == 0 {
		return 1
	}
	return -1
}
