package verify

// row has the index of one level for each axis.
type row []int

// cover returns rows that together have every pair of levels of every two axes. So each fault that needs only two
// particular levels to show is found by some row. cover is greedy, as AETG is (Cohen, Dalal, Fredman and Patton, IEEE
// Transactions on Software Engineering 23(7), 1997), but does not draw at random: the same sizes give the same rows.
// The first row is all zeros.
//
// fits, if it is not nil, says whether a row can be completed to one that is allowed. Where a row's level is not chosen
// yet, fits gets −1. For every pair there must be a row that fits.
func cover(sizes []int, fits func(row) bool) []row {
	open := newPairs(sizes)
	rows := []row{make(row, len(sizes))}
	open.meet(rows[0])
	for open.left > 0 {
		next := open.complete(open.seed(), fits)
		open.meet(next)
		rows = append(rows, next)
	}
	return rows
}

// pairs are the pairs of levels that are in no row yet.
type pairs struct {
	sizes []int
	open  map[[4]int]bool // axis, level, later axis, level
	order [][4]int        // from the first open pair on; the pairs of the first axes come first
	left  int
	used  [][]int // how often each level of each axis was taken
}

func newPairs(sizes []int) *pairs {
	p := &pairs{sizes: sizes, open: map[[4]int]bool{}}
	for a := range sizes {
		p.used = append(p.used, make([]int, sizes[a]))
		for b := a + 1; b < len(sizes); b++ {
			for i := range sizes[a] {
				for j := range sizes[b] {
					key := [4]int{a, i, b, j}
					p.open[key] = true
					p.order = append(p.order, key)
				}
			}
		}
	}
	p.left = len(p.order)
	return p
}

func key(a, i, b, j int) [4]int {
	if a > b {
		a, i, b, j = b, j, a, i
	}
	return [4]int{a, i, b, j}
}

// seed returns a row with the first open pair, and −1 for all other axes.
func (p *pairs) seed() row {
	next := make(row, len(p.sizes))
	for axis := range next {
		next[axis] = -1
	}
	for i, k := range p.order {
		if p.open[k] {
			p.order = p.order[i:]
			next[k[0]], next[k[2]] = k[1], k[3]
			break
		}
	}
	return next
}

// best returns the level for an axis of next. Of the levels with which the row can still be completed, it takes the one
// that makes the most open pairs with the levels that next already has. If several are equally good, it takes the one
// that was used least.
func (p *pairs) best(next row, axis int, fits func(row) bool) int {
	level, most := 0, -1
	for l := range p.sizes[axis] {
		if next[axis] = l; fits != nil && !fits(next) {
			continue
		}
		gain := 0
		for b, j := range next {
			if j >= 0 && b != axis && p.open[key(axis, l, b, j)] {
				gain++
			}
		}
		if gain > most || gain == most && p.used[axis][l] < p.used[axis][level] {
			level, most = l, gain
		}
	}
	next[axis] = -1
	return level
}

// meet removes the pairs of a complete row from the open ones, and counts its levels as used.
func (p *pairs) meet(r row) {
	for a, i := range r {
		p.used[a][i]++
		for b := a + 1; b < len(r); b++ {
			if k := [4]int{a, i, b, r[b]}; p.open[k] {
				delete(p.open, k)
				p.left--
			}
		}
	}
}
