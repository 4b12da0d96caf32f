package batch

import "math"

// Spread is an evenly spaced sample out of n images, which are numbered from 0 to n−1. A sample of two or more includes
// the first and the last image; a sample of one is image 0. Spread stores no list, however large the sample is.
type Spread struct{ count, n int }

// NewSpread returns a sample of count out of n images. n must not be negative. If count is negative or above n, the
// sample has all images.
func NewSpread(count, n int) Spread {
	if count < 0 || count > n {
		count = n
	}
	return Spread{count, n}
}

// at returns the i-th image of the sample, 0 ≤ i < count.
func (s Spread) at(i int) int {
	if s.count == 1 {
		return 0
	}
	return int(float64(i) * float64(s.n-1) / float64(s.count-1))
}

// Holds reports whether image k, 0 ≤ k < n, is in the sample.
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

// All returns the images of the sample, in ascending order.
func (s Spread) All() []int {
	list := make([]int, s.count)
	for i := range list {
		list[i] = s.at(i)
	}
	return list
}
