// Package verify proves a backend: it puts together the cases that a convolution can
// be wrong in, holds backends to them by package compare, and reports.
//
// The cases come from one table (table.go): the axes in which a convolution varies,
// from the kind of stimulus to the pool, with their levels. [Whole] crosses every
// stimulus, every bank and every kernel, each once with the options that fast algorithms
// take and once with any; [Quick] is what covers every pair of levels of any two axes.
// Both are fixed: the same cases with the same numbers each time. [Edges] adds, for one
// backend, batches around where it cuts them.
//
// [Runner.Run] holds every subject to every case, which the judge computes once. A [Record] is
// what came of one case and one subject; [Report.WriteJSON] and [Report.WriteJUnit] write them.
//
// The package imports no backend.
package verify
