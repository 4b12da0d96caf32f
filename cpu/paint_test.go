package cpu_test

import (
	"math"
	"math/rand/v2"

	"gpuconv/compare"
	"gpuconv/conv"
)

// paint returns the pixel at row y and column x of channel c, of an image of h×w.
type paint func(r *rand.Rand, c, y, x, h, w int) float64

func normal(r *rand.Rand, _, _, _, _, _ int) float64 { return r.NormFloat64() }

// on returns a paint that takes pixels from what if where is true for them, and from elsewhere if not.
func on(where func(c, y, x, h, w int) bool, what func(r *rand.Rand) float64, elsewhere paint) paint {
	return func(r *rand.Rand, c, y, x, h, w int) float64 {
		if where(c, y, x, h, w) {
			return what(r)
		}
		return elsewhere(r, c, y, x, h, w)
	}
}

func always(v float64) func(*rand.Rand) float64 { return func(*rand.Rand) float64 { return v } }

func onePixel(c, y, x, h, w int) bool { return c == 1 && y == h/2 && x == w/2 }

// outliers are images with pixels that Winograd's transforms would spread over outputs that never see them.
var outliers = map[string]paint{
	"a pixel of 1e6":             on(onePixel, always(1e6), normal),
	"a pixel of 1e20":            on(onePixel, always(1e20), normal),
	"a pixel of -1e38":           on(onePixel, always(-1e38), normal),
	"a pixel beside tiny ones":   on(onePixel, always(1), scaled(1e-30, normal)),
	"a corner":                   on(func(c, y, x, h, w int) bool { return y == h-1 && x == w-1 }, always(1e5), normal),
	"a column":                   on(func(_, _, x, _, w int) bool { return x == w/3 }, always(3e4), normal),
	"a row of one channel":       on(func(c, y, _, h, _ int) bool { return c == 0 && y == h/2 }, always(1e7), normal),
	"a frame":                    on(func(_, y, x, h, w int) bool { return y == 0 || x == 0 || y == h-1 || x == w-1 }, always(1e6), normal),
	"a channel":                  on(func(c, _, _, _, _ int) bool { return c == 2 }, func(r *rand.Rand) float64 { return 1e5 * r.NormFloat64() }, normal),
	"half an image":              on(func(_, _, x, _, w int) bool { return x < w/2 }, func(r *rand.Rand) float64 { return 1e4 * r.Float64() }, scaled(1e-4, normal)),
	"16 bits":                    on(func(c, y, x, _, _ int) bool { return (7*c+11*y+5*x)%97 == 0 }, func(r *rand.Rand) float64 { return 60000 * r.Float64() }, unit),
	"a black image with a point": on(onePixel, always(1), black),
	"black beside white":         on(func(_, _, x, _, w int) bool { return x > w/2 }, func(r *rand.Rand) float64 { return r.Float64() }, black),
	"stars":                      on(func(c, y, x, _, _ int) bool { return (31*c+17*y+13*x)%211 == 0 }, func(r *rand.Rand) float64 { return math.Exp(10 * r.Float64()) }, black),
	"all scales":                 func(r *rand.Rand, _, _, _, _, _ int) float64 { return r.NormFloat64() * math.Exp(20*r.NormFloat64()) },
	"ramp of scales": func(r *rand.Rand, _, _, x, _, w int) float64 {
		return r.NormFloat64() * math.Exp(30*float64(x)/float64(w))
	},
	"black": black,
}

// ordinary are images that should have few odd blocks, see winograd.
var ordinary = map[string]paint{
	"normal":    normal,
	"rectified": rectified,
	"uniform":   unit,
	"photograph": func(r *rand.Rand, c, y, x, _, _ int) float64 {
		return math.Round(128 + 90*math.Sin(float64(x+3*c)/9)*math.Cos(float64(y-c)/7) + 8*r.NormFloat64())
	},
	"one image": func(_ *rand.Rand, _, y, x, _, _ int) float64 { return math.Sin(float64(x*x + 3*y)) },
	"stripes":   func(r *rand.Rand, _, _, x, _, _ int) float64 { return float64(x/2%2)*2 - 1 + 0.01*r.Float64() },
	"checks":    func(r *rand.Rand, _, y, x, _, _ int) float64 { return float64((x+y)%2) * (1 + 0.01*r.Float64()) },
}

func unit(r *rand.Rand, _, _, _, _, _ int) float64 { return r.Float64() }

func rectified(r *rand.Rand, _, _, _, _, _ int) float64 { return max(0, r.NormFloat64()) }

func black(*rand.Rand, int, int, int, int, int) float64 { return 0 }

func scaled(by float64, p paint) paint {
	return func(r *rand.Rand, c, y, x, h, w int) float64 { return by * p(r, c, y, x, h, w) }
}

// painted returns a case whose images f paints. Its weights and biases have a normal distribution.
func painted(t failer, seed uint64, p conv.Problem, f paint) compare.Case {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 15))
	c := compare.Case{Problem: p}
	var err error
	if c.Src, err = conv.NewTensor(p.Src); err != nil {
		t.Fatal(err)
	}
	if c.Weight, err = conv.NewTensor(p.Weight); err != nil {
		t.Fatal(err)
	}
	for i := range c.Src.Data {
		x, y, channel := i%p.Src.W(), i/p.Src.W()%p.Src.H(), i/p.Src.W()/p.Src.H()%p.Src.C()
		c.Src.Data[i] = float32(f(r, channel, y, x, p.Src.H(), p.Src.W()))
	}
	for i := range c.Weight.Data {
		c.Weight.Data[i] = float32(r.NormFloat64())
	}
	if p.Bias {
		c.Bias = make([]float32, p.Weight[0])
		for i := range c.Bias {
			c.Bias[i] = float32(r.NormFloat64())
		}
	}
	return c
}
