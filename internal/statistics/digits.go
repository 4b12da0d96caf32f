package statistics

import "fmt"

// Digits writes v, at least 0, with three significant digits, and with all digits that are before the point: 0.0123,
// 99.9, 13152.
func Digits(v float64) string {
	if v >= 100 && v < 1e21 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
