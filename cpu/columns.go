package cpu

import "gpuconv/cpu/internal/simd"

// panels are several panels of one group that are computed in the same way. A panel is a few filters whose sums share a
// tile. Here all panels have the same number of filters, and the rows of their outputs are cut into the same spans.
type panels struct {
	filters int // of one panel
	first   int // the first filter of the first panel, counted within the group
	count   int
	spans   []span
	joined  []joined // the spans, neighbours of the same width together
}

// joined are neighbouring spans of the same width. One call computes them.
type joined struct {
	span  // the first
	tiles int
}

// span is the part of a row that one tile computes.
type span struct {
	column  int // the first
	vectors int // width in registers
	back    int // by how many columns the last register overlaps the one before it
	cut     int // how many of its columns lie in the row; 0 if all do
}

// cutFilters divides a group's filters into the panels for which a row of this many registers takes the least time.
func cutFilters(filters, vectors int, k *simd.Kernels) (best []panels) {
	best, _ = cheapestPanels(filters, vectors, k)
	return best
}

// cheapestPanels returns what cutFilters returns, and how many cycles one tap of all filters takes for such a row, as
// tapCost estimates them.
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

// tapCost estimates the cycles that a tile takes for one tap, as the sum of
//
//   - half a cycle for each multiply-add of registers, but at least 4 cycles, since each waits for its predecessor,
//   - half a cycle for the loop,
//   - a quarter of a cycle for each register of inputs, which the next panel loads again.
//
// BenchmarkTile measures the true cycles.
func tapCost(filters, vectors int) float64 {
	return max(float64(filters*vectors)/2, 4) + 0.5 + float64(vectors)/4
}

// evenPanels divides filters into panels of at most limit filters, as evenly as possible.
func evenPanels(filters, limit int) (all []panels) {
	count, first := ceilDiv(filters, limit), 0
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

// cutRow divides a row of this many columns into tiles of at most limit registers, as evenly as possible. If the
// last tile would reach beyond the end, it is moved back, and computes some sums again. In a single tile only the last
// register is moved back. If there is only one register, only its first columns are kept.
func cutRow(columns, lanes, limit int) (all []span) {
	vectors := ceilDiv(columns, lanes)
	column := 0
	for left := ceilDiv(vectors, limit); left > 0; left-- {
		s := span{column: column, vectors: ceilDiv(vectors, left)}
		vectors -= s.vectors
		column += s.vectors * lanes
		if over := column - columns; over > 0 && s.column >= over {
			s.column -= over
		} else if over > 0 && s.vectors > 1 {
			s.back = over
		} else if over > 0 {
			s.cut = columns - s.column
		}
		all = append(all, s)
	}
	return all
}

// join puts neighbouring spans of the same width together.
func join(spans []span, lanes int) (all []joined) {
	for _, s := range spans {
		if n := len(all); n > 0 {
			last := &all[n-1]
			if s.vectors == last.vectors && s.back == last.back && s.column == last.column+last.tiles*s.vectors*lanes {
				last.tiles++
				continue
			}
		}
		all = append(all, joined{s, 1})
	}
	return all
}
