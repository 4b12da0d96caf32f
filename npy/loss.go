package npy

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Loss counts elements of a file that float32 cannot hold. It does not count harmless rounding: of fractions, as in
// most float64 values, and of float64 values so small that they become 0.
type Loss struct {
	// Infinite is the number of finite float64 values that became an infinity, because their magnitude is about 2¹²⁸ or
	// more.
	Infinite int
	// Inexact is the number of integers that became another integer. float32 holds every integer up to 2²⁴, but only
	// some of the larger ones. A float64 value counts as an integer only up to 2⁵³: up to there, float64 holds every
	// integer.
	Inexact int
}

// Any reports whether anything was lost.
func (l Loss) Any() bool { return l != Loss{} }

// Say says what was lost among this many elements, for example "of 4 elements, 1 is an integer above 2²⁴ that float32
// rounds".
func (l Loss) Say(of int) string {
	var parts []string
	if l.Infinite > 0 {
		parts = append(parts, fmt.Sprintf("%d %s float32's range, 3.4e38, and became infinite", l.Infinite,
			plural(l.Infinite, "exceeds", "exceed")))
	}
	if l.Inexact > 0 {
		parts = append(parts, fmt.Sprintf("%d %s above 2²⁴ that float32 rounds", l.Inexact,
			plural(l.Inexact, "is an integer", "are integers")))
	}
	return fmt.Sprintf("of %d %s, %s", of, plural(of, "element", "elements"), strings.Join(parts, " and "))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// float32 has 24 binary digits. So it holds every integer up to 2²⁴.
const (
	digits       = 24
	largestExact = 1 << digits
)

// count counts v, which was rounded to f, if it was lost.
func (l *Loss) count(v float64, f float32) {
	a := math.Abs(v)
	if !(a > largestExact) || float64(f) == v { // also true for NaN
		return
	}
	switch {
	case math.IsInf(float64(f), 0):
		l.Infinite++
	case a <= 1<<53 && a == math.Trunc(a):
		l.Inexact++
	}
}

// countInteger counts an integer of magnitude a if float32 cannot hold it.
func (l *Loss) countInteger(a uint64) {
	if a > largestExact && bits.Len64(a)-bits.TrailingZeros64(a) > digits {
		l.Inexact++
	}
}

// magnitude returns |v|, even for the smallest int64.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
