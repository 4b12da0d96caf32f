package stimuli

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// precision in bits of the judge below: 100 past a float64's angle of 2³⁰ that is
// next to a zero by 2⁻⁶⁰.
const precision = 256

// bigPi is π to 100 digits.
const bigPi = "3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117068"

func newBig(v float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(v) }

// bigSincos is the judge: Taylor's series in 256 bits after reduction by π/2.
func bigSincos(angle float64) (sin, cos *big.Float) {
	pi, _, _ := big.ParseFloat(bigPi, 10, precision, big.ToNearestEven)
	half := new(big.Float).Quo(pi, newBig(2))
	quarters := math.Round(angle / (math.Pi / 2))
	r := newBig(angle)
	r.Sub(r, new(big.Float).Mul(newBig(quarters), half))
	square := new(big.Float).Mul(r, r)
	sin, cos = newBig(0), newBig(0)
	term := newBig(1) // rⁿ/n!, with the signs of both series
	for n := 0.0; n < 60; n++ {
		if int(n)%2 == 0 {
			cos.Add(cos, term)
			term.Quo(new(big.Float).Mul(term, r), newBig(n+1))
			continue
		}
		sin.Add(sin, term)
		term.Quo(new(big.Float).Mul(term, square), new(big.Float).Mul(r, newBig(-(n+1)))) // ·−r/(n+1)
		if r.Sign() == 0 {
			break
		}
	}
	switch int64(quarters) & 3 {
	case 1:
		return cos, sin.Neg(sin)
	case 2:
		return sin.Neg(sin), cos.Neg(cos)
	case 3:
		return cos.Neg(cos), sin
	}
	return sin, cos
}
