package filters

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

func kindOf(t *testing.T, name string) Kind {
	t.Helper()
	kinds := Kinds()
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		t.Fatalf("no kind %q", name)
	}
	return kinds[at]
}

func weights(t *testing.T, b Bank) *conv.Tensor {
	t.Helper()
	w, err := b.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestFilterGoldens compares weights with those of scikit-image, SciPy and NumPy, rounded to 10 decimals, which
// testdata/make_filters.py wrote.
func TestFilterGoldens(t *testing.T) {
	text, err := os.ReadFile("testdata/filters.json")
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Kind     string
		Size     int
		Balanced bool
		Values   map[string]float64
		Weights  []float64
	}
	if err := json.Unmarshal(text, &goldens); err != nil || len(goldens) < 11 {
		t.Fatalf("%d cases, %v: want at least 11", len(goldens), err)
	}
	for i, g := range goldens {
		t.Run(fmt.Sprintf("%d/%s", i, g.Kind), func(t *testing.T) {
			var axes []param.Axis
			for name, v := range g.Values {
				axes = append(axes, param.NewAxis(name, v))
			}
			all, err := kindOf(t, g.Kind).Make(axes...)
			if err != nil {
				t.Fatal(err)
			}
			got := weights(t, Bank{Filters: all, Size: g.Size, Balanced: g.Balanced})
			for at, want := range g.Weights {
				// the rounding to 10 decimals, and to float32
				if math.Abs(float64(got.Data[at])-want) > 1e-10+math.Abs(want)/(1<<24) {
					t.Fatalf("row %d, column %d: %v, want %v", at/g.Size, at%g.Size, got.Data[at], want)
				}
			}
		})
	}
}

