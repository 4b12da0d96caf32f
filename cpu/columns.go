package cpu

import "gpuconv/cpu/internal/simd"

// panels are filters of one group that are computed alike: each panel has the same number of filters, and the rows of
// their outputs are cut in the same way.
type panels struct {
	filters int // of one panel
	first   int // filter of the group that the first panel begins with
	count   int
	spans   []span
}

// span is a part of a row that one tile computes.
type span struct {
	column  int
	vectors int
	cut     int // columns of it that are in the row, 0 if all are
}

// cutFilters divides a group's filters into panels, so that rows of this many registers take the least time.
func cutFilters(filters, vectors int, k *simd.Kernels) (best []panels) {
	best, _ = cheapestPanels(filters, vectors, k)
	return best
}

// cheapestPanels also returns how many cycles a tap of all filters takes for such a row, as tapCost estimates them.
func cheapestPanels(filters, vectors int, k *simd.Kernels) (best []panels, least float64) {
	for most := simd.MaxFilters; most >= simd.MaxFilters/2; most-- {
		all := evenPanels(filters, most)
		cost := 0.0
		for _, p := range all {
			for left, rest := ceilDiv(vectors, k.Vectors(p.filters)), vectors; left > 0; left-- {
				width := ceilDiv(rest, left)
				rest -= width
				cost += float64(p.count) * tapCost(p.filters, width)
			}
		}
		if best == nil || cost < least {
			best, least = all, cost
		}
	}
	return best, least
}

// tapCost estimates the cycles that a tile takes for a tap: two multiply-adds a cycle, or the 4 cycles that each waits
// for its predecessor; half a cycle for the loop; and a little for what is loaded again for the next panel.
// BenchmarkTile measures the true ones.
func tapCost(filters, vectors int) float64 {
	return max(float64(filters*vectors)/2, 4) + 0.5 + float64(vectors)/4
}

// evenPanels divides filters into panels of at most most, as evenly as possible.
func evenPanels(filters, most int) (all []panels) {
	count, first := ceilDiv(filters, most), 0
	for count > 0 {
		n := ceilDiv(filters, count)
		p := panels{filters: n, first: first}
		for ; count > 0 && ceilDiv(filters, count) == n; count-- {
			filters -= n
			p.count++
		}
		first += n * p.count
		all = append(all, p)
	}
	return all
}

// cutRow divides a row of so many columns into tiles of at most most vectors, as evenly as possible. A last tile that
// would reach beyond the end is moved back, and computes some sums again. If there is only one tile, it is cut instead.
func cutRow(columns, lanes, most int) (all []span) {
	vectors := ceilDiv(columns, lanes)
	column := 0
	for left := ceilDiv(vectors, most); left > 0; left-- {
		s := span{column: column, vectors: ceilDiv(vectors, left)}
		vectors -= s.vectors
		column += s.vectors * lanes
		if over := column - columns; over > 0 && s.column >= over {
			s.column -= over
		} else if over > 0 {
			s.cut = columns - s.column
		}
		all = append(all, s)
	}
	return all
}
