package figure

import (
	"image/color"
	"math"
	"testing"
)

// The colours at quarters of the range follow from matplotlib's definitions: bwr goes (0, 0, 1) → (1, 1, 1) → (1, 0,
// 0), binary goes (1, 1, 1) → (0, 0, 0), and gray is its reverse.
func TestColorMaps(t *testing.T) {
	tests := []struct {
		name  string
		m     colorMap
		value float64
		want  color.NRGBA
	}{
		{"bwr min", bwr(-3, 3), -3, color.NRGBA{0, 0, 255, 255}},
		{"bwr quarter", bwr(-3, 3), -1.5, color.NRGBA{128, 128, 255, 255}},
		{"bwr middle", bwr(-3, 3), 0, color.NRGBA{255, 255, 255, 255}},
		{"bwr three quarters", bwr(-3, 3), 1.5, color.NRGBA{255, 128, 128, 255}},
		{"bwr max", bwr(-3, 3), 3, color.NRGBA{255, 0, 0, 255}},
		{"bwr off centre", bwr(0, 4), 2, color.NRGBA{255, 255, 255, 255}},
		{"bwr of no range", bwr(2, 2), 2, color.NRGBA{255, 255, 255, 255}},
		{"binary min", binary(-0.5, 0.5), -0.5, color.NRGBA{255, 255, 255, 255}},
		{"binary quarter", binary(-0.5, 0.5), -0.25, color.NRGBA{191, 191, 191, 255}},
		{"binary middle", binary(-0.5, 0.5), 0, color.NRGBA{128, 128, 128, 255}},
		{"binary max", binary(-0.5, 0.5), 0.5, color.NRGBA{0, 0, 0, 255}},
		{"gray quarter", gray(10, 20), 12.5, color.NRGBA{64, 64, 64, 255}},
		{"below the range", bwr(-1, 1), math.Inf(-1), color.NRGBA{0, 0, 255, 255}},
		{"above the range", bwr(-1, 1), 1.01, color.NRGBA{255, 0, 0, 255}},
		{"no number", bwr(-1, 1), math.NaN(), color.NRGBA{0, 0, 0, 255}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.m.at(test.value); got != test.want {
				t.Errorf("%v has the colour %v, want %v", test.value, got, test.want)
			}
		})
	}
}
