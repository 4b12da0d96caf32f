package param

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParseNumber(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "12": 12, "-0.5": -0.5, "+.5": 0.5, "5.": 5, "1e-3": 1e-3,
		"1E+3": 1e3, " 7 ": 7, "010": 10, "1e-400": 0, "1.7976931348623157e308": math.MaxFloat64} {
		if v, err := ParseNumber(text); err != nil || v != want {
			t.Errorf("%q is %v, %v, want %v", text, v, err, want)
		}
	}
	for _, text := range []string{"", " ", ".", "+", "e3", "1e", "1e+", "--1", "+-1", "1 2", "0x10", "0x1p-2", "0b1",
		"0o7", "1_000", "1,5", "1,000", "20°", "5%", "inf", "-Inf", "+infinity", "nan", "NaN", "1e400", "-1e309", "−5",
		"١٢", "１２", "1\x00", "1\n2", "1.2.3", "1f", "½"} {
		if v, err := ParseNumber(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is %v, %v, want an error in one line", text, v, err)
		}
	}
}

func TestParseWhole(t *testing.T) {
	for text, want := range map[string]int{"0": 0, "010": 10, "-3": -3, "+4": 4, " 5 ": 5} {
		if v, err := ParseWhole(text); err != nil || v != want {
			t.Errorf("%q is %d, %v, want %d", text, v, err, want)
		}
	}
	for _, text := range []string{"", "1.0", "1e3", "0x10", "0b1", "1_000", "99999999999999999999", "a", "١٢"} {
		if v, err := ParseWhole(text); err == nil {
			t.Errorf("%q is %d, want an error", text, v)
		}
	}
}

// FuzzParseNumber: a number that is accepted is finite, and Go accepts it as well.
func FuzzParseNumber(f *testing.F) {
	for _, seed := range []string{"1", "-.5e-3", "0x1p3", "1_0", "inf", "1e400", " 1", "+1."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseNumber(text)
		if err != nil {
			return
		}
		want, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || v != want || math.IsInf(v, 0) || math.IsNaN(v) {
			t.Fatalf("%q is %v, want %v, %v", text, v, want, err)
		}
	})
}
