package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"

	"pgregory.net/rapid"
)

// local holds every output to |error| ≤ 4·γₙ·A of its own, and to exactly 0 where A is 0. It returns the largest
// error in units of γₙ·A.
func local(t failer, e cpu.Engine, c compare.Case) (worst float64) {
	t.Helper()
	plan, err := e.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	got := intoNaN(t, plan, c.Problem, c.Src)
	want, magnitude := exactly(t, c.Problem, c.Src, c.Weight, c.Bias)
	n := float64(9*c.Problem.Weight[1]) * 0x1p-24
	gamma := n / (1 - n)
	for i, w := range want {
		e := math.Abs(float64(got.Data[i]) - w)
		if magnitude[i] > math.MaxFloat32 {
			continue // sums may overflow
		}
		if !(e <= 4*gamma*magnitude[i]+0x1p-126) {
			t.Fatalf("output %d is %v, want %v: off by %.3g, A is %.3g", i, got.Data[i], w, e, magnitude[i])
		}
		if magnitude[i] == 0 && got.Data[i] != 0 {
			t.Fatalf("output %d is %v, but its receptive field is 0", i, got.Data[i])
		}
		if magnitude[i] > 0x1p-124 {
			worst = max(worst, e/(gamma*magnitude[i]))
		}
	}
	return worst
}

// localProblems cover what can surround a block: padding of each mode, blocks that the image does not fill, other
// images and groups, and what follows the sums.
func localProblems() map[string]conv.Problem {
	shape := func(n, c, h, w, k int, s conv.Spec) conv.Problem {
		return conv.Problem{Spec: s, Src: conv.Shape{n, c, h, w}, Weight: conv.Shape{k, c / max(1, s.Groups), 3, 3}}
	}
	same := conv.Spec{Padding: conv.Pad(1, 1)}
	bias := shape(1, 33, 18, 21, 35, same)
	bias.Bias = true
	reflect, replicate, circular, symmetric, relu, grouped, pooled := same, same, same, same, same, same, same
	reflect.PaddingMode, replicate.PaddingMode, circular.PaddingMode = conv.Reflect, conv.Replicate, conv.Circular
	symmetric.PaddingMode = conv.Symmetric
	relu.Activation = conv.ReLU
	grouped.Groups = 2
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}}
	five := shape(2, 40, 17, 14, 33, conv.Spec{Padding: conv.Pad(2, 2)})
	five.Weight[2], five.Weight[3] = 5, 5
	mirrored := five
	mirrored.PaddingMode = conv.Reflect
	return map[string]conv.Problem{
		"five": five, "five, reflect": mirrored,
		"zeros": shape(1, 32, 17, 22, 32, same), "bias": bias, "reflect": shape(1, 32, 14, 14, 32, reflect),
		"replicate": shape(1, 32, 14, 19, 32, replicate), "circular": shape(1, 32, 15, 14, 32, circular), "symmetric": shape(1, 32, 13, 15, 32, symmetric), "none": shape(2, 40, 14, 13, 32, conv.Spec{}),
		"relu": shape(1, 32, 16, 16, 32, relu), "groups": shape(1, 64, 13, 16, 66, grouped), "pool": shape(2, 32, 25, 18, 32, pooled),
	}
}

// TestLocality: an outlier spoils no output whose receptive field does not contain it, whatever surrounds it.
func TestLocality(t *testing.T) {
	for i, isa := range tested() {
		for name, p := range localProblems() {
			if (i > 0 || testing.Short()) && name != "bias" && name != "groups" { // the judge takes long
				continue
			}
			for fill, f := range outliers {
				t.Run(fmt.Sprintf("%v/%s/%s", isa, name, fill), func(t *testing.T) {
					local(t, cpu.Engine{ISA: isa, Algorithm: "winograd"}.Eager(), painted(t, 1, p, f))
				})
			}
		}
	}
}

// TestLocalityByItself: the same holds if the engine chooses winograd by itself.
func TestLocalityByItself(t *testing.T) {
	p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(1, 1)}, Src: conv.Shape{1, 64, 56, 56},
		Weight: conv.Shape{64, 64, 3, 3}}
	if d, err := (cpu.Engine{}).Explain(p); err != nil || d.Algorithm != "winograd" || d.Bound != cpu.WinogradBound ||
		d.Tolerance != 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	for _, fill := range []string{"a pixel of 1e20", "16 bits"} {
		local(t, cpu.Engine{}, painted(t, 2, p, outliers[fill]))
	}
}

