package gpu

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// softConstants are the constants of direct_soft.comp. SCHEDULE follows from
// them.
type softConstants struct {
	filters, channels, tapsH, kernelW int
	rows, segments, shift             int
	stride, dilation                  [2]int
	paddingMode                       conv.PaddingMode
	vectors                           bool // vec4 texels
	passes                            bool // there are several for one output: sums are taken up again
	relu                              bool // of the only pass
}

// Tiles of direct_soft.comp. BenchmarkConv guards them.
const (
	softLanes   = 64   // eight vectors of llvmpipe: fewer, larger work-groups cost less to start
	softSums    = 8    // vectors of sums in registers, of the 16 that AVX2 has: with 4 each waits for itself, 16 spill
	softFilters = 8    // per tile: more share the window, but compiling takes the square of a program's length
	softMACs    = 3200 // multiplications unrolled per invocation: 2 s of compiling
	softTexels  = 512  // of the window: its vectors stand on the stack, 64 KiB of it
)

// softTile is what an invocation of direct_soft.comp computes.
type softTile struct{ rows, segments, filters int }

func (t softTile) String() string {
	return fmt.Sprintf("%d filters × %d×%d positions", t.filters, t.rows, 4*t.segments)
}

// softTilings are the tiles that cost estimates roughly: other blocks of softSums vectors
// of sums, one of half and one of twice as many, and as many filters as there are, half
// or a third of them.
func softTilings(p conv.Problem) (all []tiling) {
	filters := min(softFilters, p.Weight[0]/p.Groups)
	for _, block := range [][2]int{{2, 1}, {1, 2}, {1, 1}, {4, 1}} {
		for part := 1; part <= min(3, filters); part++ {
			all = append(all, softTile{block[0], block[1], ceilDiv(filters, part)})
		}
	}
	return all
}

func (c softConstants) tiling() tiling { return softTile{c.rows, c.segments, c.filters} }

func (c softConstants) taps() int { return c.channels * c.tapsH * c.kernelW }

// floats is how many weights and biases one step has.
func (c softConstants) floats() int { return c.filters * (c.taps() + 1) }

func (c softConstants) macs() int { return 4 * c.rows * c.segments * c.filters * c.taps() }

// perTexel is how many elements a texel holds.
func (c softConstants) perTexel() int {
	if c.vectors {
		return 4
	}
	return 1
}

// window is how many rows the taps of a block span, and how many texels of each.
func (c softConstants) window() (rows, texels int) {
	rows = (c.rows-1)*c.stride[0] + (c.tapsH-1)*c.dilation[0] + 1
	last := c.shift + (4*c.segments-1)*c.stride[1] + (c.kernelW-1)*c.dilation[1]
	return rows, last/c.perTexel() + 1
}

// loads is how many texels a block reads: of rows between those of a dilated
// kernel none.
func (c softConstants) loads() int {
	rows, texels := c.window()
	return c.channels * min(rows, c.rows*c.tapsH) * texels
}

// cost estimates the cycles of one vector of invocations in one step, measured
// roughly on one core of a Zen 3 server processor: a multiplication with its
// addition 0.6, a texel 60 or 30, a vec4 stored or taken up again 160 each, a vec4
// of scalar stores twice that.
func (c softConstants) cost() float64 {
	texel, store := 60.0, 160.0
	if !c.vectors {
		texel, store = 30, 320
	}
	if c.passes {
		store *= 2
	}
	return 0.6*float64(c.macs()) + texel*float64(c.loads()) + store*float64(c.filters*c.rows*c.segments)
}

// newSoft fits the tile to a valid problem.
func newSoft(p conv.Problem, l Limits) (soft, error) {
	p.Spec = p.WithDefaults()
	sums, err := p.Sums()
	if err != nil {
		return soft{}, err
	}
	const most = 64 // beyond, windows hold mostly what no tap meets
	if s, d := max(p.Stride[0], p.Stride[1]), max(p.Dilation[0], p.Dilation[1]); s > most || d > most {
		return soft{}, fmt.Errorf("it needs strides and dilations of at most %d", most)
	}
	base := softConstants{
		rows: 2, segments: 1, kernelW: p.Weight[3], stride: p.Stride, dilation: p.Dilation, paddingMode: p.PaddingMode,
		vectors: p.PaddingMode == conv.Zeros && p.Src.W()%4 == 0 && sums.W()%4 == 0,
	}
	fewest, largest := 1, softFilters // filters
	if forced, ok := l.tiling.(softTile); ok {
		base.rows, base.segments, fewest, largest = forced.rows, forced.segments, forced.filters, forced.filters
	}
	if sums.H() == 1 {
		base.rows, base.segments = 1, softSums/4
	}
	if base.vectors {
		base.shift = -p.Padding.Left - 4*floorDiv(-p.Padding.Left, 4)
	}
	s := soft{Problem: p, limits: l, sums: sums}
	best, least := softConstants{}, math.Inf(1)
	for filters := fewest; filters <= min(largest, p.Weight[0]/p.Groups); filters++ {
		s.tile = base
		s.tile.filters = filters
		if !s.tile.fit(p, l.Unrolled) {
			break // nor would more filters
		}
		if cost := float64(len(s.steps())) * s.tile.cost(); cost < least {
			best, least = s.tile, cost
		}
	}
	if s.tile = best; best.filters == 0 {
		return soft{}, fmt.Errorf("one row of a kernel of width %d with stride %d and dilation %d is more than %d multiplications or %d texels",
			p.Weight[3], p.Stride[1], p.Dilation[1], l.Unrolled, softTexels)
	}
	return s, nil
}

// fit chooses how many of the taps one step takes: all, whole kernels of some
// channels, or some rows of one channel's. It reports whether that is possible.
func (c *softConstants) fit(p conv.Problem, unrolled int) bool {
	fits := func() bool { return (unrolled == 0 || c.macs() <= unrolled) && c.loads() <= softTexels }
	c.channels, c.tapsH, c.passes = p.Weight[1], p.Weight[2], false
	c.relu = p.Activation == conv.ReLU
	if fits() {
		return true
	}
	c.passes, c.relu = true, false
	if c.channels = evenly(p.Weight[1], fits, &c.channels); c.channels > 0 {
		return true
	}
	c.channels = 1
	c.tapsH = evenly(p.Weight[2], fits, &c.tapsH)
	return c.tapsH > 0
}

// evenly returns the size of equal parts of n, as few as fits allows when *part
// is their size; 0 if it allows none.
func evenly(n int, fits func() bool, part *int) int {
	for *part = n; !fits(); *part-- {
		if *part == 1 {
			return 0
		}
	}
	return ceilDiv(n, ceilDiv(n, *part))
}

func floorDiv(a, b int) int { return (a - (a%b+b)%b) / b }
