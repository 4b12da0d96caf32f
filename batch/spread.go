package batch

import "math"

// Spread is a sample out of n images: their numbers, from 0 to n−1, ascending and evenly spread. From two numbers on,
// the first and the last image are among them; a single one is 0. It needs no memory for them, however many they are.
type Spread struct{ count, n int }

// NewSpread spreads count numbers below n. n must not be negative. A negative count, or one above n, takes all.
func NewSpread(count, n int) Spread {
	if count < 0 || count > n {
		count = n
	}
	return Spread{count, n}
}

// at returns number i.
func (s Spread) at(i int) int {
	if s.count == 1 {
		return 0
	}
	return int(float64(i) * float64(s.n-1) / float64(s.count-1))
}

// Holds reports whether k, 0 ≤ k < n, is one of the numbers.
func (s Spread) Holds(k int) bool {
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

// All returns the numbers.
func (s Spread) All() []int {
	list := make([]int, s.count)
	for i := range list {
		list[i] = s.at(i)
	}
	return list
}
