package param

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseValues(t *testing.T) {
	for _, c := range []struct {
		text        string
		count       int
		first, last float64
	}{
		{"-90,-45,0,45,90", 5, -90, 90},
		{"7", 1, 7, 7},
		{" 1 , 2e1 ", 2, 1, 20},
		{"0:1:0.1", 10, 0, 0.9},
		{"0:0.7:0.1", 7, 0, 0.1 * 6}, // in float64, 0.7/0.1 = 6.999…
		{"0:0.3:0.1", 3, 0, 0.2},     // and 0.3/0.1 = 2.999…
		{"-90:90:45", 4, -90, 45},
		{"-90:90:0.045", 4000, -90, -90 + 3999*0.045},
		{"0:10:3", 4, 0, 9},
		{"0:10:100", 1, 0, 0},
		{"1e300:2e300:1e299", 10, 1e300, 1e300 + 9*1e299},
		{"0:9e15:1", 9e15, 0, 9e15 - 1}, // never written out
		{"0:9007199254740992:1", 1 << 53, 0, 1<<53 - 1},
		{"1e16:10000000000000010:1", 10, 1e16, 1e16 + 8}, // float64 numbers are 2 apart there
		{" 0 : 1 : 0.25 ", 4, 0, 0.75},
	} {
		v, err := ParseValues(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if v.Len() != c.count || v.At(0) != c.first || math.Abs(v.At(v.Len()-1)-c.last) > 1e-15*math.Abs(c.last) {
			t.Errorf("%q: %d values, %v … %v; want %d, %v … %v", c.text, v.Len(), v.At(0), v.At(v.Len()-1), c.count,
				c.first, c.last)
		}
	}
}

func TestParseValuesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "is empty",
		"  ":                     "is empty",
		"1,,2":                   `"" is not a finite number`,
		"1,":                     `"" is not a finite number`,
		"a":                      `"a" is not a finite number`,
		"1;2":                    `"1;2" is not a finite number`,
		"nan":                    `"nan" is not a finite number`,
		"1,inf":                  `"inf" is not a finite number`,
		"1e999":                  `"1e999" is not a finite number`,
		"0:10":                   "want start:stop:step",
		"0:10:1:2":               "want start:stop:step",
		"0:10:":                  `"" is not a finite number`,
		"0:10:0":                 "want a step above 0",
		"0:10:-1":                "want a step above 0",
		"10:0:1":                 "want start below stop",
		"5:5:1":                  "want start below stop",
		"0:nan:1":                `"nan" is not a finite number`,
		"0:1e18:1":               "holds about 1e+18 values",
		"0:1:1e-30":              "holds about 1e+30 values",
		"0:9007199254740993:0.5": "holds about 1.8e+16 values, want at most 9007199254740992",
		"-1e308:1e308:1e-300":    "holds about 2e+608 values", // which no float64 holds
		"-1.7e308:1.7e308:1e308": "its last value overflows",  // although each is below stop
		"-90:0:45,0":             "want either numbers such as -90,0,90 or one start:stop:step",
	} {
		v, err := ParseValues(text)
		if err == nil {
			t.Errorf("%q gives %d values", text, v.Len())
		} else if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %q: want %q in one line", text, err, want)
		}
	}
}

func FuzzParseValues(f *testing.F) {
	for _, seed := range []string{"-90,0,90", "0:1:0.1", "-1.7e308:1.7e308:1e308", "-90:90:0.045",
		"1e16:10000000000000010:1", "0,1:2:3", "1e308:1.7e308:1", "0:1e-320:5e-324", "-1:1:1e-300", ":", "0x1p-3",
		"1_0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseValues(text)
		if err != nil {
			return
		}
		if v.Len() < 1 {
			t.Fatalf("%q gives no values", text)
		}
		for _, i := range []int{0, v.Len() / 2, v.Len() - 1} {
			if at := v.At(i); math.IsNaN(at) || math.IsInf(at, 0) {
				t.Fatalf("%q: value %d is %v", text, i, at)
			}
		}
		if parts := strings.Split(text, ":"); len(parts) == 3 {
			checkRange(t, v, parts)
		}
	})
}

