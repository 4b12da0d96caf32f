package stimuli

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"

	"pgregory.net/rapid"
)

// exactly returns a/b.
func exactly(a, b int) *big.Rat { return big.NewRat(int64(a), int64(b)) }

func float(r *big.Rat) float64 {
	v, _ := r.Float64()
	return v
}

func total(terms ...*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, t := range terms {
		sum.Add(sum, t)
	}
	return sum
}

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// wholePart returns ⌊r⌋.
func wholePart(r *big.Rat) *big.Int {
	return new(big.Int).Div(r.Num(), r.Denom()) // Euclidean division: the floor, as the denominator is positive
}

// sign is 1 in even parts and −1 in odd ones.
func sign(parts ...*big.Int) int {
	sum := new(big.Int)
	for _, p := range parts {
		sum.Add(sum, p)
	}
	return 1 - 2*int(sum.Bit(0))
}

// squareWave is 1 for −¼ ≤ p < ¼ and −1 elsewhere in a cycle.
func squareWave(p *big.Rat) int {
	return sign(wholePart(total(p, p, exactly(1, 2))))
}

// places returns where the samples of a side of pixels are, relative to the centre.
func places(pixels, samples int) []*big.Rat {
	all := make([]*big.Rat, pixels*samples)
	for i := range all {
		all[i] = total(exactly(2*i+1, 2*samples), exactly(-pixels, 2))
	}
	return all
}

// render returns the pixels, from 0 to 1, of a pattern with values of −1 and 1, or half the sum of two such patterns.
func render(c Canvas, doubled func(x, y *big.Rat) int) []float64 {
	xs, ys, n := places(c.Columns, c.Supersample), places(c.Rows, c.Supersample), c.Supersample
	pixels := make([]int, c.Rows*c.Columns)
	for i, y := range ys {
		for j, x := range xs {
			pixels[i/n*c.Columns+j/n] += doubled(x, y)
		}
	}
	out := make([]float64, len(pixels))
	for i, v := range pixels {
		out[i] = 0.5 + float64(v)/float64(4*n*n)
	}
	return out
}

// drawOne draws one pattern.
func drawOne(t fataler, c Canvas, fresh func() Pattern) []float32 {
	set, err := NewProduct(c, fresh)
	if err != nil {
		t.Fatalf("%v", err)
	}
	images, err := conv.NewTensor(set.Shape())
	if err != nil {
		t.Fatalf("%v", err)
	}
	if err := set.Draw(images, 0); err != nil {
		t.Fatalf("%v", err)
	}
	return images.Data
}

type fataler interface{ Fatalf(string, ...any) }

func samePixels(t fataler, c Canvas, got []float32, want []float64, what fmt.Stringer) {
	for at, w := range want {
		if math.Abs(float64(got[at])-w) > 1e-6 {
			t.Fatalf("%v on %+v: row %d, column %d is %v, want %v", what, c, at/c.Columns, at%c.Columns, got[at], w)
		}
	}
}

// wave is a drifting square wave at a right angle, with exact numbers.
type wave struct {
	sf, phase, drift *big.Rat // cycles per pixel, cycles, cycles per frame
	frame            int
	quarter          int // orientation / 90°
}

func drawWave(t *rapid.T, name string) wave {
	period := rapid.IntRange(2, 24).Draw(t, name+" pixels")
	turns := rapid.IntRange(1, 24).Draw(t, name+" cases")
	return wave{
		sf:    exactly(rapid.IntRange(1, max(1, period/2)).Draw(t, name+" cycles"), period),
		phase: exactly(rapid.IntRange(-2*turns, 2*turns).Draw(t, name+" phase"), turns),
		drift: exactly(rapid.IntRange(-4, 4).Draw(t, name+" drift"),
			rapid.SampledFrom([]int{8, 9, 10, 14}).Draw(t, name+" of")),
		frame:   rapid.IntRange(0, 1000).Draw(t, name+" frame"),
		quarter: rapid.IntRange(-2, 4).Draw(t, name+" quarter"),
	}
}

// at returns the number of cycles at a place.
func (w wave) at(x, y *big.Rat) *big.Rat {
	u := [...]*big.Rat{x, y, new(big.Rat).Neg(x), new(big.Rat).Neg(y)}[(w.quarter+4)%4]
	return total(times(w.sf, u), w.phase, times(w.drift, exactly(-w.frame, 1)))
}

