// Package bench measures how fast backends are, compares them with the peak rates of the machine, and decides whether
// two measurements differ. It imports no backend: the caller passes each [Subject], and a judge.
//
// [Bench] times a [Suite] and returns a [Report]. [Compiling] times how long a GPU takes to compile its programs.
// [Read] and [Report.Write] read and write reports as JSON, and [Merge] makes one report of several.
// [Report.WriteTable], [Report.WriteHTML] and [Report.WriteGo] show a report, and [Compare] finds what changed between
// two.
//
// # How a case is timed
//
// [Bench] works in rounds. In each round every case is timed once on every subject, in random order, so that other work
// on the machine disturbs all of them alike. One such timing is a block. A block makes its own plan with its own
// buffers. Times change with the addresses of buffers by more than they scatter within a process (Mytkowicz et al.,
// Producing Wrong Data Without Doing Anything Obviously Wrong, 2009). The block warms up and takes its share of the
// samples. A sample is one Run, or the mean of as many runs as take 2 ms.
//
// Every block is also checked. Before it, a part of the outputs is filled with NaN. After it, the judge checks this
// part of the last run's outputs. If a case has a wrong output, it has no times and rates at all.
//
// Rounds go on until each case on each subject has enough samples and seconds, and a median that is known to ±1 %, or
// until the time is up. The report lists the cases that then have fewer samples.
//
// # How a time is reported
//
// A time is the median of all samples, with a 95 % percentile bootstrap interval over blocks. Rounds end when the
// interval is narrow, and that makes it a little too narrow: where blocks scatter by 3 %, 90 % of the intervals contain
// the true median. After a fixed number of rounds, which --noise 1 asks for, 95 % do (TestStoppingCovers). Outliers by
// Tukey's fences are shown, and count like all other samples.
//
// Rates are computed from the multiplications of the direct form (2 FLOP each) and from the bytes that every algorithm
// must move (images, weights and outputs once each), whatever an algorithm really does. So they compare what users get.
// An algorithm that saves multiplications can therefore exceed 100 % of the roofline (Williams et al. 2009). The
// roofline is the lower of two limits: the peak rate of multiply-adds ([Peak]), and the peak rate of the memory times
// the FLOP per byte of the case. The peak rates of a device are the highest that its probes reached, before the rounds
// or between them.
//
// # When a time has changed
//
// [Compare] compares two reports. That is difficult, because the machine also does other work. Samples of one block are
// not independent of each other, and two runs minutes apart meet different conditions. And of sixty ratios, three lie
// outside of their 95 % intervals by chance. Therefore a comparison is [Slower], [Faster] or [Equivalent] only if the
// samples show it, and otherwise [Undecided]:
//
//   - The value of a block is the logarithm of its median. The blocks of a case are half a minute apart. Their scatter
//     includes the effect of the addresses of buffers, though not of code.
//   - Yuen's test (Biometrika 1974) compares the 20 % trimmed means of these values. It does not need equal variances,
//     and rounds in which another job began do not mislead it.
//   - The same test must find a change in the times divided by the gauge's times. The gauge is a number of
//     multiply-adds on registers alone, on as many threads, side by side with the samples of each block. A job that
//     takes a part of the cores slows both. A change must be found by both tests. Such an intersection-union test needs
//     no correction (Berger 1982), and never finds a change that the plain test alone does not find. A hardware GPU has
//     no gauge.
//   - The blocks of a run cannot show by how much the whole run is off. Two processes of one program differ slightly,
//     for instance because their code has other addresses, and 1 % is allowed for that. In addition, if other jobs
//     disturb the machine, they do so between runs as well as within them. So the scatter of a run's blocks counts once
//     more, by a factor of 0.6, as a part that is never averaged out.
//   - That factor was measured, with 40 runs of the same programs at load averages of 8 to 17. Of all 293 pairs of
//     these, none has a change in wall-clock time, and 4 have one in CPU time. Without the factor, 2 and 67 would have
//     one. At such loads a slowdown by 5 % is undecided. A line says how many more rounds, or how quiet a machine,
//     would decide.
//   - This was simulated for pairs of runs with a slowdown by 5 %. If blocks scatter by 1 %, Compare always finds a
//     slowdown of 24 cases, and in half of the pairs one of a single case. If they scatter by 0.5 %, it always finds
//     both.
//   - All tests are one family (Holm 1979): 5 % is the probability of a false alarm in any of them.
//   - A change must also exceed a threshold in both tests, 3 % by default. Two processes of one program can differ by 1
//     or 2 %.
//   - Equivalent needs two one-sided tests at 5 % (Schuirmann 1987), of the times and of the calibrated times: both
//     90 % intervals lie within ± the threshold. Each comparison makes this claim for itself, so that Holm's correction
//     does not apply. In a simulation of 3,600 single comparisons, on a quiet machine and two busy ones, 97 % of those
//     between equal times on the quiet machine are equivalent. None that is slower by 5 or 20 % is called equivalent
//     or faster (TestVerdicts).
//   - Of 2,016 comparisons of recorded runs, at load averages of 13 to 18 on two cores, one is wrong: a program is
//     slower than itself, by CPU time. Nearly all others are undecided, though 136 of 384 find a slowdown by 20 % in
//     CPU time (TestRecorded; bench/testdata/record.sh records runs).
//   - At a load average below 3, all 504 comparisons of such runs are right by wall-clock time, and 144 of 192 find a
//     slowdown by 20 %. By CPU time 43 of 504 are wrong, with 16 that call 5 % slower faster or equivalent. So CPU time
//     is not for machines with little other work.
//   - Compare also tests the geometric mean of all cases of a backend, round by round. A cause that slows a kernel by
//     5 % slows most cases, and their mean is known more exactly than each of them.
//
// On a machine that is never quiet, [CPUTime] compares the CPU time of the process instead. It cannot show work that is
// divided badly among threads.
package bench
