package batch

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		count, n int
		want     []int
	}{
		{5, 9, []int{0, 2, 4, 6, 8}},
		{3, 4, []int{0, 1, 3}},
		{2, 100, []int{0, 99}},
		{1, 7, []int{0}},
		{1, 1, []int{0}},
		{0, 7, []int{}},
		{-1, 3, []int{0, 1, 2}},
		{9, 3, []int{0, 1, 2}},
		{-1, 0, []int{}},
	} {
		if got := NewSpread(c.count, c.n).All(); !slices.Equal(got, c.want) {
			t.Errorf("%d below %d: %v, want %v", c.count, c.n, got, c.want)
		}
	}
}

// TestSpreadHolds: there are as many numbers as are asked for, in ascending order, with the first and the last. Holds
// is true for exactly those.
func TestSpreadHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		count := rapid.IntRange(-1, 1100).Draw(t, "count")
		s := NewSpread(count, n)
		all := s.All()
		want := min(count, n)
		if count < 0 {
			want = n
		}
		if len(all) != want || !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != want {
			t.Fatalf("%v, want %d different numbers in order", all, want)
		}
		if want > 0 && all[0] != 0 || want > 1 && all[want-1] != n-1 {
			t.Fatalf("%v, want 0 and %d at its ends", all, n-1)
		}
		for k := range n {
			if _, found := slices.BinarySearch(all, k); found != s.Holds(k) {
				t.Fatalf("Holds(%d) is %v of %v", k, s.Holds(k), all)
			}
		}
	})
}