// TestPairAtNyquist: at half a cycle per pixel the odd filter is 0.
func TestPairAtNyquist(t *testing.T) {
	for _, b := range []Bank{{Size: 9}, {Size: 8}, {Size: 1}, {Size: 9, Balanced: true}} {
		b.Filters, b.Quadrature = []Filter{&Gabor{SF: 0.5}}, true
		if _, err := b.Weights(); err == nil || !strings.Contains(err.Error(), "one of the two is all zeros: want") {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

// TestBalanced: balanced filters of every kind answer 0 to a uniform image. Some filters that are not balanced do not.
func TestBalanced(t *testing.T) {
	unbalanced := 0
	for _, k := range Kinds() {
		b, err := k.Bank()
		if err != nil {
			t.Fatal(err)
		}
		for _, b.Balanced = range []bool{false, true} {
			bank := weights(t, b)
			for i := range bank.Shape.N() {
				total, largest := 0.0, 0.0
				for _, w := range bank.Plane(i, 0) {
					total, largest = total+float64(w), max(largest, math.Abs(float64(w)))
				}
				if math.IsNaN(total) || largest < 1e-4 {
					t.Errorf("%s: filter %d sums to %v, its largest weight is %v", k.Name, i, total, largest)
				}
				flat := math.Abs(total) < 1e-6
				if !flat && !b.Balanced {
					unbalanced++
				}
				if !flat && b.Balanced {
					t.Errorf("%s: filter %d sums to %v", k.Name, i, total)
				}
			}
		}
	}
	if unbalanced < 10 {
		t.Errorf("%d unbalanced filters: this shows nothing", unbalanced)
	}
}

// TestSteer: derivatives at a few orientations add up to the derivative at any other orientation.
func TestSteer(t *testing.T) {
	for order := range maxOrder + 1 {
		for _, degrees := range []float64{0, 17, 90, 133, -60, 400} {
			want := sampled(9, (&Derivative{Orientation: degrees, Order: order, Sigma: 1.5}).Weight)
			for at, v := range want {
				for k, factor := range Steer(order, degrees) {
					basis := Derivative{Orientation: 180 * float64(k) / float64(order+1), Order: order, Sigma: 1.5}
					v -= factor * basis.Weight(float64(at%9)-4, float64(at/9)-4)
				}
				if math.Abs(v) > 1e-12 {
					t.Fatalf("order %d at %v°: off by %v at %d", order, degrees, v, at)
				}
			}
		}
	}
}

// TestReach: a size that the bank chooses cuts off at most 1 % of the sum of the absolute weights. Half of the pixels
// would cut off more.
func TestReach(t *testing.T) {
	for _, f := range []Filter{
		&Gabor{SF: 0.1}, &Gabor{SF: 0.1, SigmaX: 2, SigmaY: 5}, &Gabor{SF: 0.1, SigmaX: 5, SigmaY: 2, Orientation: 45},
		&DoG{Sigma: 2}, &DoG{Sigma: 1, SigmaSurround: 4},
		&Derivative{Sigma: 2}, &Derivative{Order: 1, Sigma: 2}, &Derivative{Order: 4, Sigma: 2, Orientation: 30},
		&Derivative{Order: 8, Sigma: 2},
		&Laplacian{}, &Laplacian{Sigma: 2}, &Laplacian{Sigma: 3.3},
	} {
		size := weights(t, Bank{Filters: []Filter{f}}).Shape.H()
		whole := magnitude(sampled(151, f.Weight))
		if left := 1 - magnitude(sampled(size, f.Weight))/whole; left > 0.01 {
			t.Errorf("%+v on %d pixels: %.3f of the weights are cut off", f, size, left)
		}
		if small := size/2/2*2 - 1; small > 3 && 1-magnitude(sampled(small, f.Weight))/whole < 0.01 {
			t.Errorf("%+v takes %d pixels, %d would do", f, size, small)
		}
	}
}

func magnitude(weights []float64) (total float64) {
	for _, w := range weights {
		total += math.Abs(w)
	}
	return total
}

// TestAspect: the aspect is sigma-x over sigma-y, whichever of them is given.
func TestAspect(t *testing.T) {
	for _, c := range []struct{ given, want Gabor }{
		{Gabor{SigmaX: 3, Aspect: 0.5}, Gabor{SigmaX: 3, SigmaY: 6, Aspect: 0.5}},
		{Gabor{SigmaX: 3, SigmaY: 4, Aspect: 9}, Gabor{SigmaX: 3, SigmaY: 4, Aspect: 0.75}},
		{Gabor{SigmaX: 3}, Gabor{SigmaX: 3, SigmaY: 3, Aspect: 1}},
	} {
		got := c.given
		got.SF = 0.1
		if err := got.Complete(); err != nil || got.SigmaX != c.want.SigmaX || got.SigmaY != c.want.SigmaY ||
			got.Aspect != c.want.Aspect {
			t.Errorf("%+v became %+v, %v", c.given, got, err)
		}
	}
}

// TestPairs: the layout of a bank of quadrature pairs, its table and its titles.
func TestPairs(t *testing.T) {
	all, err := kindOf(t, "gabor").Make(param.NewAxis("orientation", 0, 45), param.NewAxis("sf", 0.1, 0.2))
	if err != nil {
		t.Fatal(err)
	}
	b := Bank{Filters: all, Quadrature: true}
	// 1.4 octaves at 0.1 are a sigma of 4.17: three of them on each side.
	if got := weights(t, b).Shape; got != (conv.Shape{8, 1, 27, 27}) {
		t.Errorf("shape %v", got)
	}
	table, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	const want = "" +
		"kind,orientation_deg,sf_cycles_per_pixel,phase_deg,sigma_x,sigma_y,bandwidth_octaves,aspect,prefers_deg,pair"
	if got := strings.Join(table.Names(), ","); got != want {
		t.Errorf("columns %s", got)
	}
	for name, want := range map[string][]float64{
		"orientation_deg":     {0, 0, 0, 0, 45, 45, 45, 45},
		"sf_cycles_per_pixel": {0.1, 0.1, 0.2, 0.2, 0.1, 0.1, 0.2, 0.2},
		"phase_deg":           {0, 90, 0, 90, 0, 90, 0, 90}, "pair": {0, 0, 1, 1, 2, 2, 3, 3},
	} {
		if got := table.Column(name).Numbers; !slices.Equal(got, want) {
			t.Errorf("%s %v, want %v", name, got, want)
		}
	}
	if names, err := b.Names(); err != nil || names[3] != "0°, sf 0.2, phase 90" {
		t.Errorf("names %q, %v", names, err)
	}
}

// TestNamesTellApart: a parameter that may follow from another is in the name if the other parameters do not tell the
// filters apart.
func TestNamesTellApart(t *testing.T) {
	for want, b := range map[string]Bank{
		"0°, sigma-x 3|0°, sigma-x 4|45°, sigma-x 3|45°, sigma-x 4": {Filters: []Filter{
			&Gabor{SF: 0.1, SigmaX: 3}, &Gabor{SF: 0.1, SigmaX: 4}, &Gabor{SF: 0.1, SigmaX: 3, Orientation: 45},
			&Gabor{SF: 0.1, SigmaX: 4, Orientation: 45}}},
		"sf 0.1|sf 0.2": {Filters: []Filter{&Gabor{SF: 0.1}, &Gabor{SF: 0.2}}},
		// their widths follow the frequency
		"sigma-y 5|sigma-y 6": {Filters: []Filter{&Gabor{SF: 0.1, SigmaX: 3, SigmaY: 5},
			&Gabor{SF: 0.1, SigmaX: 3, SigmaY: 6}}},
		"gabor|gabor": {Filters: []Filter{&Gabor{SF: 0.1}, &Gabor{SF: 0.1}}},
	} {
		if names, err := b.Names(); err != nil || strings.Join(names, "|") != want {
			t.Errorf("names %q (%v), want %s", names, err, want)
		}
	}
}

func TestBankRefuses(t *testing.T) {
	for want, b := range map[string]Bank{
		"a bank of none":                       {},
		"a quadrature pair of dog":             {Filters: []Filter{&DoG{}}, Quadrature: true},
		"spatial frequency 0 cycles/pixel":     {Filters: []Filter{&Gabor{}}},
		"spatial frequency 0.6 cycles/pixel":   {Filters: []Filter{&Gabor{SF: 0.6}}},
		"sigma-x -1":                           {Filters: []Filter{&Gabor{SF: 0.1, SigmaX: -1}}},
		"sigma 2 and 1: want the surround's":   {Filters: []Filter{&DoG{Sigma: 2, SigmaSurround: 1}}},
		"sigma 2 and 2: want the surround's":   {Filters: []Filter{&DoG{Sigma: 2, SigmaSurround: 2}}},
		"sign 2: want 1":                       {Filters: []Filter{&DoG{Sign: 2}}},
		"order 9: want":                        {Filters: []Filter{&Derivative{Order: 9}}},
		"Laplacian of sigma -1":                {Filters: []Filter{&Laplacian{-1}}},
		"601 pixels a side: want at most 255":  {Filters: []Filter{&Gabor{SF: 0.1, SigmaX: 100}}},
		"laplacian on 4×4 pixels is all zeros": {Filters: []Filter{&Laplacian{}}, Size: 4},
		"size -1":                              {Filters: []Filter{&DoG{}}, Size: -1},
		"1 filters of 100000×100000 would nee": {Filters: []Filter{&DoG{}}, Size: 100000},
	} {
		if _, err := b.Weights(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	for want, p := range map[string]Population{
		"population of 0":             {},
		"seed 9007199254740993: want": {Count: 1, Seed: 1<<53 + 1},
		"correlation 2":               {Count: 1, SFCorrelation: 2},
		"correlation NaN: want −1":    {Count: 1, SFCorrelation: math.NaN()},
		"frequencies 3 … 3.5":         {Count: 1, SFMin: 3, SFMax: 3.5},
		"5 pixels per degree":         {Count: 1, PixelsPerDegree: 5},
		"frequency, 4 cycles/degree":  {Count: 1, SFMax: 5, PixelsPerDegree: 5},
	} {
		if _, err := p.Filters(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

// TestWholeNumbers: a count, a seed, an order or a sign that is not an integer is refused by name.
func TestWholeNumbers(t *testing.T) {
	for want, c := range map[string]struct {
		kind string
		axis param.Axis
	}{
		"filters: count 1.5: want a whole number from 1 to 2²⁰": {"v1", param.NewAxis("count", 16, 1.5)},
		"filters: seed -1: want a whole number from 0 to 2⁵³":   {"v1", param.NewAxis("seed", -1)},
		"filters: order 0.5: want a whole number from 0 to 8": {"gaussian-derivative",
			param.NewAxis("order", 1, 0.5)},
		"filters: sign 1e+300: want a whole number from −2⁵³ to 2⁵³": {"dog", param.NewAxis("sign", 1e300)},
	} {
		if _, err := kindOf(t, c.kind).Make(c.axis); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}

func TestNMATable(t *testing.T) {
	table, err := NMA{Channels: 6, Size: 7}.Table()
	if err != nil || table.Check() != nil {
		t.Fatal(err, table.Check())
	}
	if got := table.Column("orientation_deg").Numbers; !math.IsNaN(got[0]) ||
		!slices.Equal(got[2:], []float64{90, 45, 0, 135}) { // as TestPreference of package experiment sees
		t.Errorf("orientations %v", got)
	}
	for column, want := range map[string][]float64{"theta_deg": {0, 45, 90, 135}, "prefers_deg": {90, 45, 0, 135},
		"phase_deg": {90, 90, 90, 270}} {
		if got := table.Column(column).Numbers; !math.IsNaN(got[0]) || !slices.Equal(got[2:], want) {
			t.Errorf("%s %v, want %v", column, got, want)
		}
	}
	// The carrier that the table describes is the weights': a wrong sign of its phase would turn the sum over.
	bank, err := NMA{Channels: 6, Size: 7}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	for k := 2; k < 6; k++ {
		row := func(column string) float64 { return table.Column(column).Numbers[k] }
		sum := 0.0
		for at, w := range bank.Plane(k, 0) {
			u, _ := turned(float64(at%7-3), float64(at/7-3), row("orientation_deg"))
			sum += float64(w) * math.Cos(2*math.Pi*row("sf_cycles_per_pixel")*u+row("phase_deg")*math.Pi/180)
		}
		if !(sum > 1) {
			t.Errorf("channel %d has %v of the carrier in its table, want more than 1", k, sum)
		}
	}
	if _, err := (NMA{}).Table(); err == nil {
		t.Error("a table of no bank")
	}
}