// TestLocalityOfAny: the same holds for random problems, with outliers and weights of several distributions.
func TestLocalityOfAny(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := conv.Problem{Src: conv.Shape{rapid.IntRange(1, 2).Draw(r, "n"), 0, rapid.IntRange(4, 15).Draw(r, "h"),
			rapid.IntRange(4, 20).Draw(r, "w")}, Bias: rapid.Bool().Draw(r, "bias")}
		p.Groups = rapid.IntRange(1, 2).Draw(r, "groups")
		channels := rapid.IntRange(32, 70).Draw(r, "channels")
		p.Src[1], p.Weight = p.Groups*channels, conv.Shape{p.Groups * rapid.IntRange(32, 40).Draw(r, "filters"),
			channels, 3, 3}
		pad := rapid.IntRange(0, 3)
		p.Padding = conv.Padding{Top: pad.Draw(r, "top"), Bottom: pad.Draw(r, "bottom"), Left: pad.Draw(r, "left"),
			Right: pad.Draw(r, "right")}
		p.PaddingMode = rapid.SampledFrom(conv.PaddingModes()).Draw(r, "mode")
		if dst, err := p.Dst(); err != nil || dst.H() < 4 || dst.W() < 4 {
			r.Skip("too small")
		}
		size, every := math.Pow(10, rapid.Float64Range(0, 25).Draw(r, "size")), rapid.IntRange(1, 4000).Draw(r, "every")
		zeros, shape := rapid.Float64Range(0, 1).Draw(r, "zeros"), rapid.Float64Range(0, 3).Draw(r, "weights")
		f := func(r *rand.Rand, _, _, _, _, _ int) float64 {
			switch {
			case r.IntN(every) == 0 && every > 1:
				return size * r.NormFloat64()
			case r.Float64() < zeros:
				return 0
			}
			return r.NormFloat64()
		}
		c := painted(t, rapid.Uint64().Draw(r, "seed"), p, f)
		for i, w := range c.Weight.Data {
			// from ±1 to heavy tails
			c.Weight.Data[i] = float32(math.Copysign(math.Pow(math.Abs(float64(w)), shape), float64(w)))
		}
		local(t, cpu.Engine{Algorithm: "winograd"}.Eager(), c)
	})
}

// TestLocalityAgainstFilters: images that are made to meet each filter where it is weakest, or strongest, stay within
// the bound, too, and so do sums whose terms agree in sign.
func TestLocalityAgainstFilters(t *testing.T) {
	for _, of := range []struct{ channels, side int }{{32, 3}, {64, 3}, {32, 5}, {64, 5}} {
		channels, side, size := of.channels, of.side, of.side+3
		p := conv.Problem{Src: conv.Shape{4, channels, size, size}, Weight: conv.Shape{32, channels, side, side}}
		for name, draw := range map[string]func(c compare.Case, r *rand.Rand, tap int, w float64) float64{
			"weakest": func(c compare.Case, r *rand.Rand, _ int, w float64) float64 {
				return r.NormFloat64() / (0.05 + math.Abs(w))
			},
			"avoided": func(c compare.Case, r *rand.Rand, _ int, w float64) float64 {
				return r.NormFloat64() * math.Exp(-2*math.Abs(w))
			},
			"matched": func(c compare.Case, r *rand.Rand, _ int, w float64) float64 { return w },
			"left": func(c compare.Case, r *rand.Rand, tap int, w float64) float64 {
				return math.Copysign(math.Exp(-float64(tap)/2), w)
			},
		} {
			c := painted(t, 3, p, normal)
			r := rand.New(rand.NewPCG(4, 4))
			for i := range c.Src.Data { // each image against one filter
				image, channel, y, x := i/(size*size)/channels, i/(size*size)%channels, i/size%size, i%size
				tap := y%side*side + x%side
				w := c.Weight.Data[(image*channels+channel)*side*side+tap]
				c.Src.Data[i] = float32(draw(c, r, tap, float64(w)))
			}
			worst := local(t, cpu.Engine{Algorithm: "winograd"}, c)
			t.Logf("%d channels, %d rows, %s: at most %.3g γₙA", channels, side, name, worst)
		}
	}
}

