package statistics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// drawBlocks draws blocks of samples, each around a centre of its own, as a machine makes them.
func drawBlocks(r *rand.Rand, blocks, samples int, between, within float64) [][]float64 {
	all := make([][]float64, blocks)
	for i := range all {
		centre := between * r.NormFloat64()
		for range samples {
			all[i] = append(all[i], math.Exp(centre+within*r.NormFloat64()))
		}
	}
	return all
}

// TestIntervalCovers: of 95 % intervals, 95 % hold the true median, 1, whether blocks differ or not. With ten blocks
// the percentile bootstrap comes to 88 %. Where blocks differ, a bootstrap over samples alone comes to 45 %.
func TestIntervalCovers(t *testing.T) {
	for name, c := range map[string]struct {
		blocks, samples int
		between, within float64
	}{
		"one sample a block": {10, 1, 0, 0.1}, "blocks alike": {10, 5, 0, 0.1}, "blocks differ": {10, 20, 0.05, 0.02},
		"one block": {1, 20, 0, 0.1},
	} {
		r := rand.New(rand.NewPCG(1, 1))
		trials := 300
		if testing.Short() {
			trials = 60
		}
		held, width := 0, 0.0
		for i := range trials {
			v := newInterval(drawBlocks(r, c.blocks, c.samples, c.between, c.within), uint64(i), 200)
			if v.Low <= 1 && 1 <= v.High {
				held++
			}
			width += (v.High - v.Low) / float64(trials)
			if !(v.Low <= v.Median && v.Median <= v.High) {
				t.Fatalf("%s: median %v outside of %v … %v", name, v.Median, v.Low, v.High)
			}
		}
		t.Logf("%s: %.3f hold it, mean width %.3f", name, float64(held)/float64(trials), width)
		if part := float64(held) / float64(trials); part < 0.88 {
			t.Errorf("%s: %.3f of the intervals hold the true median, want 0.95 or nearly", name, part)
		}
	}
}

// TestStoppingCovers: rounds that end once the interval is narrow end too early more often than too late. Where it
// takes some forty rounds to come to 1 %, 90 % of the 95 % intervals then hold the true median. After a fixed number of
// ten rounds 95 % do.
func TestStoppingCovers(t *testing.T) {
	trials, ten, held, rounds := 200, 0, 0, 0
	if testing.Short() {
		trials = 40
	}
	for i := range trials {
		r := rand.New(rand.NewPCG(uint64(i), 9))
		blocks := drawBlocks(r, 10, 3, 0.03, 0.01)
		v := newInterval(blocks, uint64(i), 200)
		if v.Low <= 1 && 1 <= v.High {
			ten++
		}
		for v.Noise() > 0.01 && len(blocks) < 60 {
			blocks = append(blocks, drawBlocks(r, 1, 3, 0.03, 0.01)...)
			v = newInterval(blocks, uint64(i), 200)
		}
		if rounds += len(blocks); v.Low <= 1 && 1 <= v.High {
			held++
		}
	}
	part, fixed := float64(held)/float64(trials), float64(ten)/float64(trials)
	t.Logf("%.3f hold it after ten rounds, %.3f after %.1f in the mean", fixed, part, float64(rounds)/float64(trials))
	if part < 0.84 || part > 0.94 {
		t.Errorf("%.3f of the intervals hold the true median, want about 0.90, as doc.go has it", part)
	}
}

func TestInterval(t *testing.T) {
	v := NewInterval([][]float64{{3}, {1}, {2}}, 1)
	if v.Median != 2 || v.Low < 1 || v.High > 3 {
		t.Errorf("got %+v, want median 2 within 1 … 3", v)
	}
	if v := NewInterval([][]float64{{5}}, 1); v != (Interval{5, 5, 5}) || v.Noise() != 0 {
		t.Errorf("of one sample: got %+v", v)
	}
	if v := NewInterval([][]float64{{1, 2}, {3, 4}}, 1); v.Median != 2.5 {
		t.Errorf("median of four is %v, want 2.5", v.Median)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{7}, 7}, {[]float64{3, 1}, 2}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		before := slices.Clone(c.values)
		if got := Median(c.values); got != c.want || !slices.Equal(c.values, before) {
			t.Errorf("of %v: %v, want %v and the values unmoved", before, got, c.want)
		}
	}
	if got := Median(nil); !math.IsNaN(got) {
		t.Errorf("of no values: %v, want NaN", got)
	}
}

// TestOver: the ratio of two points is a point. The ratio of a point and an interval has the ends of that interval. The
// ratio of two intervals is narrower than the ratios of their ends.
func TestOver(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }
	if r := (Interval{6, 6, 6}).Over(Interval{2, 2, 2}); r != (Interval{3, 3, 3}) {
		t.Errorf("%+v, want 3", r)
	}
	if r := (Interval{6, 6, 6}).Over(Interval{2, 1, 3}); !near(r.Low, 2) || !near(r.High, 6) {
		t.Errorf("%+v, want 2 to 6", r)
	}
	if r := (Interval{6, 3, 12}).Over(Interval{2, 1, 4}); !(r.Low > 0.75 && r.Low < 1.5 && r.High < 12 && r.High > 6) {
		t.Errorf("%+v, want within 0.75 … 12 and beyond 1.5 … 6", r)
	}
}

func TestOutliers(t *testing.T) {
	samples := []float64{10, 11, 12, 13, 14, 15, 16, 50, -20}
	if got := Outliers(samples); !slices.Equal(got, []float64{-20, 50}) {
		t.Errorf("got %v, want -20 and 50", got)
	}
	if got := Outliers([]float64{1, 1, 900}); got != nil {
		t.Errorf("of three samples: got %v, want none", got)
	}
}

// TestYuen: values by SciPy's ttest_ind(a, b, equal_var=False, trim=0.2), see
// testdata/make_yuen.py.
func TestYuen(t *testing.T) {
	a := []float64{1.01, 0.99, 1.03, 0.97, 1.02, 1.00, 1.50, 0.98, 1.01, 1.00}
	b := []float64{1.06, 1.04, 1.08, 1.03, 1.05, 1.90, 1.07, 1.05, 1.04, 1.06, 1.05}
	d := NewTrimmed(a).To(NewTrimmed(b))
	if got := d.By / d.Error; math.Abs(got-yuenStatistic) > 1e-9 || math.Abs(d.P()-yuenP) > 1e-9 {
		t.Errorf("t = %.12g, p = %.12g; want %.12g and %.12g", got, d.P(), yuenStatistic, yuenP)
	}
	half := d.HalfWidth(d.P())
	if math.Abs(half-math.Abs(d.By)) > 1e-9 {
		t.Errorf("the interval at level 1 − p ends at %v from %v, want at 0", half, d.By)
	}
	if p := NewTrimmed([]float64{1, 2}).To(NewTrimmed(b)).P(); p != 1 {
		t.Errorf("of two values: p = %v, want 1", p)
	}
	if p := NewTrimmed([]float64{1, 1, 1, 1}).To(NewTrimmed([]float64{1, 1, 1, 1})).P(); p != 1 {
		t.Errorf("of equal values: p = %v, want 1", p)
	}
	if p := NewTrimmed([]float64{1, 1, 1, 1}).To(NewTrimmed([]float64{2, 2, 2, 2})).P(); p != 0 {
		t.Errorf("of different constants: p = %v, want 0", p)
	}
}

// TestHolm: what R's p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") gives, in another order.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.03, 0.01, 0.04, 0.02})
	want := []float64{0.06, 0.04, 0.06, 0.06}
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}
