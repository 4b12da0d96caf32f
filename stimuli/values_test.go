package stimuli

import (
	"math"
	"strings"
	"testing"
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
		{"0:0.7:0.1", 7, 0, 0.1 * 6}, // float arithmetic says 0.7/0.1 = 6.999…
		{"0:0.3:0.1", 3, 0, 0.2},     // and 0.3/0.1 = 2.999…
		{"-90:90:45", 4, -90, 45},
		{"-90:90:0.045", 4000, -90, -90 + 3999*0.045},
		{"0:10:3", 4, 0, 9},
		{"0:10:100", 1, 0, 0},
		{"1e300:2e300:1e299", 10, 1e300, 1e300 + 9*1e299},
		{"0:9e15:1", 9e15, 0, 9e15 - 1}, // never written out
	} {
		v, err := ParseValues(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if v.Len() != c.count || v.At(0) != c.first || math.Abs(v.At(v.Len()-1)-c.last) > 1e-15*math.Abs(c.last) {
			t.Errorf("%q: %d values, %v … %v; want %d, %v … %v", c.text, v.Len(), v.At(0), v.At(v.Len()-1), c.count, c.first, c.last)
		}
	}
}

func TestParseValuesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":          "is empty",
		"  ":        "is empty",
		"1,,2":      `"" is not a finite number`,
		"1,":        `"" is not a finite number`,
		"a":         `"a" is not a finite number`,
		"1;2":       `"1;2" is not a finite number`,
		"nan":       `"nan" is not a finite number`,
		"1,inf":     `"inf" is not a finite number`,
		"1e999":     `"1e999" is not a finite number`,
		"0:10":      "want start:stop:step",
		"0:10:1:2":  "want start:stop:step",
		"0:10:":     `"" is not a finite number`,
		"0:10:0":    "want a step above 0",
		"0:10:-1":   "want a step above 0",
		"10:0:1":    "want start below stop",
		"5:5:1":     "want start below stop",
		"0:nan:1":   `"nan" is not a finite number`,
		"0:1e18:1":  "holds about 1e+18 values",
		"0:1:1e-30": "holds about 1e+30 values",
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
	for _, seed := range []string{"-90,0,90", "0:1:0.1", "1e308:1.7e308:1", "0:1e-320:5e-324", "-1:1:1e-300", ":", "0x1p-3", "1_0"} {
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
	})
}
