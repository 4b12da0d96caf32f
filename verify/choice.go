package verify

import (
	"errors"
	"regexp"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Choice says which cases are tested, and with which numbers. The zero value takes all cases, with their plain numbers.
type Choice struct {
	Names *regexp.Regexp // must match a case's name; nil matches all
	Shard Shard
	Seed  uint64 // see Case.Seed
	seen  int    // how many cases matched, in all calls of Of
	kinds map[kind]int
}

// kind is what tells the programs apart that a GPU compiles for cases. Cases of one kind differ in their numbers.
type kind struct {
	conv.Problem
	bands int
}

// Of returns the cases of a run that are tested. Call it for each run in turn, since the shards share the cases of all
// runs.
func (c *Choice) Of(cases []Case) (all []Case) {
	for _, one := range cases {
		if c.Names != nil && !c.Names.MatchString(one.Name) {
			continue
		}
		c.seen++
		if !c.Shard.has(c.number(kind{one.Problem, one.Bands})) {
			continue
		}
		one.Seed = c.Seed
		all = append(all, one)
	}
	return all
}

// number returns how many other kinds Of has met before this one.
func (c *Choice) number(k kind) int {
	if c.kinds == nil {
		c.kinds = map[kind]int{}
	}
	n, met := c.kinds[k]
	if !met {
		n = len(c.kinds)
		c.kinds[k] = n
	}
	return n
}

// Matched is how many cases had a name that matches, in all calls of Of, whatever the shard.
func (c *Choice) Matched() int { return c.seen }

// Shard is one of several parts of the cases, for machines that share them: part 2 of 8 has every eighth kind of cases
// from the second on. Cases of one kind differ only in their numbers, so that a GPU compiles the same programs for
// them, which takes most of the time. Kinds next to each other take about the same time, and so do the parts. The zero
// value has all cases.
type Shard struct{ Part, Parts int }

// ParseShard reads i/n, part i of n: 2/8.
func ParseShard(text string) (Shard, error) {
	first, second, found := strings.Cut(text, "/")
	part, err := param.ParseWhole(first)
	parts, otherErr := param.ParseWhole(second)
	if !found || err != nil || otherErr != nil || part < 1 || part > parts {
		return Shard{}, &fault.Error{Package: "verify",
			Err: errors.New("want a part and how many there are, from 1/n to n/n: 2/8")}
	}
	return Shard{part, parts}, nil
}

// has reports whether the part has the i-th kind of cases; i counts from 0.
func (s Shard) has(i int) bool { return s.Parts == 0 || i%s.Parts == s.Part-1 }
