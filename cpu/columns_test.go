package cpu

import (
	"slices"
	"testing"
)

// TestJoin: the tiles of joined spans are the spans, in their order, and no two neighbours could be joined further.
func TestJoin(t *testing.T) {
	for _, lanes := range []int{1, 8, 16} {
		for most := 1; most <= maxVectors; most++ {
			for columns := 1; columns < 300; columns++ {
				spans := cutRow(columns, lanes, most)
				var tiles []span
				all := join(spans, lanes)
				for i, j := range all {
					for n := range j.tiles {
						s := j.span
						s.column += n * s.vectors * lanes
						tiles = append(tiles, s)
					}
					if i > 0 && all[i-1].vectors == j.vectors && all[i-1].back == j.back &&
						j.column == tiles[len(tiles)-1-j.tiles].column+j.vectors*lanes {
						t.Errorf("%d columns: %v and %v are apart", columns, all[i-1], j)
					}
				}
				if !slices.Equal(tiles, spans) {
					t.Errorf("%d columns of %d lanes, at most %d registers: %v, want %v", columns, lanes, most, tiles,
						spans)
				}
			}
		}
	}
}
