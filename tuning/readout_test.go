package tuning

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// memory is a source of images in memory.
type memory struct {
	shape []int
	data  []float32
}

func (m *memory) Shape() []int { return m.shape }

func (m *memory) Read(dst []float32) error {
	if len(dst) > len(m.data) {
		return io.ErrUnexpectedEOF
	}
	m.data = m.data[copy(dst, m.data):]
	return nil
}

// counting returns images of 2 channels of 3×4; value 100·image + 12·channel + position − 10.
func counting(images int) *memory {
	m := &memory{shape: []int{images, 2, 3, 4}}
	for i := range images {
		for at := range 24 {
			m.data = append(m.data, float32(100*i+at-10))
		}
	}
	return m
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		readout Readout
		want    []float64 // of two images
	}{
		"centre":        {Readout{}, []float64{0, 8, 96, 108 + 0}},
		"corner":        {Readout{Pool: At}, []float64{0, 2, 90, 102}},
		"linear corner": {Readout{Pool: At, Linear: true}, []float64{-10, 2, 90, 102}},
		"position":      {Readout{Pool: At, Row: 2, Column: 3}, []float64{1, 13, 101, 113}},
		"largest":       {Readout{Pool: MapLargest}, []float64{1, 13, 101, 113}},
		"linear mean":   {Readout{Pool: MapMean, Linear: true}, []float64{-4.5, 7.5, 95.5, 107.5}},
		"mean":          {Readout{Pool: MapMean}, []float64{1. / 12, 7.5, 95.5, 107.5}},
		"sum":           {Readout{Sums: [][]int{{0, 1}, {1}}}, []float64{0, 8, 8, 8, 96, 108, 204, 108}},
		"linear sum":    {Readout{Pool: At, Linear: true, Sums: [][]int{{0, 1}}}, []float64{-10, 2, -8, 90, 102, 192}},
		"sum of maps":   {Readout{Pool: MapLargest, Sums: [][]int{{0, 1}}}, []float64{1, 13, 14, 101, 113, 214}},
		"normalised": {Readout{Normalisation: Normalisation{2, 2, 6}, Sums: [][]int{{0, 1}}},
			[]float64{0, 1.28, 1.28, 2 * 96 * 96 / (36 + 96*96 + 108*108.), 2 * 108 * 108 / (36 + 96*96 + 108*108.),
				2 - 72/(36+96*96+108*108.)}},
	} {
		t.Run(name, func(t *testing.T) {
			var told []int
			r, err := Read(t.Context(), counting(2), c.readout, func(done int) { told = append(told, done) })
			if err != nil {
				t.Fatal(err)
			}
			if r.Images != 2 || len(r.Data) != len(c.want) || r.Cells != len(c.want)/2 ||
				!slices.Equal(told, []int{1, 2}) {
				t.Fatalf("%+v, progress %v, want %v", r, told, c.want)
			}
			for i, want := range c.want {
				near(t, fmt.Sprint("response ", i), r.Data[i], want, 1e-12)
			}
		})
	}
	r, err := Read(t.Context(), &memory{[]int{2, 3}, []float32{1, 2, 3, 4, 5, -6}}, Readout{}, nil)
	if err != nil || !slices.Equal(r.Data, []float64{1, 2, 3, 4, 5, 0}) {
		t.Errorf("[N C]: %v, %v", r, err)
	}
}

// TestReadKeepsNaN: every readout that reads NaN returns NaN. Rectification does not remove it.
func TestReadKeepsNaN(t *testing.T) {
	for _, readout := range []Readout{{}, {Pool: MapMean}, {Pool: MapLargest},
		{Normalisation: Normalisation{1, 2, 1}}} {
		m := counting(1)
		m.data[1*4+2] = float32(math.NaN())
		r, err := Read(t.Context(), m, readout, nil)
		if err != nil || !math.IsNaN(r.Data[0]) {
			t.Errorf("%+v: %v, %v, want NaN", readout, r, err)
		}
	}
}

// TestNormalisation compares with closed forms. One channel with a drive of σ has half of the gain, n equal channels
// share the gain, and a large drive does not overflow.
func TestNormalisation(t *testing.T) {
	for _, c := range []struct {
		drive []float64
		norm  Normalisation
		want  float64 // of channel 0
	}{
		{[]float64{3}, Normalisation{5, 2.7, 3}, 2.5},
		{[]float64{0, 4}, Normalisation{1, 2, 1}, 0},
		{[]float64{1e300, 1e300}, Normalisation{1, 2, 1}, 0.5},
		{[]float64{2, 2, 2, 2}, Normalisation{1, 2, 1e-9}, 0.25},
		{[]float64{1e-300}, Normalisation{1, 2, 1}, 0},
	} {
		m := maps{cells: len(c.drive), rows: 1, columns: 1, data: slices.Clone(c.drive)}
		c.norm.apply(m)
		near(t, fmt.Sprint(c), m.data[0], c.want, 1e-12)
	}
}

func TestReadRefusals(t *testing.T) {
	for want, err := range map[string]error{
		"want [N C H W]": second(Read(t.Context(), &memory{shape: []int{1, 2, 3}},
			Readout{}, nil)),
		"want at least 1 in each dimension": second(Read(t.Context(), &memory{shape: []int{0, 2}},
			Readout{}, nil)),
		"want a row from 0 to 2 and a column from 0 to 3": second(Read(t.Context(), counting(1),
			Readout{Pool: At, Row: 3}, nil)),
		"pool 9":                    second(Read(t.Context(), counting(1), Readout{Pool: 9}, nil)),
		"want channels from 0 to 1": second(Read(t.Context(), counting(1), Readout{Sums: [][]int{{0, 2}}}, nil)),
		"a sum of no channels":      second(Read(t.Context(), counting(1), Readout{Sums: [][]int{{}}}, nil)),
		"want them rectified": second(Read(t.Context(), counting(1),
			Readout{Linear: true, Normalisation: Normalisation{1, 1, 1}}, nil)),
		"exponent 0: want": second(Read(t.Context(), counting(1),
			Readout{Normalisation: Normalisation{1, 0, 1}}, nil)),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "tuning: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want tuning: …%s…", err, want)
		}
	}
	short := counting(2)
	short.data = short.data[:30]
	if _, err := Read(t.Context(), short, Readout{}, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source that ends early: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := 0
	_, err := Read(ctx, counting(9), Readout{}, func(n int) {
		if done = n; n == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || done != 2 {
		t.Errorf("cancelled after 2 images: %v after %d", err, done)
	}
}

// TestDissimilarity: pairs of patterns with known dissimilarities.
func TestDissimilarity(t *testing.T) {
	patterns := [][]float64{{1, 2, 3}, {10, 20, 30}, {3, 2, 1}, {5, 5, 5}}
	m, err := Dissimilarity(patterns, Correlation)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "proportional", m[0][1], 0, 1e-12)
	near(t, "opposite", m[2][0], 2, 1e-12)
	near(t, "diagonal", m[2][2], 0, 0)
	if !math.IsNaN(m[3][0]) || !math.IsNaN(m[0][3]) || !math.IsNaN(m[3][3]) {
		t.Errorf("a constant pattern: %v", m[3])
	}
	if m, err = Dissimilarity(patterns, Euclid); err != nil {
		t.Fatal(err)
	}
	near(t, "euclid", m[0][2], math.Sqrt(8), 1e-12)
	near(t, "euclid of a constant to itself", m[3][3], 0, 0)
}