// TestOrdinary: ordinary images have few odd blocks, and errors far below the bound. The blocks that are odd lie mostly
// in corners: with padding, one of their outputs sees only 4 pixels of 9.
func TestOrdinary(t *testing.T) {
	for _, c := range []struct {
		channels, size, side int     // the judge takes long
		most                 float64 // of odd blocks
	}{{48, 28, 3, 0.17}, {64, 28, 3, 0.04}, {256, 12, 3, 0}, {512, 8, 3, 0}, {48, 27, 5, 0}, {128, 14, 5, 0}} {
		if testing.Short() && c.channels > 48 {
			continue
		}
		p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(c.side/2, c.side/2)},
			Src: conv.Shape{1, c.channels, c.size, c.size}, Weight: conv.Shape{32, c.channels, c.side, c.side}}
		for name, f := range ordinary {
			drawn := painted(t, 5, p, f)
			e := cpu.Engine{Algorithm: "winograd"}
			plan, err := e.Plan(p, drawn.Weight, nil)
			if err != nil {
				t.Fatal(err)
			}
			odd, blocks := cpu.Odd(plan, intoNaN(t, plan, p, drawn.Src), drawn.Src)
			plan.Close()
			worst := local(t, e, drawn)
			t.Logf("%d channels, %s: %d of %d blocks are odd, errors of at most %.3g γₙA", c.channels, name, odd,
				blocks, worst)
			if float64(odd) > c.most*float64(blocks) {
				t.Errorf("%d channels, %s: %d of %d blocks are odd", c.channels, name, odd, blocks)
			}
			if worst > 0.5 {
				t.Errorf("%d channels, %s: an error of %.3g γₙA", c.channels, name, worst)
			}
		}
	}
}

// TestDeviation holds the errors of output (3,3) of each block to the deviation that the screen counts on.
func TestDeviation(t *testing.T) {
	for _, of := range []struct{ channels, side int }{{32, 3}, {128, 3}, {512, 3}, {2048, 3}, {32, 5}, {512, 5}} {
		channels, size := of.channels, 11+of.side
		if testing.Short() && channels > 32 {
			continue
		}
		p := conv.Problem{Src: conv.Shape{1, channels, size, size}, Weight: conv.Shape{32, channels, of.side, of.side}}
		c := painted(t, 6, p, normal)
		plan, err := cpu.Engine{Algorithm: "winograd"}.Plan(p, c.Weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := intoNaN(t, plan, p, c.Src)
		if odd, _ := cpu.Odd(plan, got, c.Src); odd > 0 {
			t.Fatalf("%d channels: %d blocks are odd", channels, odd)
		}
		plan.Close()
		want, _ := exactly(t, p, c.Src, c.Weight, nil)
		sum, count := 0.0, 0.0
		for i := range want {
			if y, x := i/12%12, i%12; y%4 == 3 && x%4 == 3 {
				e := (float64(got.Data[i]) - want[i]) / deviation(c, i/144, y-3, x-3)
				sum, count = sum+e*e, count+1
			}
		}
		rms := math.Sqrt(sum / count)
		t.Logf("%d channels: %.2f of the deviation", channels, rms)
		if rms > 1.05 || rms < 0.3 {
			t.Errorf("%d channels: RMS error of %.2f deviations", channels, rms)
		}
	}
}

// deviation is that of output (3,3) of filter k in the block at row i, column j, as the screen's documentation has it.
func deviation(c compare.Case, k, i, j int) float64 {
	squares, norm := 0.0, 0.0
	channels, taps := c.Problem.Weight[1], c.Problem.Weight[2]*c.Problem.Weight[3]
	split := (c.Problem.Weight[2] + 2) / 3
	spread := cpu.SpreadOf(split)
	for channel := range channels {
		plane := c.Src.Plane(0, channel)
		for r := range spread {
			for s := range spread {
				if y, x := i+r, j+s; y < c.Src.Shape.H() && x < c.Src.Shape.W() { // beyond are zeros
					v := float64(plane[y*c.Src.Shape.W()+x])
					squares += spread[r] * spread[s] * v * v
				}
			}
		}
	}
	for _, w := range c.Weight.Data[k*taps*channels:][:taps*channels] {
		norm += float64(w) * float64(w)
	}
	added := float64(split * split * channels)
	return 0x1p-24 * math.Sqrt((added/2+16)/3*norm*squares/float64(taps*channels))
}

// TestSpread computes what a pixel counts in an output's error from the matrices of Lavin and Gray, section 4.3.
func TestSpread(t *testing.T) {
	bT := [6][6]float64{{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}}
	aT := [4][6]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}}
	g := [6][3]float64{{1. / 4}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6},
		{1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}}
	for r := range 6 {
		most := 0.0
		for output := range aT {
			sum := 0.0
			for e := range 6 {
				norm := g[e][0]*g[e][0] + g[e][1]*g[e][1] + g[e][2]*g[e][2]
				sum += aT[output][e] * aT[output][e] * norm * bT[e][r] * bT[e][r]
			}
			most = max(most, sum)
		}
		if cpu.Spread[r] < most || cpu.Spread[r] > most+1e-3 {
			t.Errorf("row %d: %v, want %v", r, cpu.Spread[r], most)
		}
	}
}

