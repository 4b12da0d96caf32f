package main

import "math"

// spread is count numbers below n, evenly spread, the first and last included.
type spread struct{ count, n int }

// newSpread spreads count numbers below n; all of them for a negative count.
func newSpread(count, n int) spread {
	if count < 0 || count > n {
		count = n
	}
	return spread{count, n}
}

// at returns number i.
func (s spread) at(i int) int {
	if s.count == 1 {
		return 0
	}
	return int(float64(i) * float64(s.n-1) / float64(s.count-1))
}

// holds reports whether k is one of the numbers.
func (s spread) holds(k int) bool {
	if s.count == s.n || s.count == 0 {
		return s.count > 0
	}
	near := int(math.Round(float64(k) * float64(s.count-1) / float64(s.n-1)))
	for i := max(near-1, 0); i <= min(near+1, s.count-1); i++ {
		if s.at(i) == k {
			return true
		}
	}
	return false
}

// all lists the numbers.
func (s spread) all() []int {
	list := make([]int, s.count)
	for i := range list {
		list[i] = s.at(i)
	}
	return list
}
