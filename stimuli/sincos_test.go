package stimuli

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"gpuconv/conv"

	"pgregory.net/rapid"
)

// pi100 is π to 100 digits.
const pi100 = "3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117068"

// bigNumber has 300 bits: 53 of a float64, 30 before the point, 61 for an angle close to a zero, and the rest for
// rounding.
func bigNumber(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }

// bigSincos is the reference: a reduction by π/2 and Taylor's series.
func bigSincos(angle float64) (sin, cos *big.Float) {
	pi, _, _ := big.ParseFloat(pi100, 10, 300, big.ToNearestEven)
	quarters := math.Round(angle / (math.Pi / 2))
	r := bigNumber(quarters / 2)
	r.Sub(bigNumber(angle), r.Mul(r, pi))
	square := new(big.Float).Mul(r, r)
	sin, cos = bigTaylor(r, square, 1), bigTaylor(bigNumber(1), square, 0)
	for range int64(quarters) & 3 {
		sin, cos = cos, sin.Neg(sin)
	}
	return sin, cos
}

// bigTaylor returns term·(1 − x²/((n+1)(n+2))·(1 − x²/((n+3)(n+4))·(…))).
func bigTaylor(term, square *big.Float, n float64) *big.Float {
	sum := bigNumber(0)
	for ; n < 60; n += 2 {
		sum.Add(sum, term)
		term = new(big.Float).Mul(term, square)
		term.Quo(term, bigNumber(-(n+1)*(n+2)))
	}
	return sum
}

func checkSincos(t interface {
	Helper()
	Fatalf(string, ...any)
}, angle float64) {
	t.Helper()
	sin, cos := sincos(angle)
	bigSin, bigCos := bigSincos(angle)
	wantSin, _ := bigSin.Float64()
	wantCos, _ := bigCos.Float64()
	if sin != wantSin || cos != wantCos {
		t.Fatalf("sincos(%v) is %v, %v: want %v, %v", angle, sin, cos, wantSin, wantCos)
	}
}

// TestSincosDegrees takes the angles that people ask for, and those of a patch.
func TestSincosDegrees(t *testing.T) {
	for degrees := -720; degrees <= 720; degrees++ {
		angle := float64(degrees) * (math.Pi / 180)
		checkSincos(t, angle)
		checkSincos(t, angle+patchAngle)
	}
	for _, angle := range []float64{1e-300, 1e-9, math.Nextafter(1<<30, 0), -math.Nextafter(1<<30, 0)} {
		checkSincos(t, angle)
	}
}

// TestSincosNextToZeros takes the float64 numbers next to multiples of π/4, where the reduction cancels most.
func TestSincosNextToZeros(t *testing.T) {
	for _, scale := range []float64{1, 97, 65537, 100003} {
		for k := -250.0; k <= 250; k++ {
			checkSincos(t, k*scale*(math.Pi/4))
		}
	}
}

func TestSincosRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSincos(t, rapid.Float64Range(-1e6, 1e6).Draw(t, "angle"))
	})
}

// TestSincosFar: beyond the range of the reduction, sincos equals the standard library.
func TestSincosFar(t *testing.T) {
	for _, angle := range []float64{1 << 30, -1e12, 1e300, math.MaxFloat64} {
		sin, cos := sincos(angle)
		wantSin, wantCos := math.Sincos(angle)
		if sin != wantSin || cos != wantCos {
			t.Errorf("sincos(%v) is %v, %v: want %v, %v", angle, sin, cos, wantSin, wantCos)
		}
	}
}

// TestCosPositive checks the shortcuts, of one argument and of a row, next to the zeros and beyond their range too.
func TestCosPositive(t *testing.T) {
	sure, near := 0, 0
	check := func(x float64) {
		_, cos := bigSincos(x)
		if got := cosPositive(x); got != (cos.Sign() > 0) {
			t.Fatalf("cosPositive(%v) is %v, the cosine %.3g", x, got, cos)
		}
		if math.Abs(x)+2 >= conv.FarthestStripe || x-1+1 != x {
			return
		}
		image := NMA{Tutorial3: true}.stripes(1, 1, 3)
		for i, angle := range []float64{-2, x - 1, 0, 1} {
			image.Angles[i] = conv.StripeAngle(angle)
		}
		row := make([]float32, 3)
		isSure := image.Paint(row, 0)
		if want := float32(max(0, cos.Sign())); isSure && !slices.Equal(row, []float32{1, want, 1}) {
			t.Fatalf("-1, %v, 1 are %v, the cosine %.3g", x, row, cos)
		}
		if isSure {
			sure++
		} else if near++; math.Abs(bigFloat(cos)) > 6e-9 { // 4 units, since there are 2⁻³² turns in one
			t.Fatalf("cos %v is %.3g: want a sure pixel", x, cos)
		}
	}
	for k := -50.0; k < 50; k++ {
		for _, scale := range []float64{1, 100, 1e5, 3e6} {
			zero := (k*scale + 0.5) * math.Pi
			for _, offset := range []float64{0, 1e-15, -1e-15, 1e-9, -1e-9, 3e-6, -3e-6, 4e-6, -4e-6, 0.1, -0.1, 1.5,
				-1.5} {
				check(zero + offset)
			}
			check(math.Nextafter(zero, math.Inf(1)))
			check(math.Nextafter(zero, math.Inf(-1)))
		}
	}
	for _, x := range []float64{2932.676742126072, -1606.9246423111792} { // their half turns are rounded across a zero
		check(x)
	}
	if sure < 1000 || near < 300 {
		t.Errorf("%d arguments are sure, %d are not", sure, near)
	}
}

func bigFloat(v *big.Float) float64 {
	f, _ := v.Float64()
	return f
}

// TestTaylor checks that the precision suffices to round the last bit correctly.
func TestTaylor(t *testing.T) {
	for _, x := range []float64{0, 0.01, -0.3, 0.5, math.Pi / 4} {
		square := product(x, x)
		for n, d := range map[float64]float64{1: 1, 0: -1} {
			got := taylor(square, d)
			diff := new(big.Float).Add(bigNumber(got.hi), bigNumber(got.lo))
			diff.Sub(diff, bigTaylor(bigNumber(1), new(big.Float).Mul(bigNumber(x), bigNumber(x)), n))
			if v, _ := diff.Float64(); math.Abs(v) > 0x1p-100 {
				t.Errorf("taylor(%v², %v) is off by %.3g: want at most 2⁻¹⁰⁰", x, d, v)
			}
		}
	}
}

func BenchmarkSincos(b *testing.B) {
	for b.Loop() {
		sincos(0.7)
	}
}
