// Package bench measures how fast backends are, what the machine could do at most, and whether one measurement differs
// from another. It imports no backend: the caller hands it each [Subject] and a judge.
//
// [Bench] times a [Suite] and returns a [Report]; [Compiling] times how long a GPU takes to make its programs. [Read]
// and [Report.Write] keep reports as JSON, [Merge] makes one of several, [Report.WriteTable], [Report.WriteHTML] and
// [Report.WriteGo] show them, and [Compare] finds what changed between two.
//
// # How a case is timed
//
// [Bench] makes rounds. In each round every case is timed once on every subject, in random order, so that whatever else
// the machine does meets all of them. One such timing is a block. It makes a plan of its own with buffers of its own,
// because where memory lies changes times by more than their scatter within a process (Mytkowicz et al., Producing
// Wrong Data Without Doing Anything Obviously Wrong, 2009). It warms up and takes its share of the samples. A sample is
// one Run, or the mean of as many runs as take 2 ms. What is timed is also judged: before a block a part of the outputs
// is filled with NaN, and after it that part of the last run's outputs is held to the judge. After a wrong output a
// case has no figures at all.
//
// Rounds go on until each case on each subject has its samples and seconds and a median that is known to 1 %, or until
// the time is up. The report names what then has fewer samples.
//
// # What is said of a time
//
// A time is the median of all samples, with a 95 % percentile bootstrap interval over blocks. Rounds end when the
// interval is narrow, which makes it a little too narrow: where blocks scatter by 3 %, 90 % of the intervals hold the
// true median. After a fixed number of rounds, which --noise 1 asks for, 95 % do (TestStoppingCovers). Outliers by
// Tukey's fences are shown, and count like all other samples.
//
// Rates are made from the direct form's multiplications (2 FLOP each) and the compulsory bytes (images, weights and
// outputs once each), whatever an algorithm does, so that they compare what users get. A transform that saves
// multiplications may therefore pass 100 % of the roofline (Williams et al. 2009). The roofline is the lower of the
// peak of multiply-adds ([Peak]) and what the memory feeds at the case's intensity. A device's roof is the highest rate
// at which its probes were seen to run, before or after the rounds.
//
// # What is a change
//
// [Compare] sets two reports against each other. The difficulty is that the machine does other things: samples of one
// block are no independent witnesses, two runs minutes apart see different machines, and of sixty ratios three lie
// outside any 95 % interval. Therefore:
//
//   - A block is one value, the log of its median. Blocks of a case are half a minute apart, and within one process
//     their scatter has the effect of memory's layout.
//   - Their 20 % trimmed means are compared by Yuen's test (Biometrika 1974). It needs no equal variances, and rounds
//     in which another job began do not mislead it.
//   - The same test must find a change in the times divided by the gauge's. The gauge is multiply-adds on registers
//     alone, on as many threads, side by side with the samples of each block. A job that takes a part of the cores
//     slows both. Only what both tests find is a change; such an intersection-union test needs no correction (Berger
//     1982). It never finds what the plain test alone would not. A GPU of its own has no gauge.
//   - No number of a run's blocks shows by how much the whole run is off. Two processes differ for no reason; 1 % is
//     allowed for that. And a machine that other jobs disturb changes between runs as it does within them. The scatter
//     of a run's blocks therefore counts once more, by a factor of 0.6, as a part that is never averaged out. That
//     factor was measured: of all 293 pairs of 40 runs of the same programs at load averages of 8 to 17, none has a
//     change on the wall clock and 4 have one by CPUTime; without the factor 2 and 67 have one. At such loads a
//     slowdown by 5 % is not seen; each ratio says beside it what would be seen. Of simulated pairs of runs whose
//     blocks scatter by 1 %, all are found in which 24 cases are slower by 5 %, and half of those in which one case is;
//     at 0.5 %, all of both.
//   - All tests are one family (Holm 1979): 5 % is the chance of a false alarm anywhere.
//   - A change counts only beyond a threshold, 3 % by default, in both tests: two processes differ by 1 or 2 % for no
//     reason, such as where their code lies.
//   - Besides each case there is the geometric mean of all cases of a backend, round by round. What slows a kernel by 5
//     % slows most cases, and their mean is known better than each.
//
// On a machine that is never quiet, CPUTime compares the time for which the process had a core instead. It does not see
// work that is badly shared out among threads.
package bench
