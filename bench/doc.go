// Package bench measures how fast backends are, what the machine could do at most, and
// whether one measurement differs from another. It imports no backend: it is handed them
// each as a [Subject], and a judge.
//
// # How a case is timed
//
// [Bench] makes rounds. In each, every case is timed on every subject once, in random
// order, so that whatever else the machine does falls on all of them. Such a block makes
// a plan of its own, with buffers of its own, since where memory lies changes times by
// more than their scatter within a process (Mytkowicz et al., Producing Wrong Data
// Without Doing Anything Obviously Wrong, 2009); it warms up and takes its share of the
// samples. A sample is one Run, or the mean of as many as take 2 ms. What is timed is
// what is judged: before a block a sample of the outputs is filled with NaN, and after it
// the last run's is held to the judge. After a wrong output a case has no figures at all.
//
// Rounds go on until each case and subject has its samples and seconds and a median that
// is known to 1 %, or until the time is up. What then has fewer samples is named.
//
// # What is said of a time
//
// The median of all samples, with a 95 % percentile bootstrap interval over blocks
// . As rounds end when it is narrow, it is a little too narrow: where blocks
// scatter by 3 %, 90 % of them hold the true median, and 95 % after a fixed number of rounds
// (TestStoppingCovers), which --noise 1 asks for. Outliers by Tukey's fences are shown, and counted like all others.
//
// Rates are made from the direct form's multiplications (2 FLOP each) and the compulsory
// bytes (images, weights and outputs once each), whatever an algorithm does: they
// compare what users get. A transform that saves multiplications may so pass 100 % of the
// roofline (Williams et al. 2009), which is the lower of the peak of multiply-adds ([Peak])
// and what the memory feeds at the case's intensity. A device's roof is the fastest
// that its probes were seen to run, before or after the rounds.
//
// # What is a change
//
// [Compare] sets two reports against each other. What it has to stand is that the
// machine does other things: samples of one block are no independent witnesses, two runs
// minutes apart see different machines, and sixty ratios have three beyond any 95 %
// interval. Therefore:
//
//   - A block is one value, the log of its median. Blocks of a case are half a minute
//     apart, and within one process their scatter has the effect of memory's layout.
//   - Their 20 % trimmed means are compared by Yuen's test (Biometrika 1974), which needs
//     no equal variances and is not led astray by the rounds in which another job began.
//   - The same test must hold for the times divided by the gauge's: multiply-adds on
//     registers alone on as many threads, side by side with the samples of each block. A job that takes a part
//     of the cores slows both. Only what both tests find is a change; such an
//     intersection-union test needs no correction (Berger 1982). It never finds what
//     the plain test alone would not. Hardware of its own has no gauge.
//   - What a run is off by as a whole, no number of its blocks shows: two processes differ
//     for no reason (1 % is allowed for), and a machine that other jobs disturb moves between
//     runs as it does within them. The scatter of a run's blocks therefore counts once
//     more, by 0.6, that is never averaged out. It was measured: of all 293 pairs of 40 runs
//     of the same programs at load averages of 8 to 17, none has a change on the wall clock and 4 have
//     one by CPUTime; without it, 2 and 67. At such loads a slowdown by 5 % is not seen; that
//     it cannot be is said beside each ratio. Of simulated pairs of runs whose blocks scatter by 1 %,
//     all are found in which 24 cases are slower by 5 %, and half in which one of them is;
//     at 0.5 %, all of both.
//   - All tests are one family (Holm 1979): 5 % is the chance of a false alarm anywhere.
//   - A change counts beyond a threshold only, 3 % by default, in both tests: what two
//     processes differ by for no reason, such as where their code lies, is 1 or 2 %.
//   - Beside each case stands the geometric mean of all cases of a backend, round by round. What
//     slows a kernel by 5 % slows most cases; their mean is known better than each.
//
// On a machine that is never quiet, CPUTime compares the time that the process had a core
// instead. It does not see work that is badly shared out among threads.
package bench
