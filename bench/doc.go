// Package bench measures how fast backends are, compares them with the peak rates of the machine, and decides whether
// two measurements differ. It imports no backend: the caller passes each backend as a [Subject], and a judge, which
// computes the true outputs.
//
// [Bench] times a [Suite] and returns a [Report]. [Compiling] times how long a GPU takes to compile its programs.
// [Read] and [Report.Write] read and write reports as JSON, and [Merge] makes one report of several.
// [Report.WriteTable], [Report.WriteHTML] and [Report.WriteGo] show a report, and [Compare] finds what changed between
// two.
//
// # How a case is timed
//
// [Bench] first tries each case once on every subject, and then works in rounds. A round times each case once on every
// subject, in random order, so that other work on the machine disturbs all of them alike. One such timing is a block.
// It makes its own plan with its own buffers, because times change with the addresses of buffers by more than they
// scatter within a process (Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong, 2009). Then
// it warms up, takes its share of the samples, and checks a part of the outputs. A sample is the time of one Run, or
// the mean of as many runs as take 2 ms. If a case has a wrong output on a subject, the report has no times and rates
// of that case on that subject.
//
// After the first Settings.Rounds rounds, a round times only the cases that have too few samples or seconds, or a
// median that is not known to ±1 % (Settings.Noise, --noise) yet. It skips a block that would not end in time.
//
// # How a time is reported
//
// A time is the median of all samples, with a 95 % percentile bootstrap interval over blocks. Rounds end when the
// interval is narrow, and that makes it a little too narrow: in a simulation in which blocks scatter by 3 %, 90 % of
// these intervals contain the true median. After a fixed number of rounds, which --noise 1 asks for, 95 % do
// (TestStoppingCovers). Outliers by Tukey's fences are shown, and count like all other samples.
//
// Rates count the same work whatever an algorithm really does, so that they compare what users get. FLOP are 2 for each
// multiplication of the direct form. Bytes are those of images, weights, biases and outputs, once each, which every
// algorithm must move. The roofline of a case (Williams et al. 2009) is the highest rate to expect on a device:
//
//	min(peak rate of multiply-adds, peak rate of the memory × FLOP of the case / bytes of the case)
//
// A case exceeds it if its algorithm saves multiplications, if filters that repeat others are not computed, or if its
// data stay in caches.
//
// # When a time has changed
//
// [Compare] compares two reports. That is difficult, because the machine also does other work. Samples of one block are
// not independent of each other, and two runs minutes apart meet different conditions. And of sixty ratios of equal
// times, three lie outside of their 95 % intervals by chance. Therefore a comparison is [Slower], [Faster] or
// [Equivalent] only if the samples show it, and otherwise [Undecided]. The rules:
//
//   - The value of a block is the logarithm of the median of its samples. Yuen's test (Biometrika 1974) compares the
//     20 % trimmed means of the values of both reports. It does not need equal variances, and rounds in which another
//     job began do not mislead it.
//   - The same test is made a second time, with calibrated times: those divided by the time of the gauge. The gauge is
//     fixed work, multiply-adds on registers alone, between the samples of each block, on as many threads as the
//     subject has. A job that takes a part of the cores slows down both. Only what both tests find is a change. Such an
//     intersection-union test needs no correction (Berger 1982). A hardware GPU has no gauge, and only the first test.
//   - The blocks of a run cannot show by how much the whole run is off: what is allowed for that is in verdict.go, at
//     betweenRuns and wandering. At load averages of 8 to 17 a slowdown by 5 % is then undecided.
//   - All tests of a comparison are one family, corrected by Holm's method (1979): 5 % is the probability of a false
//     alarm in any of them. A change must also exceed a threshold in both tests, 3 % by default.
//   - Equivalent needs two one-sided tests at 5 % (Schuirmann 1987), of the times and of the calibrated times. Each
//     comparison makes this claim for itself, so that Holm's correction does not apply.
//   - For an undecided comparison a line says how many more rounds, or how quiet a machine, would decide.
//   - Compare also tests the geometric mean of all cases of a backend, round by round. A cause that slows down a kernel
//     by 5 % slows down most cases, and their mean is known more exactly than each of them.
//
// What the rules find:
//
//   - In simulated pairs of runs whose blocks scatter by 0.5 %, Compare always finds a slowdown by 5 %, in all 24 cases
//     or in a single one (TestCompareSlower, TestCompareOneCase). Of comparisons of single equal times on a quiet
//     machine, 97 % are equivalent, and nothing that is slower is called equivalent or faster (TestVerdicts).
//   - Of 2,016 comparisons of recorded runs none is wrong (TestRecorded). Of those between equal programs, benchstat's
//     test, of golang.org/x/perf, gets 21 to 78 % wrong, depending on the state of the machine, and the rules above
//     without the gauge up to 46 % (TestRivals; bench/RESULTS.md has the table). So bench keeps statistics of its own.
//   - CPU time, summed over threads, is no better. It changes by 10 % with how many threads really ran side by side,
//     which can be one for a whole run and two for the next. So no verdict is about CPU time.
package bench
