package bench

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/fault"
)

// Merge makes one report of several from one machine and one program, such as a report of our backends and one of
// peers. If several reports timed the same case on the same backend, their blocks are pooled: median and interval are
// computed as if all blocks were from one run. Compile times have no blocks: of these, the result with the most samples
// counts. An output that is wrong in one report counts as wrong.
func Merge(reports ...Report) (Report, error) {
	if len(reports) == 0 {
		return Report{}, fault.New("bench", "no report", "", "want at least 1")
	}
	whole := reports[0]
	whole.Missing = []Missing{}
	for i, r := range reports {
		if err := whole.sameMachine(r); err != nil {
			return Report{}, about(fmt.Sprintf("report %d", i+1), err)
		}
		if i > 0 {
			whole.addRun(r)
		}
		whole.Missing = union(whole.Missing, r.Missing, itself)
	}
	if err := whole.bounded(); err != nil {
		return Report{}, err
	}
	whole.Results = poolAll(whole, reports)
	return whole, whole.Validate()
}

// sameMachine refuses a report whose processor, platform or revision of gpuconv is not r's, since their times cannot be
// compared.
func (r Report) sameMachine(other Report) error {
	a, b := r.Machine, other.Machine
	for _, field := range [][3]string{{"processor", a.CPU, b.CPU}, {"platform", a.Platform, b.Platform},
		{"revision of gpuconv", a.Git, b.Git}} {
		if field[1] != field[2] {
			return fmt.Errorf("its %s is %q, the first report's is %q: want figures of one machine and one program",
				field[0], field[2], field[1])
		}
	}
	return nil
}

// addRun adds the machine, run, backends and cases of another report. Names of suites are joined by +, and commands by
// &&. The load average at the start is that of the earlier run, and the one at the end that of the later. Of the
// settings for samples, seconds and rounds, the smaller number is kept.
func (r *Report) addRun(other Report) {
	r.Machine.Threads = max(r.Machine.Threads, other.Machine.Threads)
	r.Machine.Versions = union(r.Machine.Versions, other.Machine.Versions, itself)
	r.Machine.Conditions = union(r.Machine.Conditions, other.Machine.Conditions, itself)
	if !slices.Contains(strings.Split(r.Run.Suite, "+"), other.Run.Suite) {
		r.Run.Suite += "+" + other.Run.Suite
	}
	if other.Run.Started.Before(r.Run.Started) {
		r.Run.Started, r.Machine.Load[0] = other.Run.Started, other.Machine.Load[0]
	} else {
		r.Machine.Load[1] = other.Machine.Load[1]
	}
	r.Run.Seconds += other.Run.Seconds
	if r.Run.Partial == "" {
		r.Run.Partial = other.Run.Partial
	}
	have, more := &r.Run.Settings, other.Run.Settings
	have.Samples, have.Seconds = min(have.Samples, more.Samples), min(have.Seconds, more.Seconds)
	have.Rounds = min(have.Rounds, more.Rounds)
	command := strings.Join(other.Run.Command, " ")
	if !slices.Contains(strings.Split(strings.Join(r.Run.Command, " "), " && "), command) {
		r.Run.Command = append(append(slices.Clone(r.Run.Command), "&&"), other.Run.Command...)
	}
	r.Cases = union(r.Cases, other.Cases, CaseInfo.key)
	r.Backends = slices.Clone(r.Backends)
	for _, b := range other.Backends {
		r.addBackend(b)
	}
}

// addBackend adds a backend. If r has it already, a backend that was timed replaces one that was absent, and of each
// peak rate the higher one is kept.
func (r *Report) addBackend(b BackendInfo) {
	i := slices.IndexFunc(r.Backends, func(a BackendInfo) bool { return a.key() == b.key() })
	if i < 0 {
		r.Backends = append(r.Backends, b)
		return
	}
	have := &r.Backends[i]
	switch {
	case b.Absent != "":
		return
	case have.Absent != "":
		*have = b
	}
	if b.Roof != nil {
		have.Roof = b.Roof.highest(have.Roof)
	}
}

// union returns all of a, followed by those elements of b whose key has not appeared before.
func union[T any, K comparable](a, b []T, key func(T) K) []T {
	all, seen := slices.Clone(a), map[K]bool{}
	for _, v := range a {
		seen[key(v)] = true
	}
	for _, v := range b {
		if !seen[key(v)] {
			all = append(all, v)
		}
		seen[key(v)] = true
	}
	return all
}

// itself is a key for union: the value itself.
func itself[T any](v T) T { return v }

// poolAll returns the results of all reports, in the order of whole's cases and backends. Results of the same case,
// backend, phase and state of the cache become one.
func poolAll(whole Report, reports []Report) []Result {
	same := map[key][]Result{}
	for _, r := range reports {
		for _, x := range union(nil, r.Results, Result.key) { // of two with one key, the first counts
			same[x.key()] = append(same[x.key()], x)
		}
	}
	all := []Result{}
	for _, c := range whole.Cases {
		for _, b := range whole.Backends {
			for _, phase := range phases() {
				for _, cache := range []string{"", CacheCold, CacheWarm} {
					if found := same[key{c.Suite, c.Case, b.Backend, b.Threads, phase, cache}]; found != nil {
						all = append(all, pooled(found, c, b))
					}
				}
			}
		}
	}
	return all
}

// pooled returns one result for several of the same case, backend, phase and state of the cache: a wrong one if there
// is one, otherwise the one with the most samples, with the blocks of all.
func pooled(same []Result, c CaseInfo, b BackendInfo) Result {
	if i := slices.IndexFunc(same, func(x Result) bool { return !x.Correct }); i >= 0 {
		return same[i]
	}
	best := slices.MaxFunc(same, func(x, y Result) int { return x.Samples - y.Samples })
	blockless := func(x Result) bool { return len(x.Blocks) == 0 } // such as compile times
	if len(same) == 1 || slices.ContainsFunc(same, blockless) {
		best.rate(c, b)
		return best
	}
	best.Blocks, best.EnergyJ = nil, nil // each run has a median of its energy, and these cannot be pooled
	for _, x := range same {
		for _, block := range x.Blocks {
			block.Round = len(best.Blocks)
			best.Blocks = append(best.Blocks, block)
		}
	}
	best.compute(c, b, 1)
	return best
}
