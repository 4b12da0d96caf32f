package npy

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Loss counts elements of a file that float32 cannot hold. It leaves out harmless rounding: a fraction that is rounded
// to the nearest float32, as most float64 are, and a float64 so small that it becomes 0.
type Loss struct {
	// Infinite is how many finite float64 became an infinity, since their magnitude is 2¹²⁸ or almost that.
	Infinite int
	// Inexact is how many integers became another integer. float32 holds every integer up to 2²⁴ and above that only
	// some. A float64 counts as an integer up to 2⁵³, where it holds every one of them.
	Inexact int
}

// Any reports whether anything was lost.
func (l Loss) Any() bool { return l != Loss{} }

// Say says what was lost of so many elements: "of 4 elements, 1 is an integer above 2²⁴ that float32 rounds".
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

// float32 has 24 binary digits, so that it holds every integer up to 2²⁴.
const (
	digits       = 24
	largestExact = 1 << digits
)

// count adds a float64 that became f.
func (l *Loss) count(v float64, f float32) {
	a := math.Abs(v)
	if !(a > largestExact) || float64(f) == v { // NaN is not above anything
		return
	}
	switch {
	case math.IsInf(float64(f), 0):
		l.Infinite++
	case a <= 1<<53 && a == math.Trunc(a):
		l.Inexact++
	}
}

// countInteger adds an integer of magnitude a.
func (l *Loss) countInteger(a uint64) {
	if a > largestExact && bits.Len64(a)-bits.TrailingZeros64(a) > digits {
		l.Inexact++
	}
}

// magnitude returns |v|, also of the smallest integer.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