func (w wave) grating() *Grating {
	return &Grating{Wave: Square, Orientation: float64(w.quarter) * 90, SF: float(w.sf),
		Phase: float(times(w.phase, exactly(360, 1))), Drift: float(w.drift), Frame: float64(w.frame)}
}

func (w wave) String() string {
	return fmt.Sprintf("sf %v, phase %v, drift %v, frame %d, quarter %d", w.sf, w.phase, w.drift, w.frame, w.quarter)
}

func drawCanvas(t *rapid.T) Canvas {
	return Canvas{Rows: rapid.IntRange(1, 12).Draw(t, "rows"), Columns: rapid.IntRange(1, 12).Draw(t, "columns"),
		Supersample: rapid.IntRange(1, 3).Draw(t, "supersample")}
}

// TestEdges: at right angles, every pattern with an edge equals the result of rational arithmetic with half-open edges.
// The parameters are fractions, so that samples are often on edges, while float64 rounds most of the parameters.
func TestEdges(t *testing.T) {
	t.Run("square-grating", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c, w := drawCanvas(t), drawWave(t, "wave")
			want := render(c, func(x, y *big.Rat) int { return 2 * squareWave(w.at(x, y)) })
			samePixels(t, c, drawOne(t, c, func() Pattern { return w.grating() }), want, w)
		})
	})
	t.Run("square-plaid", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c, a, b := drawCanvas(t), drawWave(t, "first"), drawWave(t, "second")
			b.drift, b.frame = a.drift, a.frame
			want := render(c, func(x, y *big.Rat) int { return squareWave(a.at(x, y)) + squareWave(b.at(x, y)) })
			g, h := a.grating(), b.grating()
			samePixels(t, c, drawOne(t, c, func() Pattern {
				return &Plaid{Wave: Square, Orientation: g.Orientation, Angle: h.Orientation - g.Orientation, SF: g.SF,
					SF2: h.SF, Phase: g.Phase, Phase2: h.Phase, Drift: g.Drift, Frame: g.Frame}
			}), want, a)
		})
	})
	t.Run("checkerboard", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawCanvas(t)
			side := exactly(rapid.IntRange(10, 120).Draw(t, "side"), rapid.SampledFrom([]int{3, 7, 10}).Draw(t, "of"))
			x0 := exactly(rapid.IntRange(-50, 50).Draw(t, "x"), 10)
			y0 := exactly(rapid.IntRange(-50, 50).Draw(t, "y"), 6)
			turn := rapid.IntRange(0, 3).Draw(t, "quarter")
			want := render(c, func(x, y *big.Rat) int {
				u, v := total(x, new(big.Rat).Neg(x0)), total(y, new(big.Rat).Neg(y0))
				for range turn {
					u, v = v, new(big.Rat).Neg(u)
				}
				return 2 * sign(wholePart(new(big.Rat).Quo(u, side)), wholePart(new(big.Rat).Quo(v, side)))
			})
			samePixels(t, c, drawOne(t, c, func() Pattern {
				return &Checkerboard{Side: float(side), Orientation: float64(turn) * 90, X: float(x0), Y: float(y0)}
			}), want, side)
		})
	})
	t.Run("square-zone-plate", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawCanvas(t)
			sf := exactly(rapid.IntRange(0, 10).Draw(t, "sf"), 20)
			phase := exactly(rapid.IntRange(-24, 24).Draw(t, "phase"), 24)
			// of ½·k·r², with SF reached at half of the side
			k := new(big.Rat).Quo(sf, exactly(min(c.Rows, c.Columns), 1))
			want := render(c, func(x, y *big.Rat) int {
				return 2 * squareWave(total(times(k, total(times(x, x), times(y, y))), phase))
			})
			c.AllowAliasing = true
			samePixels(t, c, drawOne(t, c, func() Pattern {
				return &ZonePlate{Wave: Square, SF: float(sf), Phase: float(times(phase, exactly(360, 1)))}
			}), want, phase)
		})
	})
	t.Run("aperture", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			c := drawCanvas(t)
			x0 := exactly(rapid.IntRange(-50, 50).Draw(t, "x"), 10)
			y0 := exactly(rapid.IntRange(-50, 50).Draw(t, "y"), 6)
			inner := exactly(rapid.IntRange(1, 60).Draw(t, "inner"), 10)
			outer := total(inner, exactly(rapid.IntRange(1, 30).Draw(t, "width"), 6))
			want := render(c, func(x, y *big.Rat) int { // bright in the annulus, and the mean elsewhere
				dx, dy := total(x, new(big.Rat).Neg(x0)), total(y, new(big.Rat).Neg(y0))
				r2 := total(times(dx, dx), times(dy, dy))
				if r2.Cmp(times(inner, inner)) >= 0 && r2.Cmp(times(outer, outer)) < 0 {
					return 2
				}
				return 0
			})
			a := Aperture{Window: Annulus, X: float(x0), Y: float(y0), Radius: float(outer), Inner: float(inner)}
			uniform := func() Pattern { return &Grating{Look: Look{Aperture: a}} }
			annulus := drawOne(t, c, uniform)
			samePixels(t, c, annulus, want, inner)
			a.Window = Circle
			whole := drawOne(t, c, uniform)
			a.Radius = float(inner)
			for at, v := range drawOne(t, c, uniform) {
				if got := v + annulus[at] - 0.5; math.Abs(float64(got-whole[at])) > 1e-6 {
					t.Fatalf("circle of %v, annulus to %v: pixel %d is %v, want %v", inner, outer, at, got, whole[at])
				}
			}
		})
	})
}

