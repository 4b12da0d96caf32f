package verify

import (
	"cmp"
	"fmt"
	"strings"

	"gpuconv/compare"
)

// Skip is a reason for which cases were skipped.
type Skip struct {
	Cases int
	Who   string // backend and algorithm
	Why   string // for the first of them
}

// String is a line of gpuconv verify.
func (s Skip) String() string { return fmt.Sprintf("%d × %s: %s", s.Cases, s.Who, s.Why) }

// Skips returns the reasons for which cases were skipped, by backend and algorithm, in the order in which they came.
// Reasons that differ only in numbers are one.
func (r Report) Skips() []Skip {
	var all []Skip
	seen := map[string]int{}
	for _, e := range r.Cases {
		if e.Status != compare.Skipped.String() {
			continue
		}
		s := Skip{Who: strings.TrimSpace(e.Backend + " " + e.Algorithm), Why: cmp.Or(e.reason, e.Why)}
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