// checkRange: the first value is start. The last is below stop, up to three rounding errors: of step's decimal, of
// i·step, which is at most twice the larger of start and stop, and of the sum. Together they are at most 5 half ulps;
// 2⁻⁵⁰ is 8 of them.
func checkRange(t *testing.T, v Values, parts []string) {
	t.Helper()
	start, stop := number(t, parts[0]), number(t, parts[1])
	if v.At(0) != start {
		t.Fatalf("%v: the first value is %v", parts, v.At(0))
	}
	slack := 0x1p-50*math.Max(math.Abs(start), math.Abs(stop)) + 0x1p-1074
	if last := v.At(v.Len() - 1); !(last-slack < stop) {
		t.Fatalf("%v: the last of %d values is %v", parts, v.Len(), last)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestExplicitCopies(t *testing.T) {
	list := []float64{1, 2}
	v := Explicit(list...)
	if list[1] = 3; v.Len() != 2 || v.At(1) != 2 {
		t.Errorf("%d values, the second %v: want 2, 2", v.Len(), v.At(1))
	}
}

// TestRange: a range from start to start + count·step has count values, although float64 holds few of these numbers
// exactly.
func TestRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := float64(rapid.IntRange(-100000, 100000).Draw(t, "start")) / 1000
		step := float64(rapid.IntRange(1, 5000).Draw(t, "step")) / 1000
		count := rapid.IntRange(1, 3000).Draw(t, "count")
		// start + count·step in thousandths, which int holds exactly
		stop := (math.Round(start*1000) + float64(count)*math.Round(step*1000)) / 1000
		v, err := Range(start, stop, step)
		if err != nil || v.Len() != count {
			t.Fatalf("Range(%v, %v, %v) has %d values, %v: want %d", start, stop, step, v.Len(), err, count)
		}
	})
}

// TestScaled: a list and a range, with each value multiplied by the factor.
func TestScaled(t *testing.T) {
	for _, text := range []string{"3,-1,0.5", "2:9:3"} {
		values, err := ParseValues(text)
		if err != nil {
			t.Fatal(err)
		}
		scaled := values.Scaled(0.25)
		if scaled.Len() != values.Len() {
			t.Errorf("%s: %d values, want %d", text, scaled.Len(), values.Len())
		}
		for i := range scaled.Len() {
			if got, want := scaled.At(i), values.At(i)/4; got != want {
				t.Errorf("%s: value %d is %v, want %v", text, i, got, want)
			}
		}
	}
}

// TestNotFinite: scaling may overflow a range as well as a list.
func TestNotFinite(t *testing.T) {
	for _, c := range []struct {
		text   string
		factor float64
		found  bool
	}{
		{"0,1", 2, false}, {"0:2:1", 2, false}, {"1e308", 10, true}, {"1e307:1e308:1e307", 1, false},
		{"0,1", math.Inf(1), true}, {"0:1:2", math.Inf(1), true}, {"0:1:0.5", math.Inf(1), true},
		{"1:3:1", math.Inf(1), true}, {"0:1:2", math.NaN(), true}, {"0:1e308:1e307", 10, true},
	} {
		v, err := ParseValues(c.text)
		if err != nil {
			t.Fatal(err)
		}
		scaled := v.Scaled(c.factor)
		got, found := scaled.NotFinite()
		if found != c.found || found && finite(got) {
			t.Errorf("%s times %v: %v, %v, want %v", c.text, c.factor, got, found, c.found)
		}
		_, err = NewGrid([]Parameter{New("sf", "", "", new(float64))}, []Axis{{"sf", scaled}})
		if (err != nil) != c.found {
			t.Errorf("%s times %v as an axis: %v", c.text, c.factor, err)
		}
	}
	if _, found := (Values{}).NotFinite(); found {
		t.Error("no values hold one that is not finite")
	}
}

// TestNear: Near finds each value of a list or of a range of any length, and no number between or outside them.
func TestNear(t *testing.T) {
	huge, err := Range(0, 1e15, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	small, _ := Range(0, 1, 0.1)
	for _, c := range []struct {
		values Values
		x      float64
		want   bool
	}{
		{huge, 123456789.5, true}, {huge, 123456789.25, false}, {huge, -0.5, false}, {huge, 1e15, false}, {huge, math.NaN(), false},
		{small, 0.3, true}, {small, 1, false}, {small, 0.35, false}, {Explicit(1, 3), 3, true}, {Explicit(1, 3), 2, false}, {Values{}, 0, false},
	} {
		if got := c.values.Near(c.x, 1e-9); got != c.want {
			t.Errorf("%v in %d values from %v: %v", c.x, c.values.Len(), c.values.start, got)
		}
	}
}
