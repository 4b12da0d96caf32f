package verify

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestCoverOfKinds: rows meet every pair of levels, and have no more kinds than a cover of the axes of kinds has rows.
func TestCoverOfKinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 6), 1, 7).Draw(t, "sizes")
		first := rapid.IntRange(0, len(sizes)).Draw(t, "first")
		anything := func(row) bool { return true }
		rows := coverOfKinds(sizes, first, anything)
		if missing := unmet(sizes, rows); missing != "" {
			t.Fatal(missing)
		}
		if len(sizes)-first < 2 {
			return // cover has a row for each pair of axes, not for each level of one
		}
		if kinds, most := kindsOf(rows, first), len(cover(sizes[first:], nil)); kinds > most {
			t.Fatalf("%d kinds, want at most %d", kinds, most)
		}
	})
}

// kindsOf counts the kinds of rows.
func kindsOf(rows []row, first int) int {
	kinds := map[string]bool{}
	for _, r := range rows {
		kinds[fmt.Sprint(r[first:])] = true
	}
	return len(kinds)
}

// TestKindsThatDoNotFit: a pair that fits in a row of no kind gets a row of another kind.
func TestKindsThatDoNotFit(t *testing.T) {
	sizes := []int{2, 3, 3}
	fits := func(r row) bool { return r[0] < 1 || r[1] < 1 || r[2] == 2 } // level 1 of the first axis is for few rows
	rows := coverOfKinds(sizes, 1, fits)
	for _, r := range rows {
		if !fits(r) {
			t.Errorf("row %v does not fit", r)
		}
	}
	for _, want := range []row{{1, 1, -1}, {1, 2, -1}, {-1, 1, 1}, {1, -1, 0}} {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.has(want) }) {
			t.Errorf("no row has %v", want)
		}
	}
}

// TestQuickShares: the first part of Quick has fewer combinations of options than a plain cover. Cases that differ in
// their numbers alone compile the same programs.
func TestQuickShares(t *testing.T) {
	axes := table(Stimuli(), Banks(), fewKernels())
	first := indexOf(axes, "kernel")
	rows := coverOfKinds(sizes(axes), first, smallEnough(axes, sizes(axes)))
	if plain := coverOf(axes, sizes(axes)); kindsOf(rows, first) > 9*kindsOf(plain, first)/10 {
		t.Errorf("%d kinds, a plain cover has %d", kindsOf(rows, first), kindsOf(plain, first))
	}
}
