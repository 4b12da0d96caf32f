package bench

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"gpuconv/internal/statistics"
)

// Verdict is the conclusion about a change.
type Verdict string

const (
	Slower     Verdict = "slower"     // significantly, and by more than the threshold
	Faster     Verdict = "faster"     // likewise
	Equivalent Verdict = "equivalent" // the 90 % confidence intervals lie within ± the threshold
	Undecided  Verdict = "undecided"  // none of the three above
	Wrong      Verdict = "wrong"      // the new output is wrong
	Gone       Verdict = "not in new" // only the old report has it
	Added      Verdict = "not in old" // only the new report has it, or has it with a right output
)

// familyError is the probability of a false alarm: that the comparison of a program with itself finds a change in any
// of its cases, backends and phases.
const familyError = 0.05

// oneSided is the probability that a single time is called equivalent although it differs by exactly the threshold. It
// is lower for larger differences.
const oneSided = 0.05

// betweenRuns is the standard deviation of times between processes of one program, as a share of the times. Each
// process has its code and memory at other addresses, and blocks of one process cannot average that out. The number is
// an assumption, not a measurement: it makes 0.007·√2 = 1 % for the ratio of two runs.
const betweenRuns = 0.007

// wandering is the standard deviation of the level of a whole run, divided by that of its blocks. A machine whose load
// changes between the rounds of a run also changes between runs, and the blocks of one run do not show that. On two
// cores, at load averages of 8 to 17, it was 0.2 to 0.8 (three series of 21, 11 and 8 runs of the same program). Of
// recorded pairs, none is judged wrongly with 0.4, and some with 0.2: see bench/RESULTS.md.
const wandering = 0.4

// leastBlocks is how many blocks each run needs for an estimate of their scatter: see [statistics.NewTrimmed].
const leastBlocks = 3

// contrast is Yuen's test of two series, one of each run, and what is needed to tell how the test of other runs would
// have come out.
type contrast struct {
	statistics.Difference
	blocks  [2]int     // how many each run has
	scatter [2]float64 // variance of the logarithm of one block of each run; +Inf if it is not known
}

// newContrast tests two series, of the old run and of the new. If one is empty, the difference is NaN.
func newContrast(a, b series) contrast {
	c := contrast{blocks: [2]int{len(a), len(b)}}
	if len(a) == 0 || len(b) == 0 {
		c.Difference = statistics.Difference{By: math.NaN(), Error: math.Inf(1)}
		return c
	}
	var runs [2]statistics.Trimmed
	for i, s := range []series{a, b} {
		runs[i] = statistics.NewTrimmed(slices.Collect(maps.Values(s)))
		c.scatter[i] = runs[i].Square * float64(len(s)) // Square is the variance of the mean of all blocks
	}
	c.Difference = c.between(runs, c.blocks, 1)
	return c
}

// between returns the difference of two runs, with blocks[i] blocks in run i. The standard deviation of their blocks is
// multiplied by louder. The variance of the mean of run i is louder²·scatter[i]·(1/blocks[i] + wandering²), and that of
// the difference has 2·betweenRuns² on top.
func (c contrast) between(runs [2]statistics.Trimmed, blocks [2]int, louder float64) statistics.Difference {
	for i := range runs {
		runs[i].Square = louder * louder * c.scatter[i] * (1/float64(blocks[i]) + wandering*wandering)
	}
	return runs[0].To(runs[1]).Widened(2 * betweenRuns * betweenRuns)
}

// would returns the same difference as two other runs would show it: each with the given number of rounds, on a machine
// on which the standard deviation of blocks is louder times as large.
func (c contrast) would(rounds int, louder float64) contrast {
	freedom := float64(rounds - 2*int(statistics.Trimming*float64(rounds)) - 1)
	by := c.By
	c.Difference = c.between([2]statistics.Trimmed{{Freedom: freedom}, {Freedom: freedom}}, [2]int{rounds, rounds},
		louder)
	c.By = by
	return c
}

// judge makes all tests, as one family, decides their verdicts, and adds their changes to c.
func (c *Comparison) judge(tests []test) {
	var p []float64
	var tested []*test
	for i := range tests {
		t := &tests[i]
		if t.change.Verdict != "" {
			continue
		}
		t.contrasts = []contrast{newContrast(t.old[0], t.now[0])}
		if k := newContrast(t.old[1], t.now[1]); !math.IsNaN(k.By) {
			t.contrasts = append(t.contrasts, k)
		}
		tested, p = append(tested, t), append(p, largest(t.contrasts))
	}
	for i, adjusted := range statistics.Holm(p) {
		c.decide(&tested[i].change, tested[i].contrasts, adjusted, len(p))
	}
	for _, t := range tests {
		c.Changes = append(c.Changes, t.change)
	}
}

