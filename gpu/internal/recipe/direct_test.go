package recipe

import (
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

// TestDirectFinishes: a tile of two positions has no window of four, and leaves pools to pool.comp.
func TestDirectFinishes(t *testing.T) {
	p := problems.Seed(2)
	p.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	for _, tile := range directTiles(roomy()) {
		d := roomy()
		d.Tiling = tile
		fitted, err := fitDirect(p, d)
		if err != nil {
			t.Fatal(err)
		}
		r := fitted.recipe()
		if r.Finishes != (tile.Positions >= 4) || len(r.Stages[0].Passes(2)) != 1 {
			t.Errorf("%v: finishes %v", tile, r.Finishes)
		}
	}
}

// TestPasses: passes take each row of taps once, in order, and none takes more iterations than the limit.
func TestPasses(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 70, 31, 31}, Weight: conv.Shape{2, 70, 31, 31}}
	p.Spec = p.WithDefaults()
	for _, limit := range []int{0, 34, 67, 1000, 65535} {
		d := roomy()
		d.LoopIterations = limit
		next := 0
		fitted, err := fitDirect(p, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, pass := range fitted.passes(1) {
			values := map[string]int{}
			for _, u := range pass.Uniforms {
				values[u.Name] = u.Value
			}
			if values["firstTap"] != next {
				t.Fatalf("limit %d: a pass begins at %d, want %d", limit, values["firstTap"], next)
			}
			next = values["lastTap"]
			if rows := next - values["firstTap"]; limit > 0 && rows*(31+2)+1 > limit {
				t.Fatalf("limit %d: a pass of %d rows takes %d iterations", limit, rows, rows*(31+2)+1)
			}
		}
		if next != 70*31 {
			t.Errorf("limit %d: the passes end at row %d, want %d", limit, next, 70*31)
		}
	}
}
