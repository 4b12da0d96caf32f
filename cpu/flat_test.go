package cpu_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestFlatBits: flat bands, in which short rows follow each other without gaps, have the bits of bands of rows. Images
// of short rows, whose bands are flat, are computed once more with zeros to their right, so that their rows are as wide
// as tiles.
func TestFlatBits(t *testing.T) {
	for _, isa := range cpu.AvailableISAs() {
		for _, size := range []struct{ channels, h, w, filters, kernel, padding, stride int }{
			{64, 7, 7, 11, 1, 0, 1}, {40, 7, 7, 13, 3, 1, 1}, {300, 14, 5, 7, 3, 1, 1}, {64, 9, 13, 8, 5, 2, 1},
			{50, 5, 9, 6, 3, 0, 1}, {60, 17, 13, 7, 3, 1, 2}, {3, 97, 101, 13, 11, 2, 4}, {50, 29, 16, 6, 4, 0, 3},
		} {
			for _, activation := range []conv.Activation{conv.Identity, conv.ReLU, conv.Energy} {
				p := conv.Problem{Src: conv.Shape{2, size.channels, size.h, size.w},
					Weight: conv.Shape{2 * size.filters, size.channels, size.kernel, size.kernel}, Bias: true,
					Spec: conv.Spec{Padding: conv.Pad(size.padding, size.padding), Activation: activation,
						Stride: [2]int{size.stride, size.stride}}}
				t.Run(fmt.Sprintf("%v/%v/%v/%v", isa, p.Src, p.Weight, activation), func(t *testing.T) {
					compareWithRows(t, cpu.Engine{ISA: isa, Algorithm: "direct"}.Eager(), p)
				})
			}
		}
	}
}

// wideRow is how many columns an image has at least after zeros were added: its rows fill tiles of any width.
const wideRow = 384

func compareWithRows(t *testing.T, engine cpu.Engine, p conv.Problem) {
	flat, got, src := planned(t, engine, p)
	q := p
	q.Padding.Right += wideRow
	rows, want, _ := planned(t, engine, q)
	if cpu.Flat(rows) {
		t.Fatalf("rows of %d columns are flat, want an image that is not", want.Shape.W())
	}
	if engine.ISA == cpu.AVX512 && !cpu.Flat(flat) {
		t.Fatal("the bands are not flat")
	}
	if err := flat.Run(got, src); err != nil {
		t.Fatal(err)
	}
	if err := rows.Run(want, src); err != nil {
		t.Fatal(err)
	}
	width := got.Shape.W()
	for i, v := range got.Data {
		w := want.Data[i/width*want.Shape.W()+i%width]
		if math.Float32bits(v) != math.Float32bits(w) {
			t.Fatalf("output %d is %v, in rows %v", i, v, w)
		}
	}
}

// TestSmallImagesPay: a layer with images of 7×7 reaches at least 0.7 times its speed with images whose rows are as
// wide as tiles. Both are timed in turn. The ratio was 0.82 with AVX-512 (Zen 5), and 0.21 if each row is computed by
// itself.
func TestSmallImagesPay(t *testing.T) {
	if testing.Short() {
		t.Skip("it times, which the race detector disturbs")
	}
	if cpu.AvailableISAs()[0] == cpu.Generic {
		t.Skip("this processor has no vector instructions that the engine knows")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	speed := func(p conv.Problem) func() float64 {
		plan, dst, src := planned(t, cpu.Engine{}, p)
		return func() float64 {
			start := time.Now()
			if err := plan.Run(dst, src); err != nil {
				t.Fatal(err)
			}
			return p.MACs() / time.Since(start).Seconds()
		}
	}
	small, wide := speed(layer(t, "21,832,7,7,256,1,0,1,1")), speed(layer(t, "1,832,32,32,256,1,0,1,1"))
	a, b := small(), wide()
	for range ratioTries {
		a, b = max(a, small()), max(b, wide())
	}
	t.Logf("%.2f", a/b)
	if a < 0.7*b {
		t.Errorf("%.3g MAC/s, wide images have %.3g: want 0.7 of it", a, b)
	}
}
