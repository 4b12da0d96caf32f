// Package filters makes filter banks: weights [filters, 1, rows, columns] for convolutions of grey images.
//
// [NMA] is the bank of Neuromatch Academy's W1D5 tutorial 2 (Menendez and Stringer, CC BY 4.0): a centre-surround pair
// and Gabors. It keeps two peculiarities of the tutorial. Its "gaussians" are cusps, exp(−r/(2σ²)): they take the
// radius r, not its square. And its x grows with the row, not the column, so that a Gabor of the orientation θ prefers
// the tutorial's grating of 90°−θ.
//
// [Gabor], [DoG], [Derivative] and [Laplacian] are filters with documented units. A [Bank] makes weights of them. It
// can balance them, and make quadrature pairs, where conv.Energy makes a complex cell of filters 2m and 2m+1. [Kinds]
// lists the kinds and makes banks of every combination of parameters. Orientations are those of package stimuli: a
// filter prefers the grating of its own orientation. [Population] draws random Gabors, distributed as in V1.
//
// [PyTorch] draws random weights such as an untrained layer starts with.
package filters