// TestWholePeriods: over whole periods the mean of a square wave is the mean luminance, at any phase, drift and
// supersampling, if the samples of a cycle have an even number of places. Otherwise one sample is left over: two or
// three of a period of five samples are bright.
func TestWholePeriods(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWave(t, "wave")
		w.phase = new(big.Rat).SetFloat64(rapid.Float64Range(-3, 3).Draw(t, "any phase"))
		pixels := int(w.sf.Denom().Int64()) * rapid.IntRange(1, 2).Draw(t, "repeats")
		c := Canvas{Rows: pixels, Columns: pixels, Supersample: rapid.IntRange(1, 5).Draw(t, "supersample")}
		mean := 0.0
		for _, v := range drawOne(t, c, func() Pattern { return w.grating() }) {
			mean += float64(v) / float64(pixels*pixels)
		}
		over := 0.0
		if n := times(w.sf, exactly(1, c.Supersample)).Denom().Int64(); n%2 == 1 {
			over = 0.5 / float64(n)
		}
		if math.Abs(math.Abs(mean-0.5)-over) > 1e-6 {
			t.Fatalf("%v on %d×%d, supersampled by %d: mean %v", w, pixels, pixels, c.Supersample, mean)
		}
	})
}

// TestReportedSquares has what people reported. The bars of each grating, in pixels, and its mean were computed by
// hand.
func TestReportedSquares(t *testing.T) {
	for name, c := range map[string]struct {
		pixels, first, of int // the pixels from first on are whole periods
		grating           Grating
		bar               int
		frames            int
	}{
		"period of 4":  {65, 0, 64, Grating{SF: 0.25}, 2, 1},
		"period of 6":  {65, 0, 60, Grating{SF: 1. / 6}, 3, 1},
		"six decimals": {61, 0, 60, Grating{SF: 0.1666666667}, 3, 1},
		"period of 10": {81, 0, 80, Grating{SF: 0.1}, 5, 1},
		"phase of 72":  {80, 0, 80, Grating{SF: 0.1, Phase: 72}, 5, 1},
		"drift":        {65, 1, 64, Grating{SF: 0.25, Drift: 0.125}, 2, 8},
		"drift of 0.1": {80, 0, 80, Grating{SF: 0.1, Drift: 0.1}, 5, 10},
	} {
		t.Run(name, func(t *testing.T) {
			for frame := range c.frames {
				for _, orientation := range []float64{0, 90} {
					g := c.grating
					g.Wave, g.Orientation, g.Frame = Square, orientation, float64(frame)
					canvas := Canvas{Rows: c.pixels, Columns: c.pixels}
					image := drawOne(t, canvas, func() Pattern { return &g })
					line := make([]float32, c.pixels)
					for i := range line {
						line[i] = image[i]
						if orientation == 90 {
							line[i] = image[i*c.pixels]
						}
					}
					checkBars(t, line, c.bar)
					mean := float32(0)
					for _, v := range line[c.first:][:c.of] {
						mean += v / float32(c.of)
					}
					if math.Abs(float64(mean)-0.5) > 1e-6 {
						t.Errorf("frame %d, %v°: mean %v", frame, orientation, mean)
					}
				}
			}
		})
	}
}

