package bench

// lookup finds elements of the lists of a report. Tables, pages and pictures look up every case on every backend, and
// reports can have thousands of cases. Without it each search would read the whole report.
type lookup struct {
	cases    func(k key) (CaseInfo, bool)
	backends func(k key) (BackendInfo, bool)
	results  func(k key) (Result, bool)
	missing  func(k key) (Missing, bool)
}

// key identifies a case (by suite and name), a backend (by backend and threads), a result (by all) or a missing one (by
// all but suite and cache). Other fields are empty. Only PhaseCompile has a cache.
type key struct {
	suite, name  string
	backend      string
	threads      int
	phase, cache string
}

func (c CaseInfo) key() key    { return key{suite: c.Suite, name: c.Case} }
func (b BackendInfo) key() key { return key{backend: b.Backend, threads: b.Threads} }
func (m Missing) key() key     { return key{"", m.Case, m.Backend, m.Threads, m.Phase, ""} }

func (x Result) key() key {
	if x.Phase != PhaseCompile {
		x.Cache = ""
	}
	return key{x.Suite, x.Case, x.Backend, x.Threads, x.Phase, x.Cache}
}

// index returns a function that finds the first element of a list with a key.
func index[T interface{ key() key }](all []T) func(k key) (T, bool) {
	places := make(map[key]int, len(all))
	for i, x := range all {
		if _, there := places[x.key()]; !there {
			places[x.key()] = i
		}
	}
	return func(k key) (found T, ok bool) {
		i, ok := places[k]
		if ok {
			found = all[i]
		}
		return found, ok
	}
}

// prepared returns r with a lookup, for functions that search often and do not change the report.
func (r Report) prepared() Report {
	if r.known == nil {
		r.known = &lookup{index(r.Cases), index(r.Backends), index(r.Results), index(r.Missing)}
	}
	return r
}

// lookup returns the lookup of a prepared report, or a new one.
func (r Report) lookup() *lookup { return r.prepared().known }

func (r Report) caseOf(x Result) (CaseInfo, bool) {
	return r.lookup().cases(key{suite: x.Suite, name: x.Case})
}

func (r Report) backendOf(x Result) (BackendInfo, bool) {
	return r.lookup().backends(key{backend: x.Backend, threads: x.Threads})
}

// find returns the result of a phase, other than PhaseCompile, of a case on a backend.
func (r Report) find(c CaseInfo, b BackendInfo, phase string) (Result, bool) {
	return r.phaseOf(Result{Suite: c.Suite, Case: c.Case, Backend: b.Backend, Threads: b.Threads}, phase)
}

// phaseOf returns the result of a phase, other than PhaseCompile, of the case and on the backend of x.
func (r Report) phaseOf(x Result, phase string) (Result, bool) {
	x.Phase = phase
	return r.lookup().results(x.key())
}

// lacks returns what the report's Missing says about a case on a backend. It tries the phases in their order, and
// returns the first entry that it finds; the phase "" is that of entries about all phases.
func (r Report) lacks(name string, b BackendInfo, phases ...string) (m Missing, ok bool) {
	for _, phase := range phases {
		if m, ok = r.lookup().missing(key{"", name, b.Backend, b.Threads, phase, ""}); ok {
			break
		}
	}
	return m, ok
}

// grouped returns the elements that have the same key together, in the order in which the keys first appear.
func grouped[T any, K comparable](all []T, key func(T) K) (groups [][]T) {
	places := map[K]int{}
	for _, v := range all {
		i, there := places[key(v)]
		if !there {
			i, groups = len(groups), append(groups, nil)
			places[key(v)] = i
		}
		groups[i] = append(groups[i], v)
	}
	return groups
}
