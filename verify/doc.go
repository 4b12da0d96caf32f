// Package verify tests whether a backend is correct. It makes cases in which convolutions can go wrong, tests backends
// on them with package compare, and reports the outcomes. It imports no backend.
//
// Most cases come from one table (table.go). It has the axes along which convolutions vary, from the kind of stimulus
// to the pool, and the levels of each axis. [Quick] covers every pair of levels of any two axes, with some of the
// kernels. [Whole] does so with all kernels. It also combines every stimulus with every filter bank and every kernel,
// once with options that algorithms for plain layers accept (stride, dilation and groups of 1, zero padding) and once
// with any options. Both functions return the same cases, with the same numbers, every time. [Batches], [Layers],
// [Tiles], [Wide] and, for one backend, [Edges] return further cases. [Given] makes a case of the caller's numbers.
//
// A [Runner] tests every [Subject] on every case; the judge computes each case once. It passes on a [Record] for each
// case and subject. A [Report] collects the records. [Report.WriteJSON] and [Report.WriteJUnit] write it.
package verify
