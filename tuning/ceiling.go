package tuning

import "math"

// NoiseCeiling returns the largest correlation that a model of a neuron can have with the mean of its responses in two
// halves of the trials, if r is the correlation of the halves:
//
//	√(2r/(1+r))
//
// 2r/(1+r) is the reliability of the mean (Spearman, Br. J. Psychol. 3:271, 1910; Brown, ibid. 3:296), and the square
// root of a reliability is the correlation with what repeats in every trial (Schoppe et al., Front. Comput. Neurosci.
// 10:10, 2016). The ceiling is from 0 to 1. It is NaN if r is not above 0: then nothing that repeats was found.
func NoiseCeiling(r float64) float64 {
	if !(r > 0) {
		return math.NaN()
	}
	return math.Sqrt(2 * r / (1 + r))
}
