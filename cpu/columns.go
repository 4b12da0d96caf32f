package cpu

import "gpuconv/cpu/internal/simd"

// panels are filters of one group that are computed alike: each panel has the same
// number of them, and the rows of their outputs are cut in the same way.
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
	cut     int // columns that the row has of it, 0 if all
}

// cutFilters shares a group's filters out to panels that leave no tile with few
// sums: a tile of less than 8 registers waits for its own additions.
func cutFilters(filters int) []panels {
	const most = simd.MaxFilters
	full, rest := filters/most, filters%most
	tail := []int{rest}
	switch {
	case rest == 0:
		tail = nil
	case rest <= 3 && full > 0: // 7, 8 or 9 are better halved
		full--
		tail = []int{(rest + most + 1) / 2, (rest + most) / 2}
	}
	var all []panels
	first := 0
	add := func(filters, count int) {
		if count > 0 {
			all = append(all, panels{filters: filters, first: first, count: count})
			first += filters * count
		}
	}
	add(most, full)
	if len(tail) == 2 && tail[0] == tail[1] {
		add(tail[0], 2)
		return all
	}
	for _, n := range tail {
		add(n, 1)
	}
	return all
}

// cutRow cuts a row of so many columns into tiles of at most most vectors, as even
// as they can be. A last tile that would stand over the end is moved back, and
// computes some sums again; only a row of a single tile is cut.
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
