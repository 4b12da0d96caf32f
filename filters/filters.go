// Package filters makes filter banks: weights [filters, 1, rows, columns] for
// convolutions of grey images.
//
// [NMA] is the bank of Neuromatch Academy's W1D5 tutorial 2 (Menendez and
// Stringer, CC BY 4.0): a centre-surround pair and Gabors. What is peculiar about
// it is kept: the "gaussians" are cusps, exp(−r/2σ²) of the radius and not of its
// square, and x runs along rows, so that a Gabor of θ prefers the tutorial's
// grating of 90°−θ.
//
// [Gabor], [DoG], [Derivative] and [Laplacian] are filters of documented units, of
// which a [Bank] makes weights: balanced or not, and in quadrature pairs, whose
// filters 2m and 2m+1 conv.Energy makes a complex cell of. [Kinds] lists them, and
// makes banks of every combination of parameters. Their orientations are those of
// package stimuli: a filter prefers the grating of its own. [Population] draws
// Gabors as they are distributed in V1.
//
// [PyTorch] draws the weights that an untrained layer starts with.
package filters
