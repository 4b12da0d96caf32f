package statistics

import (
	"math"
	"testing"
)

// TestDigits: figures of a thousand and more are not written as powers of ten. The test has numbers on both sides of
// each change of digits.
func TestDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.01234: "0.0123", 9.996: "10", 99.94: "99.9", 99.96: "100",
		999.6: "1000", 1234.5: "1234", 1e6: "1000000", math.Inf(1): "+Inf"} {
		if got := Digits(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

// TestAtLeast: the number is never rounded up.
func TestAtLeast(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 99.99: "99", 100: "100", 109.9: "100", 1999: "1900",
		99999: "99000"} {
		if got := AtLeast(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
