package cpu_test

import (
	"fmt"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestRows checks bands of rows against the reference, between guard pages: rows of several tiles, which a panel
// completes one after the other; images for 1×1 kernels that reshape gives other rows, and one that it leaves as it is;
// bands with large slabs, since they share most of their rows; and planes that are copied whole, with padding above and
// below only.
func TestRows(t *testing.T) {
	for _, isa := range cpu.AvailableISAs() {
		for _, p := range []conv.Problem{
			{Src: conv.Shape{1, 1, 40, 301}, Weight: conv.Shape{8, 1, 3, 3}},
			{Src: conv.Shape{1, 2, 33, 131}, Weight: conv.Shape{7, 2, 3, 5}, Spec: conv.Spec{Stride: [2]int{1, 2}}},
			{Src: conv.Shape{2, 20, 28, 28}, Weight: conv.Shape{7, 20, 1, 1}},
			{Src: conv.Shape{1, 300, 12, 12}, Weight: conv.Shape{8, 300, 1, 1}},
			{Src: conv.Shape{3, 20, 15, 15}, Weight: conv.Shape{7, 20, 1, 1}},
			{Src: conv.Shape{1, 60, 41, 171}, Weight: conv.Shape{3, 60, 5, 10}, Spec: conv.Spec{Stride: [2]int{2, 2}}},
			{Src: conv.Shape{1, 9, 50, 64}, Weight: conv.Shape{7, 9, 3, 1},
				Spec: conv.Spec{Padding: conv.Padding{Top: 1, Bottom: 1}}},
		} {
			p.Bias = true
			t.Run(fmt.Sprintf("%v/%v/%v", isa, p.Src, p.Weight), func(t *testing.T) {
				for _, atEnd := range []bool{false, true} {
					checkGuarded(t, cpu.Engine{ISA: isa, Algorithm: "direct"}.Eager(), p, atEnd)
				}
			})
		}
	}
}
