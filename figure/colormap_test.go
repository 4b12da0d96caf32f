package figure

import (
	"errors"
	"image/color"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/palette"
)

// The colours are matplotlib's definitions of bwr, (0, 0, 1) → (1, 1, 1) →
// (1, 0, 0), and binary, (1, 1, 1) → (0, 0, 0), at quarters of the range.
func TestColorMaps(t *testing.T) {
	tests := []struct {
		name  string
		m     *ColorMap
		value float64
		want  color.NRGBA
	}{
		{"bwr min", BWR(-3, 3), -3, color.NRGBA{0, 0, 255, 255}},
		{"bwr quarter", BWR(-3, 3), -1.5, color.NRGBA{128, 128, 255, 255}},
		{"bwr middle", BWR(-3, 3), 0, color.NRGBA{255, 255, 255, 255}},
		{"bwr three quarters", BWR(-3, 3), 1.5, color.NRGBA{255, 128, 128, 255}},
		{"bwr max", BWR(-3, 3), 3, color.NRGBA{255, 0, 0, 255}},
		{"bwr off centre", BWR(0, 4), 2, color.NRGBA{255, 255, 255, 255}},
		{"bwr of no range", BWR(2, 2), 2, color.NRGBA{255, 255, 255, 255}},
		{"binary min", Binary(-0.5, 0.5), -0.5, color.NRGBA{255, 255, 255, 255}},
		{"binary quarter", Binary(-0.5, 0.5), -0.25, color.NRGBA{191, 191, 191, 255}},
		{"binary middle", Binary(-0.5, 0.5), 0, color.NRGBA{128, 128, 128, 255}},
		{"binary max", Binary(-0.5, 0.5), 0.5, color.NRGBA{0, 0, 0, 255}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.m.At(test.value)
			if err != nil || got != test.want {
				t.Errorf("At(%v) = %v, %v, want %v", test.value, got, err, test.want)
			}
		})
	}
}

func TestColorMapRefusesWhatIsNotInRange(t *testing.T) {
	m := BWR(-1, 1)
	for _, test := range []struct {
		value float64
		want  error
	}{
		{math.NaN(), palette.ErrNaN}, {-1.01, palette.ErrUnderflow}, {1.01, palette.ErrOverflow},
		{math.Inf(-1), palette.ErrUnderflow}, {math.Inf(1), palette.ErrOverflow},
	} {
		if _, err := m.At(test.value); !errors.Is(err, test.want) {
			t.Errorf("At(%v): %v, want %v", test.value, err, test.want)
		}
	}
}

func TestColorMapSetters(t *testing.T) {
	m := Binary(0, 1)
	m.SetMin(10)
	m.SetMax(20)
	m.SetAlpha(0.2)
	got, err := m.At(20)
	if want := (color.NRGBA{0, 0, 0, 51}); err != nil || got != want {
		t.Errorf("At(20) = %v, %v, want %v", got, err, want)
	}
	if m.Min() != 10 || m.Max() != 20 || m.Alpha() != 0.2 {
		t.Errorf("range %v to %v, alpha %v, want 10, 20, 0.2", m.Min(), m.Max(), m.Alpha())
	}
}

func TestPalette(t *testing.T) {
	want := []color.Color{
		color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{255, 0, 0, 255},
	}
	m := BWR(5, 9)
	if diff := cmp.Diff(want, m.Palette(3).Colors()); diff != "" {
		t.Errorf("three colours (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:2], m.Palette(1).Colors()); diff != "" {
		t.Errorf("one colour (-want +got):\n%s", diff)
	}
	if got := len(m.Palette(-1).Colors()); got != 0 {
		t.Errorf("%d colours, want none", got)
	}
}