// checkBars requires that all bars have the same width, except for the first and the last, which the border cuts off.
func checkBars(t *testing.T, line []float32, width int) {
	t.Helper()
	var bars []int
	for i, v := range line {
		if i == 0 || v != line[i-1] {
			bars = append(bars, 0)
		}
		bars[len(bars)-1]++
	}
	for i, bar := range bars {
		if bar > width || bar != width && i > 0 && i+1 < len(bars) {
			t.Errorf("bars of %v pixels, want %d", bars, width)
			return
		}
	}
}

// TestTiesThatRound: these samples are on an edge, and float64 puts them before it. On even canvases the centres of
// pixels are at halves. The exact result is wanted.
func TestTiesThatRound(t *testing.T) {
	circle := Aperture{Window: Circle, X: -4.9, Y: -4.7, Radius: 1}
	for name, c := range map[string]struct {
		pattern Pattern
		x, y    float64
		want    float32
	}{
		"square 15 of side 1.1":   {&Checkerboard{Side: 1.1, X: -5, Y: 0.2}, 11.5, 0.5, 0},   // (11.5 + 5)/1.1
		"square 14 of side 1.6":   {&Checkerboard{Side: 1.6, X: -4.9, Y: 0.2}, 17.5, 0.5, 1}, // (17.5 + 4.9)/1.6
		"square 7 of side 3.2":    {&Checkerboard{Side: 3.2, X: -4.9, Y: 0.2}, 17.5, 0.5, 0}, // (17.5 + 4.9)/3.2
		"circle of 1":             {&Grating{Look: Look{Aperture: circle}}, -5.5, -5.5, 0.5}, // √(0.6² + 0.8²)
		"sawtooth, half a cycle":  {&Grating{Wave: Sawtooth, SF: 0.3, Phase: -306}, 4.5, 0.5, 0},
		"sawtooth, 3½ cycles":     {&Grating{Wave: Sawtooth, SF: 0.3, Phase: -306}, 14.5, 0.5, 0},
		"sawtooth, −3½ of cycles": {&Grating{Wave: Sawtooth, SF: 0.2, Phase: -216}, -14.5, 0.5, 0},
	} {
		image := drawOne(t, Canvas{Rows: 40, Columns: 40}, func() Pattern { return c.pattern })
		if got := image[int(c.y+19.5)*40+int(c.x+19.5)]; math.Abs(float64(got-c.want)) > 1e-6 {
			t.Errorf("%s: the pixel at %v, %v is %v, want %v", name, c.x, c.y, got, c.want)
		}
	}
}

// TestSawtoothAtItsJump: at the jump a sawtooth is at its lowest, however float64 rounds, and it never leaves −1 … 1.
func TestSawtoothAtItsJump(t *testing.T) {
	images := drawOne(t, Canvas{Rows: 1, Columns: 80},
		func() Pattern { return &Grating{Wave: Sawtooth, SF: 0.1, Phase: 162} })
	for at := range 80 { // 0.1·x + 0.45 at x = at − 39.5: the jump is where at is 0, 10, …
		want := math.Mod(float64(at), 10) / 10
		if v := float64(images[at]); math.Abs(v-want) > 1e-6 || v < 0 {
			t.Errorf("column %d is %v, want %v", at, v, want)
		}
	}
}

// TestWavesRefused: only plaids and zone plates of sines or square waves are accepted.
func TestWavesRefused(t *testing.T) {
	for _, p := range []Pattern{&Plaid{Wave: Sawtooth}, &ZonePlate{Wave: Triangle}} {
		if _, err := NewProduct(Canvas{}, func() Pattern { return p }, []param.Axis(nil)...); err == nil {
			t.Errorf("%s of another wave is drawn", p.Kind())
		}
	}
	if !slices.ContainsFunc(Kinds(), func(k Kind) bool { return k.Name == (&Plaid{Wave: Square}).Kind() }) {
		t.Error("there is no kind square-plaid")
	}
}
