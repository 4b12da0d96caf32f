package bench

// lookup finds cases, backends and results of a report by name, and why results are missing. Its maps hold indices into
// the lists of the report, or the reason why a result is missing. Tables, pages and pictures look up every case on
// every backend, and reports can have thousands of cases. Without this index each search would read the whole report.
type lookup struct {
	cases    map[caseName]int
	backends map[backendName]int
	results  map[resultName]int
	missing  map[resultName]string // the reason; the keys have no suite and no cache
}

type caseName struct{ suite, name string }

type backendName struct {
	name    string
	threads int
}

// resultName identifies a result. cache is the state of the cache of shaders, or anyCache if that does not matter. With
// anyCache only results of phases other than PhaseCompile are found.
type resultName struct {
	of           caseName
	on           backendName
	phase, cache string
}

const anyCache = "any"

func (c CaseInfo) key() caseName       { return caseName{c.Suite, c.Case} }
func (b BackendInfo) key() backendName { return backendName{b.Backend, b.Threads} }
func (x *Result) ofCase() caseName     { return caseName{x.Suite, x.Case} }
func (x *Result) on() backendName      { return backendName{x.Backend, x.Threads} }

// newLookup makes the index of a report. If several entries have one name, the first counts.
func newLookup(r *Report) *lookup {
	l := &lookup{make(map[caseName]int, len(r.Cases)), make(map[backendName]int, len(r.Backends)),
		make(map[resultName]int, 2*len(r.Results)), make(map[resultName]string, len(r.Missing))}
	for _, m := range r.Missing {
		first(l.missing, resultName{caseName{"", m.Case}, backendName{m.Backend, m.Threads}, m.Phase, ""}, m.Why)
	}
	for i := range r.Cases {
		first(l.cases, r.Cases[i].key(), i)
	}
	for i := range r.Backends {
		first(l.backends, r.Backends[i].key(), i)
	}
	for i := range r.Results {
		x := &r.Results[i]
		first(l.results, resultName{x.ofCase(), x.on(), x.Phase, x.Cache}, i)
		if x.Phase != PhaseCompile {
			first(l.results, resultName{x.ofCase(), x.on(), x.Phase, anyCache}, i)
		}
	}
	return l
}

// first sets all[key] to v, unless it is set already.
func first[K comparable, V any](all map[K]V, key K, v V) {
	if _, there := all[key]; !there {
		all[key] = v
	}
}

// prepared returns r with a lookup, for functions that search often and do not change the report.
func (r Report) prepared() Report {
	r.known = newLookup(&r)
	return r
}

// lookup returns the lookup of a prepared report, or a new one.
func (r *Report) lookup() *lookup {
	if r.known == nil {
		return newLookup(r)
	}
	return r.known
}

// caseOf returns the case of a result.
func (r Report) caseOf(result Result) (CaseInfo, bool) {
	i, ok := r.lookup().cases[result.ofCase()]
	if !ok {
		return CaseInfo{}, false
	}
	return r.Cases[i], true
}

// backendOf returns the backend of a result.
func (r Report) backendOf(result Result) (BackendInfo, bool) {
	i, ok := r.lookup().backends[result.on()]
	if !ok {
		return BackendInfo{}, false
	}
	return r.Backends[i], true
}

// find returns the result of a phase of a case on a backend. cache is the state of the cache of shaders, which matters
// only for PhaseCompile.
func (r Report) find(c CaseInfo, b BackendInfo, phase, cache string) (Result, bool) {
	if phase != PhaseCompile {
		cache = anyCache
	}
	return r.exactly(c, b, phase, cache)
}

// exactly is like find, but cache matters for every phase. It is "" for a result without a state of the cache.
func (r Report) exactly(c CaseInfo, b BackendInfo, phase, cache string) (Result, bool) {
	i, ok := r.lookup().results[resultName{c.key(), b.key(), phase, cache}]
	if !ok {
		return Result{}, false
	}
	return r.Results[i], true
}
