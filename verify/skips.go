package verify

import (
	"cmp"
	"fmt"
	"strings"

	"gpuconv/compare"
)

// Skip is a reason why cases, or checks of them, were skipped.
type Skip struct {
	Cases int
	Who   string // backend, algorithm and tiles
	Why   string // the reason of the first of them
}

// String returns a line of gpuconv verify.
func (s Skip) String() string { return fmt.Sprintf("%d × %s: %s", s.Cases, s.Who, s.Why) }

// Skips returns the reasons why cases were skipped, by backend and algorithm, in order of first appearance. It counts
// reasons that differ only in numbers as one.
func (r Report) Skips() []Skip {
	return r.skips(func(e Entry) string {
		if e.Status != compare.Skipped.String() {
			return ""
		}
		return cmp.Or(e.reason, e.Why)
	})
}

// NotLocal returns, in the same form as Skips, why CheckLocality was skipped in cases that passed. In these cases,
// outliers may spread errors.
func (r Report) NotLocal() []Skip {
	return r.skips(func(e Entry) string {
		for _, f := range e.Checks {
			if f.Check == compare.CheckLocality && f.Status == compare.Skipped.String() &&
				e.Status == compare.Passed.String() {
				return f.Note
			}
		}
		return ""
	})
}

// Alike counts, in the same form, the cases that were computed with the tiles of another class only, because the work
// is the same.
func (r Report) Alike() []Skip {
	return r.skips(func(e Entry) string {
		if e.As == "" {
			return ""
		}
		return "the same work as with the tiles of " + e.As
	})
}

// Who names the backend, the algorithm, and the class of devices whose tiles were asked for.
func (e Entry) Who() string {
	text := strings.TrimSpace(e.Backend + " " + e.Algorithm)
	if e.Tiles != "" {
		text += " with the tiles of " + e.Tiles
	}
	return text
}

// skips counts the cases for which why returns a reason.
func (r Report) skips(why func(Entry) string) (all []Skip) {
	seen := map[string]int{}
	for _, e := range r.Cases {
		s := Skip{Who: e.Who(), Why: why(e)}
		if s.Why == "" {
			continue
		}
		kind := s.Who + ": " + strings.Map(withoutDigits, s.Why)
		at, ok := seen[kind]
		if !ok {
			at = len(all)
			seen[kind], all = at, append(all, s)
		}
		all[at].Cases++
	}
	return all
}

func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}
