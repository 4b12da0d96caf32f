package stimuli

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// cosines draws a grating without shortcuts: the sign of each pixel's cosine, in the order of NumPy's operations.
func cosines(g NMA, rows, columns int, orientation float64) []float32 {
	g = g.withDefaults()
	image := g.stripes(1, rows, columns)
	sin, cos := sincos(float64(orientation * (math.Pi / 180)))
	pixels := make([]float32, rows*columns)
	for at := range pixels {
		x := float64(g.coordinate(at%columns)*cos) + float64(g.coordinate(at/columns)*sin)
		pixels[at] = image.Dark
		if math.Cos(x) > 0 {
			pixels[at] = image.Light
		}
	}
	return pixels
}

// TestStripes: an image that the stripes are sure of has the signs of the cosines, and so has every drawn image. Sizes,
// frequencies and orientations vary, and zeros fall on pixels too.
func TestStripes(t *testing.T) {
	degrees := []float64{0, 45, 90, 135, 180, 270, 300, -90, 1e5, 0.001}
	for at := -179.0; at < 180; at += 13.7 {
		degrees = append(degrees, at)
	}
	orientations := param.Explicit(degrees...)
	sure, near := 0, 0
	for _, resolution := range []float64{1.0 / 640, 1.0 / 480, 0.0217, 0.05, 0.1, 0.171} {
		for _, frequency := range []float64{1.0 / 28, 0.3, 1e-9, math.Pi / 8 * resolution, math.Pi / 4 * resolution,
			700 * resolution, 15e3 * resolution} {
			g := NMA{SpatialFrequency: frequency, Resolution: resolution, Tutorial3: resolution == 0.05}
			s, err := NewSweep(g, orientations)
			if err != nil {
				t.Fatal(err)
			}
			n := s.Shape().N()
			images := s.Stripes(0, n)
			drawn, _ := conv.NewTensor(s.Shape())
			if err := s.Draw(drawn, 0); err != nil {
				t.Fatal(err)
			}
			made := make([]float32, s.rows*s.columns)
			for i := range n {
				want := cosines(g, s.rows, s.columns, s.Orientation(i))
				if !slices.Equal(drawn.Plane(i, 0), want) {
					t.Fatalf("%+v, %v°: the drawn image differs from the cosines", g, s.Orientation(i))
				}
				switch {
				case images == nil:
				case !images.Paint(made, i):
					near++
				case !slices.Equal(made, want):
					t.Fatalf("%+v, %v°: the stripes differ from the cosines", g, s.Orientation(i))
				default:
					sure++
				}
			}
		}
	}
	if sure < 700 || near < 10 {
		t.Errorf("%d images are sure, %d are not", sure, near)
	}
}

// TestStriped: which sweeps are stripes.
func TestStriped(t *testing.T) {
	for _, c := range []struct {
		grating NMA
		want    bool
	}{
		{NMA{}, true},
		{NMA{Tutorial3: true}, true},
		{NMA{Patch: true}, false},           // a disc, which makes a third value
		{NMA{Resolution: 1.0 / 640}, false}, // 1×1
		{NMA{Resolution: 0.0125}, false},    // 6×8: 14 angles for 48 pixels
		{NMA{Resolution: 0.02}, true},       // 10×13: 23 for 130
		{NMA{SpatialFrequency: 900}, true},  // up to 999,000 radians
		{NMA{SpatialFrequency: 1e3}, false}, // up to 1.1·10⁶
		{NMA{SpatialFrequency: 1e300}, false},
	} {
		s, err := NewSweep(c.grating, param.Explicit(0, 45))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Stripes(0, 2); (got != nil) != c.want {
			t.Errorf("%+v makes stripes: %v", c.grating, got != nil)
		}
	}
}

// TestStripesInParts: the angles of an image do not depend on which images are asked for, nor on the cores.
func TestStripesInParts(t *testing.T) {
	values, err := param.ParseValues("0:180:0.25")
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSweep(NMA{}, values)
	if err != nil {
		t.Fatal(err)
	}
	all := s.Stripes(0, s.Shape().N())
	for _, first := range []int{0, 1, 300, 719} {
		part, err := NewPart(s, first, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := part.Stripes(0, 1).Angles, all.Images(first, first+1).Angles; !slices.Equal(got, want) {
			t.Errorf("image %d has other angles in a part", first)
		}
	}
	noise, err := Kinds()[0].Set()
	if err != nil {
		t.Fatal(err)
	}
	part, err := NewPart(noise, 0, 1)
	if err != nil || part.Stripes(0, 1) != nil {
		t.Errorf("part of another set: %v", err)
	}
}

// BenchmarkStripes shows what the angles of images cost, in place of their pixels.
func BenchmarkStripes(b *testing.B) {
	values, err := param.Range(-90, 90, 0.045)
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewSweep(NMA{}, values)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{10, 4000} {
		b.Run(fmt.Sprintf("n=%d/hw=48x64", n), func(b *testing.B) {
			for b.Loop() {
				s.Stripes(0, n)
			}
		})
	}
}