// TestLeastMagnitude: no arrangement of pixels has a smaller A than the screen takes it to have, and that of the worst
// arrangement is not much larger.
func TestLeastMagnitude(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	for trial := range 60 {
		channels := []int{32, 77, 512}[trial%3]
		weight, pixels := make([]float32, 9*channels), make([]float64, 9*channels)
		power, offset := r.Float64()*3, r.Float64()*2
		for i := range weight {
			weight[i] = float32(math.Pow(math.Abs(r.NormFloat64()), power) + 0.01*offset)
		}
		slices.Sort(weight)
		// the least A for a sum and squares is that of pixels that fall in proportion to the weights
		cut := float64(weight[1+r.IntN(len(weight)-1)])
		for shuffled := range 4 {
			sum, squares, magnitude := 0.0, 0.0, 0.0
			for i, w := range weight {
				pixels[i] = max(0, cut-float64(w))
				sum, squares = sum+pixels[i], squares+pixels[i]*pixels[i]
			}
			if sum == 0 {
				continue
			}
			if shuffled > 0 {
				r.Shuffle(len(pixels), func(i, j int) { pixels[i], pixels[j] = pixels[j], pixels[i] })
			}
			for i, w := range weight {
				magnitude += float64(w) * pixels[i]
			}
			least := cpu.LeastMagnitude(weight, sum, squares)
			if least > magnitude {
				t.Errorf("%d channels, power %.2g: A is %.4g, and taken to be at least %.4g", channels, power,
					magnitude, least)
			}
			if shuffled == 0 && sum*sum/squares > 16 && least < magnitude/3 {
				t.Errorf("%d channels, power %.2g, %.3g pixels: A is %.4g, and taken to be at least %.4g", channels,
					power, sum*sum/squares, magnitude, least)
			}
		}
	}
}

// TestHuge: transforms overflow where sums do not.
func TestHuge(t *testing.T) {
	c := painted(t, 13, localProblems()["zeros"], normal)
	each(c.Weight.Data, func(_ int, v float32) float32 { return v * 2.3e36 })
	local(t, cpu.Engine{Algorithm: "winograd"}.Eager(), c)
}

// TestTinyWeights: errors are no larger than the 0.3 γₙA of other weights in two cases. In one, transformed weights
// would be subnormal, but products with large pixels are not small. In the other, products are small, down to where
// sums themselves underflow.
func TestTinyWeights(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{2, 32, 6, 10}, Weight: conv.Shape{32, 32, 3, 3}}
	for _, c := range []struct{ weights, pixels int }{
		{-100, 40}, {-112, 40}, {-124, 40}, {-125, 40}, {-126, 40}, {-127, 44}, {-132, 44}, {-60, -40}, {-88, -42},
		{-89, -42}} {
		drawn := painted(t, 15, p, scaled(math.Ldexp(1, c.pixels), normal))
		for i, w := range drawn.Weight.Data {
			drawn.Weight.Data[i] = float32(math.Ldexp(float64(w), c.weights))
		}
		worst := local(t, cpu.Engine{Algorithm: "winograd"}.Eager(), drawn)
		t.Logf("weights of 2^%d, pixels of 2^%d: at most %.3g γₙA", c.weights, c.pixels, worst)
		if worst > 0.3 {
			t.Errorf("weights of 2^%d, pixels of 2^%d: off by %.3g γₙA", c.weights, c.pixels, worst)
		}
	}
}