// largest returns the largest p-value: that of the intersection-union test of all contrasts.
func largest(all []contrast) (p float64) {
	for _, c := range all {
		p = max(p, c.P())
	}
	return p
}

// decide fills in the numbers and the verdict of a change. all has the contrast of the times, and that of the
// calibrated times if there are any. p is corrected for the family, which has as many tests as family says.
func (c *Comparison) decide(x *Change, all []contrast, p float64, family int) {
	plain := all[0]
	x.Old, x.New = plain.blocks[0], plain.blocks[1]
	if !math.IsNaN(plain.By) {
		x.Ratio, x.P = Number(math.Exp(plain.By)), Number(p)
	}
	if half := plain.HalfWidth(1 - statistics.Confidence); !math.IsInf(math.Exp(plain.By+half), 1) {
		x.Low, x.High = Number(math.Exp(plain.By-half)), Number(math.Exp(plain.By+half))
	}
	for i, d := range all {
		x.Shows = max(x.Shows, math.Expm1(d.HalfWidth(familyError/float64(family))))
		if i == 1 {
			x.Calibrated = Number(math.Exp(d.By))
		}
	}
	if x.Verdict = c.verdict(all, p); x.Verdict == Undecided {
		x.Why = c.advice(all, family)
	}
}

// verdict decides from the differences of the times and, if there are any, of the calibrated times. p is corrected for
// the family. The threshold is taken in logarithms, so that new / old and old / new are judged alike.
func (c Comparison) verdict(all []contrast, p float64) Verdict {
	limit := math.Log1p(c.Threshold)
	least, most, within := math.Inf(1), math.Inf(-1), true
	for _, d := range all {
		least, most = min(least, d.By), max(most, d.By)
		within = within && math.Abs(d.By)+d.HalfWidth(2*oneSided) < limit
	}
	switch {
	case p < familyError && least > limit:
		return Slower
	case p < familyError && most < -limit:
		return Faster
	case within:
		return Equivalent
	}
	return Undecided
}

// would returns the verdict about other runs: see contrast.would.
func (c Comparison) would(all []contrast, family, rounds int, louder float64) Verdict {
	var list []contrast
	for _, x := range all {
		list = append(list, x.would(rounds, louder))
	}
	return c.verdict(list, min(1, float64(family)*largest(list)))
}

// patience bounds the rounds that advice suggests: at most patience times as many in all as the shorter run has.
const patience = 10

// advice says what would have decided a comparison with the same ratio: more rounds in each run, else a quieter
// machine, else a larger threshold; or why nothing would.
func (c Comparison) advice(all []contrast, family int) string {
	rounds := min(all[0].blocks[0], all[0].blocks[1])
	if rounds < leastBlocks {
		return fmt.Sprintf("at least %d rounds in each run are needed, there are %d", leastBlocks, rounds)
	}
	decides := func(rounds int, louder float64) bool { return c.would(all, family, rounds, louder) != Undecided }
	for n := rounds + 1; n <= patience*rounds; n++ {
		if decides(n, 1) {
			return fmt.Sprintf("%d more rounds in each run would decide", n-rounds)
		}
	}
	scatter := math.Sqrt(max(all[0].scatter[0], all[0].scatter[1]))
	for louder := 0.8; louder > 1e-3 && decides(rounds, 0); louder *= 0.8 { // quieter and quieter
		if decides(rounds, louder) {
			return fmt.Sprintf("a machine whose rounds scatter by %.2g %% would decide, here they scatter by %.2g %%",
				100*louder*scatter, 100*scatter)
		}
	}
	first, last := c.would(all[:1], family, rounds, 0), c.would(all[len(all)-1:], family, rounds, 0)
	if first != last && first != Undecided && last != Undecided {
		return "no quieter machine would decide: the time and the calibrated time disagree, as when only one of the " +
			"two runs was disturbed"
	}
	widest := 0.0
	for _, x := range all {
		widest = max(widest, math.Abs(x.By)+x.HalfWidth(2*oneSided))
	}
	text := "no quieter machine would decide: the ratio is near the threshold"
	if larger := math.Ceil(100*math.Expm1(widest)) / 100; larger < 1 {
		text += fmt.Sprintf(", --threshold %.2g would decide", larger)
	}
	return text
}
