// Package statistics says what times are and whether they differ: medians with intervals for samples that come in
// blocks, outliers, and Yuen's test of two sets of values with Holm's correction for many tests. [Digits] writes a
// figure for people.
package statistics
