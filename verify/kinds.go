package verify

import "slices"

// coverOfKinds returns a cover like that of cover, with few kinds of rows. The kind of a row is its levels from axis
// first on. The axes before it only choose numbers: all rows of a kind compile the same programs on a GPU. So each pair
// of levels of a kind is met first, with as few kinds as cover finds. Other pairs are met by rows of these kinds if
// such rows fit.
func coverOfKinds(sizes []int, first int, fits func(row) bool) []row {
	open := newPairs(sizes)
	unchosen := slices.Repeat(row{-1}, first)
	kinds := cover(sizes[first:], func(kind row) bool { return fits(append(slices.Clone(unchosen), kind...)) })
	var rows []row
	for _, kind := range kinds {
		rows = append(rows, open.complete(append(slices.Clone(unchosen), kind...), fits))
		open.meet(rows[len(rows)-1])
	}
	for open.left > 0 {
		seed := open.seed()
		next, most := row(nil), 0
		for _, kind := range kinds {
			r := append(slices.Clone(seed[:first]), kind...)
			if !r.has(seed) || !fits(r) {
				continue
			}
			if r = open.complete(r, fits); open.gain(r) > most {
				next, most = r, open.gain(r)
			}
		}
		if next == nil {
			next = open.complete(seed, fits)
		}
		open.meet(next)
		rows = append(rows, next)
	}
	return rows
}

// has reports whether r has every level that is chosen in the incomplete row part.
func (r row) has(part row) bool {
	for axis, level := range part {
		if level >= 0 && level != r[axis] {
			return false
		}
	}
	return true
}

// complete returns r with a level for each axis that has none.
func (p *pairs) complete(r row, fits func(row) bool) row {
	for axis := range r {
		if r[axis] < 0 {
			r[axis] = p.best(r, axis, fits)
		}
	}
	return r
}

// gain is how many open pairs a complete row has.
func (p *pairs) gain(r row) (n int) {
	for a, i := range r {
		for b := a + 1; b < len(r); b++ {
			if p.open[[4]int{a, i, b, r[b]}] {
				n++
			}
		}
	}
	return n
}
