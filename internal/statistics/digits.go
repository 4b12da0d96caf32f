package statistics

import (
	"fmt"
	"math"
)

// Digits formats v, which is at least 0, with three significant digits. From 100 on it writes all digits before the
// point and none after it: 0.0123, 99.9, 13152.
func Digits(v float64) string {
	if v >= 100 && v < 1e21 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// AtLeast formats v, which is at least 1, rounded down to two significant digits, for a text that must not promise too
// much: 1900 for 1999.
func AtLeast(v float64) string {
	unit := 1.0
	for v/unit >= 100 {
		unit *= 10
	}
	return fmt.Sprintf("%.0f", math.Floor(v/unit)*unit)
}
