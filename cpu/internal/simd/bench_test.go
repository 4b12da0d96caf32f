package simd

import (
	"fmt"
	"testing"
)

// BenchmarkProbe measures the most that one core can do.
func BenchmarkProbe(b *testing.B) {
	for _, isa := range Available() {
		b.Run("isa="+isa.String(), func(b *testing.B) {
			k, err := Use(isa)
			if err != nil {
				b.Fatal(err)
			}
			operations := 0.0
			for b.Loop() {
				operations += k.Probe(100_000)
			}
			b.ReportMetric(operations/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkTile computes one tile of 64 taps again and again, from the first-level cache.
func BenchmarkTile(b *testing.B) {
	const taps = 64
	for _, isa := range Available() {
		k, err := Use(isa)
		if err != nil {
			b.Fatal(err)
		}
		for filters := 1; filters <= MaxFilters; filters++ {
			for vectors := 1; vectors <= k.Vectors(filters); vectors++ {
				b.Run(fmt.Sprintf("isa=%v/filters=%d/vectors=%d", isa, filters, vectors), func(b *testing.B) {
					width := vectors * k.Lanes
					offsets := make([]int, taps)
					for i := range offsets {
						offsets[i] = i%8 + i/8*100
					}
					t := &Tile{Taps: NewTaps(offsets), Tiles: 4, Plane: width}
					t.Dst, t.X = make([]float32, filters*width), make([]float32, t.Reach()+width)
					t.Weight, t.Bias = make([]float32, taps*filters), make([]float32, filters)
					for b.Loop() {
						k.Run(filters, vectors, t)
					}
					b.ReportMetric(float64(b.N)*2*4*float64(taps*filters*width)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
