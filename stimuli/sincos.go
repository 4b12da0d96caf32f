package stimuli

import "math"

// sincos returns the sine and cosine of an angle in radians, correctly rounded, from operations that round alike on
// every platform.
//
// math.Sincos is not accurate enough: it is off by an ulp for a quarter of all orientations. One ulp matters if the
// zeros of a grating fall on pixels, as they do when its period is a whole number of pixels. At 300°, a difference of
// one ulp from NumPy flips whole pixels. NumPy takes its sines from glibc, which rounds all but one in 800 correctly.
//
// From 2³⁰ radians (6·10¹⁰ degrees) on, sincos calls math.Sincos.
func sincos(angle float64) (sin, cos float64) {
	if math.Abs(angle) >= 1<<30 {
		return math.Sincos(angle)
	}
	quarters := math.RoundToEven(angle * (2 / math.Pi))
	r := pair{hi: angle}
	for _, part := range halfPi() {
		r = r.add(product(-quarters, part))
	}
	square := r.mul(r)
	sin, cos = r.mul(taylor(square, 1)).hi, taylor(square, -1).hi
	switch int64(quarters) & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// halfPi returns π/2 to 160 bits, as a sum of three numbers. So an angle close to a multiple of π/2 has a remainder of
// full precision.
func halfPi() [3]float64 {
	return [3]float64{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110}
}

// taylor returns 1 − x²/(2·(2+d))·(1 − x²/(4·(4+d))·(…)) of the square x²: for d = 1 that is sin(x)/x, for d = −1
// cos(x). Up to |x| = π/4, the omitted terms add up to less than 2⁻¹¹⁵.
func taylor(square pair, d float64) pair {
	sum := pair{hi: 1}
	for n := 28.0; n > 0; n -= 2 {
		sum = pair{hi: 1}.add(square.mul(sum).div(-n * (n + d)))
	}
	return sum
}

// pair is a number of about 106 bits: the sum of hi and lo, where lo is at most half an ulp of hi. The operations are
// AccurateDWPlusDW, DWTimesDW and DWDivFP of Joldes, Muller and Popescu, Tight and rigorous error bounds for basic
// building blocks of double-word arithmetic, ACM TOMS 2017. Their relative errors are a few times 2⁻¹⁰⁶. float64(…)
// keeps the compiler from fusing a product with a sum.
type pair struct{ hi, lo float64 }

func (a pair) add(b pair) pair {
	high, low := sum(a.hi, b.hi), sum(a.lo, b.lo)
	high = ordered(high.hi, high.lo+low.hi)
	return ordered(high.hi, high.lo+low.lo)
}

func (a pair) mul(b pair) pair {
	high := product(a.hi, b.hi)
	return ordered(high.hi, high.lo+(float64(a.hi*b.lo)+float64(a.lo*b.hi)))
}

func (a pair) div(b float64) pair {
	high := a.hi / b
	return ordered(high, (math.FMA(-high, b, a.hi)+a.lo)/b)
}

// product returns a·b exactly.
func product(a, b float64) pair {
	high := float64(a * b)
	return pair{high, math.FMA(a, b, -high)}
}

// sum returns a+b exactly.
func sum(a, b float64) pair {
	high := a + b
	part := high - a
	return pair{high, (a - (high - part)) + (b - part)}
}

// ordered is sum, in fewer operations, for |a| ≥ |b|.
func ordered(a, b float64) pair {
	high := a + b
	return pair{high, b - (high - a)}
}
