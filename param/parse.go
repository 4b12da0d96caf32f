package param

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// decimalNumber matches a number as it is written in flags and in tables.
var decimalNumber = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// ParseNumber reads a finite decimal number, such as 12, -0.5, +.5 or 1e-3. Spaces around it are ignored.
//
// It refuses text that people or other programs may read differently: numbers in base 16, digits with _ or , between
// them, a comma in place of the decimal point, units, and the names of NaN and infinity. It also refuses a number whose
// magnitude is too large for float64. A number whose magnitude is too small for float64 becomes 0.
func ParseNumber(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if !decimalNumber.MatchString(text) {
		return 0, notNumber(text, "want a number such as -0.5 or 1e-3")
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil { // it is out of range: all else matched
		return 0, notNumber(text, "is beyond float64, want at most 1.8e308")
	}
	return v, nil
}

// ParseWhole reads a whole number in decimal digits, with or without a sign. It reads 010 as 10. Spaces around it are
// ignored.
func ParseWhole(text string) (int, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text) // takes decimal digits only
	if err != nil {
		rule := "want a whole number"
		if errors.Is(err, strconv.ErrRange) {
			rule += " closer to 0"
		}
		return 0, notNumber(text, rule)
	}
	return n, nil
}

// ParseSeed reads a whole number from 0 to 2⁶⁴−1 in decimal digits, with or without a + before it. Spaces around it are
// ignored.
func ParseSeed(text string) (uint64, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	if err != nil {
		return 0, notNumber(text, "want a whole number from 0 to 2⁶⁴−1")
	}
	return n, nil
}

func notNumber(text, rule string) error {
	return &fault.Error{Package: "param", Value: strconv.Quote(text), Rule: rule}
}
