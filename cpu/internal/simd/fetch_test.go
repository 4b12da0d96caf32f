package simd

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTilesFetch: before an AVX2 tile of 8 registers or more computes, it asks for all cache lines of each of its rows
// of sums, 128 bytes further on, as fetch in asm/tile.go writes it. No output shows whether it does. Without that,
// U-Net's first layer took 1.07 times as long (Zen 3), too little for a test of times.
func TestTilesFetch(t *testing.T) {
	text, err := os.ReadFile("kernels_avx2_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	prefetch := regexp.MustCompile(`PREFETCHT0 +(\d+)\(`)
	large := 0
	for _, function := range strings.Split(string(text), "\nTEXT ·")[1:] {
		var filters, vectors int
		if _, err := fmt.Sscanf(function, "tile%dx%dAVX2(SB)", &filters, &vectors); err != nil {
			continue
		}
		begin, _, _ := strings.Cut(function, "VBROADCASTSS")
		var got, want []string
		for _, found := range prefetch.FindAllStringSubmatch(begin, -1) {
			got = append(got, found[1])
		}
		if filters*vectors >= 8 {
			large++
			for range filters {
				for line := range (vectors + 1) / 2 { // a line has two registers
					want = append(want, fmt.Sprint(128+64*line))
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("tile %dx%d asks for lines at %v, want %v", filters, vectors, got, want)
		}
		if rows := 1 + strings.Count(begin, "ADDQ"); len(want) > 0 && rows != filters {
			t.Errorf("tile %dx%d asks for lines of %d rows", filters, vectors, rows)
		}
	}
	if large < 8 {
		t.Errorf("only %d tiles have 8 registers or more: is their name another?", large)
	}
}
