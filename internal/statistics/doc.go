// Package statistics summarises measured times and tests whether they differ. It has medians with confidence intervals
// for samples that come in blocks, outliers, and Yuen's test of two sets of values with Holm's correction for several
// tests. [Digits] formats a number for people.
package statistics
