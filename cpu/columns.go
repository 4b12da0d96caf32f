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

// span is a part of a row: tiles of so many vectors, one after another.
type span struct {
	column  int
	vectors int
	tiles   int
	cut     int // columns that exist of the only tile, 0 if all do
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
// as they can be. With single, each tile is a span.
func cutRow(columns, lanes, most int, single bool) (all []span) {
	vectors := (columns + lanes - 1) / lanes
	tiles := (vectors + most - 1) / most
	column := 0
	for left := tiles; left > 0; left-- {
		width := (vectors + left - 1) / left
		vectors -= width
		s := span{column: column, vectors: width, tiles: 1}
		column += width * lanes
		if column > columns {
			s.cut = columns - s.column
		}
		if last := len(all) - 1; last >= 0 && !single && s.cut == 0 && all[last].vectors == width {
			all[last].tiles++
			continue
		}
		all = append(all, s)
	}
	return all
}
