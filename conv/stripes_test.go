package conv_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gpuconv/conv"
)

// TestStripeAngles: pixels that are sure have the sign of the cosine of the angles' sum in radians, and only those
// whose cosine is within a few units of 0 are not sure.
func TestStripeAngles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const unit = 2 * math.Pi / (1 << 32)
	sure, near := 0, 0
	for range 200_000 {
		x := (2*random.Float64() - 1) * math.Pow(10, 5*random.Float64())
		zero := (math.Round(2e4*random.Float64())-1e4+0.5)*math.Pi + float64(random.IntN(13)-6)*unit
		y := zero - x
		s := conv.Stripes{Shape: conv.Shape{1, 1, 1, 1}, Light: 2, Dark: -3,
			Angles: []uint32{conv.StripeAngle(x), conv.StripeAngle(y)}}
		pixel := make([]float32, 1)
		cos := math.Cos(x + y)
		isSure := s.Paint(pixel, 0)
		if conv.SurePixel(s.Angles[0], s.Angles[1]) != isSure {
			t.Fatalf("cos(%v + %v) is %v: the image is sure: %v, and its pixel is not so", x, y, cos, isSure)
		}
		switch {
		case !isSure:
			if near++; math.Abs(cos) > 4*unit {
				t.Fatalf("cos(%v + %v) is %v, and not sure", x, y, cos)
			}
		case cos > 0 && pixel[0] != 2 || cos < 0 && pixel[0] != -3:
			t.Fatalf("cos(%v + %v) is %v, the pixel %v", x, y, cos, pixel[0])
		default:
			sure++
		}
	}
	if sure < 1e5 || near < 5e4 {
		t.Errorf("%d are sure, %d are not", sure, near)
	}
}

// TestStripesOrder: the angles of columns come first, and then those of rows, image by image.
func TestStripesOrder(t *testing.T) {
	const half = 1 << 31
	s := conv.Stripes{Shape: conv.Shape{2, 1, 2, 3}, Light: 1, Angles: []uint32{
		half, half, half, half, half,
		0, half, 0, 0, half}}
	for n, want := range [][]float32{{1, 1, 1, 1, 1, 1}, {1, 0, 1, 0, 1, 0}} {
		got := make([]float32, 6)
		if sure := s.Paint(got, n); !sure || !equal(got, want) {
			t.Errorf("image %d is %v, sure %v: want %v", n, got, sure, want)
		}
	}
	if got := s.Images(1, 2); got.Shape != (conv.Shape{1, 1, 2, 3}) || len(got.Angles) != 5 || got.Angles[0] != 0 {
		t.Errorf("%+v", got)
	}
}

func equal(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

// TestCheckStripes: stripes that do not fit a problem are refused.
func TestCheckStripes(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{2, 1, 4, 5}, Weight: conv.Shape{3, 1, 1, 1}}
	deep := conv.Problem{Src: conv.Shape{2, 2, 4, 5}, Weight: conv.Shape{3, 2, 1, 1}}
	angles := make([]uint32, 18)
	for want, c := range map[string]struct {
		p      conv.Problem
		dst    conv.Shape
		images conv.Stripes
	}{
		"":                          {p, conv.Shape{2, 3, 4, 5}, conv.Stripes{Shape: p.Src, Angles: angles}},
		"stripes have 1 channel":    {deep, conv.Shape{2, 3, 4, 5}, conv.Stripes{Shape: deep.Src, Angles: angles}},
		"want 18 angles, it has 17": {p, conv.Shape{2, 3, 4, 5}, conv.Stripes{Shape: p.Src, Angles: angles[1:]}},
		"want [2 1 4 5] or a smaller": {p, conv.Shape{2, 3, 4, 5},
			conv.Stripes{Shape: conv.Shape{2, 1, 5, 4}, Angles: angles}},
		"want [2 3 4 5] for src": {p, conv.Shape{1, 3, 4, 5}, conv.Stripes{Shape: p.Src, Angles: angles}},
	} {
		dst, err := conv.NewTensor(c.dst)
		if err != nil {
			t.Fatal(err)
		}
		err = c.p.CheckStripes(dst, &c.images)
		var shape *conv.ShapeError
		if want == "" && err != nil || want != "" && (!errors.As(err, &shape) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}
