// Package verify proves a backend. It makes the cases in which a convolution can go wrong, holds backends to them with
// package compare, and reports. It imports no backend.
//
// The cases come from one table (table.go): the axes in which convolutions vary, from the kind of stimulus to the pool,
// with their levels. [Whole] crosses every stimulus, every bank and every kernel, once with the options that fast
// algorithms take and once with any. [Quick] covers every pair of levels of any two axes. Both always have the same
// cases with the same numbers. [Batches], [Layers] and, for one backend, [Edges] add batches and layers.
//
// A [Runner] holds every [Subject] to every case; the judge computes each case once. It hands out a [Record] for each
// case and subject. A [Report] collects them; [Report.WriteJSON] and [Report.WriteJUnit] write it.
package verify
