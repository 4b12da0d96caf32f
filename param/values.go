package param

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Values is a list of numbers, or a range whose values are computed when they are asked for. The zero value is empty.
type Values struct {
	explicit    []float64
	start, step float64
	count       int // of a range
}

// Explicit returns a list of the values v, which it copies.
func Explicit(v ...float64) Values { return Values{explicit: slices.Clone(v)} }

// Range returns the values start + i·step, i = 0, 1, 2 …, that are below stop. It counts them in exact decimal
// arithmetic, so that 0, 0.7, 0.1 gives 7 values. The values are float64, so the last may be rounded to stop, or an ulp
// past it. Range refuses numbers that are not finite, a step that is not above 0, and a range that holds nothing, holds
// more than 2⁵³ values or overflows.
func Range(start, stop, step float64) (Values, error) {
	refused := func(rule string) (Values, error) {
		return Values{}, fault.New("param", "range", fmt.Sprintf("%v:%v:%v", start, stop, step), "%s", rule)
	}
	if !finite(start) || !finite(stop) || !finite(step) {
		return refused("want finite numbers")
	}
	if step <= 0 {
		return refused("want a step above 0")
	}
	if start >= stop {
		return refused("holds nothing, want start below stop")
	}
	count := countRange(start, stop, step)
	if !count.IsInt64() || count.Int64() > maxCount || int64(int(count.Int64())) != count.Int64() {
		return refused(fmt.Sprintf("holds about %s values, want at most %d",
			new(big.Float).SetInt(count).Text('g', 3), min(maxCount, math.MaxInt)))
	}
	v := Values{start: start, step: step, count: int(count.Int64())}
	if !finite(v.At(v.count - 1)) {
		return refused("its last value overflows, want less between start and stop")
	}
	return v, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// maxCount bounds the length of a range: beyond it, float64 cannot hold every index.
const maxCount = 1 << 53

// countRange returns ⌈(stop−start)/step⌉. It takes each number as the shortest decimal that reads as the same float64.
func countRange(start, stop, step float64) *big.Int {
	quotient := new(big.Rat).Sub(decimal(stop), decimal(start))
	quotient.Quo(quotient, decimal(step))
	count, remainder := new(big.Int).QuoRem(quotient.Num(), quotient.Denom(), new(big.Int))
	if remainder.Sign() > 0 {
		count.Add(count, big.NewInt(1))
	}
	return count
}

func decimal(v float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'g', -1, 64)) // cannot fail: the number is finite
	return r
}

// ParseValues reads a list such as -90,-45,0,45,90, or a range start:stop:step for [Range]. Spaces around numbers are
// ignored. It refuses numbers that are not finite.
func ParseValues(s string) (Values, error) {
	if strings.TrimSpace(s) == "" {
		return Values{}, fault.New("param", "list", strconv.Quote(s),
			"is empty, want numbers such as -90,0,90 or start:stop:step")
	}
	if strings.Contains(s, ":") {
		return parseRange(s)
	}
	var all []float64
	for item := range strings.SplitSeq(s, ",") {
		v, err := parseNumber(s, item)
		if err != nil {
			return Values{}, err
		}
		all = append(all, v)
	}
	return Explicit(all...), nil
}

func parseRange(s string) (Values, error) {
	parts := strings.Split(s, ":")
	if strings.Contains(s, ",") {
		return Values{}, fault.New("param", "list", strconv.Quote(s),
			"want either numbers such as -90,0,90 or one start:stop:step")
	}
	if len(parts) != 3 {
		return Values{}, fault.New("param", "range", strconv.Quote(s), "want start:stop:step")
	}
	var numbers [3]float64
	for i, part := range parts {
		v, err := parseNumber(s, part)
		if err != nil {
			return Values{}, err
		}
		numbers[i] = v
	}
	return Range(numbers[0], numbers[1], numbers[2])
}

func parseNumber(s, item string) (float64, error) {
	v, err := ParseNumber(item)
	if err != nil {
		return 0, fault.New("param", "list", strconv.Quote(s), "%q is not a finite number", item)
	}
	return v, nil
}

// Len returns how many values there are.
func (v Values) Len() int { return len(v.explicit) + v.count }

// At returns value i, 0 ≤ i < Len().
func (v Values) At(i int) float64 {
	if v.explicit != nil {
		return v.explicit[i]
	}
	return v.start + float64(float64(i)*v.step)
}

// Near reports whether a value is within tolerance of x. For a range this takes the same time whatever its length.
func (v Values) Near(x, tolerance float64) bool {
	if v.count == 0 {
		return slices.ContainsFunc(v.explicit, func(y float64) bool { return math.Abs(x-y) <= tolerance })
	}
	at := math.Round((x - v.start) / v.step)
	at = min(max(at, 0), float64(v.count-1)) // NaN stays NaN
	return math.Abs(x-(v.start+at*v.step)) <= tolerance
}

// NotFinite returns the first value that is NaN or infinite, if there is one; of a range it looks only at the first and
// the last value. [Range] and [ParseValues] make no such values, but [Explicit] and [Values.Scaled] may.
func (v Values) NotFinite() (value float64, found bool) {
	suspects := v.explicit
	if v.count > 0 {
		suspects = []float64{v.At(0), v.At(v.count - 1)} // if both are finite, so are all between them
	}
	at := slices.IndexFunc(suspects, func(x float64) bool { return !finite(x) })
	if at < 0 {
		return 0, false
	}
	return suspects[at], true
}

// Scaled returns the values times a factor. They may overflow: see [Values.NotFinite].
func (v Values) Scaled(factor float64) Values {
	scaled := Values{start: v.start * factor, step: v.step * factor, count: v.count}
	for _, x := range v.explicit {
		scaled.explicit = append(scaled.explicit, x*factor)
	}
	return scaled
}
