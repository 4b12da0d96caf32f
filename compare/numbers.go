package compare

import (
	"hash/fnv"
	"math/rand/v2"

	"gpuconv/conv"
)

// Random returns a case of p with numbers in [−1, 1). The same name gives the same numbers. It reports a
// [*conv.ShapeError] if p is not valid.
func Random(name string, p conv.Problem) (Case, error) {
	c, err := blank(name, p)
	if err != nil {
		return Case{}, err
	}
	r := Generator(name)
	for _, values := range [][]float32{c.Src.Data, c.Weight.Data, c.Bias} {
		for i := range values {
			values[i] = 2*r.Float32() - 1
		}
	}
	return c, nil
}

// integers returns a case of p with integers other than 0: |x| and |b| ≤ mostX, |w| ≤ mostW. The same name gives the
// same numbers.
func integers(name string, p conv.Problem, mostX, mostW int) (Case, error) {
	c, err := blank(name, p)
	if err != nil {
		return Case{}, err
	}
	r := Generator(name)
	drawIntegers(c.Src.Data, r, mostX)
	drawIntegers(c.Weight.Data, r, mostW)
	drawIntegers(c.Bias, r, mostX)
	return c, nil
}

// drawIntegers never draws 0, so that a missing product changes the output.
func drawIntegers(values []float32, r *rand.Rand, most int) {
	for i := range values {
		values[i] = float32(1 + r.IntN(most))
		if r.IntN(2) == 0 {
			values[i] = -values[i]
		}
	}
}

// exactRange returns the largest bound of pixels, at most x, for which all partial sums of p are integers of at most
// 2²⁴: float32 adds these exactly, in any order. It assumes that weights exceed neither w nor the returned bound. All
// bounds are of absolute values. It returns 0 if there is no such bound. With a scale above 1, even sums that are scale
// times as large are exact.
func exactRange(p conv.Problem, x, w, scale int) int {
	terms := scale * (p.Weight[1]*p.Weight[2]*p.Weight[3] + 1)
	if p.Pool.Kind == conv.AvgPool {
		terms *= p.Pool.Size[0] * p.Pool.Size[1]
	}
	for x > 0 && terms*x*min(x, w) > 1<<24 {
		x--
	}
	return x
}

// inexact says why p does not map integers to integers. It returns "" if it does.
func inexact(p conv.Problem) string {
	if p.Activation == conv.Energy {
		return "a square root is seldom exact"
	}
	if area := p.Pool.Size[0] * p.Pool.Size[1]; p.Pool.Kind == conv.AvgPool && area&(area-1) != 0 {
		return "means are exact over powers of two only"
	}
	return ""
}

// Generator returns a random source seeded by name. So a case draws the same numbers whether it runs alone or among
// others.
func Generator(name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(h.Sum64(), uint64(len(name))))
}

func blank(name string, p conv.Problem) (Case, error) {
	if _, err := p.Dst(); err != nil {
		return Case{}, err
	}
	src, err := conv.NewTensor(p.Src)
	if err != nil {
		return Case{}, err
	}
	weight, err := conv.NewTensor(p.Weight)
	if err != nil {
		return Case{}, err
	}
	c := Case{Name: name, Problem: p, Src: src, Weight: weight}
	if p.Bias {
		c.Bias = make([]float32, p.Weight[0])
	}
	return c, nil
}
