package recipe

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// softConstants are the constants of direct_soft.comp. There an invocation walks down a strip of the image in turns.
// Each turn computes a block of sums, for each filter of a tile. A step is one dispatch: it adds all or some of the
// taps, for one tile of filters.
type softConstants struct {
	filters, channels, tapsH, kernelW int
	rows, segments                    int // of a block: rows of sums, and vec4 of sums in a row
	shift                             int // where in its texel the first tap of a row is
	stride, dilation                  [2]int
	paddingMode                       conv.PaddingMode
	vectors                           bool // vec4 texels
	passes                            bool // a sum takes several passes, each adds to what the one before wrote
	relu                              bool // the only pass ends with ReLU
	byRow                             bool // see [Profile]
	looped                            bool // strips have several turns
	exact                             bool // strips and tiles of filters cover the outputs and no more
	finish                                 // of the only pass
}

// Tiles of direct_soft.comp. BenchmarkConv guards them.
const (
	softLanes    = 64      // eight vectors of llvmpipe: fewer and larger work-groups cost less to start
	softGroups   = 8       // work-groups, which keep a software renderer's threads busy; more would have shorter strips
	softFilters  = 8       // of a tile: more share the window, but compile time grows with the square of the length
	softTexels   = 512     // of the window: its vectors take 64 KiB of the stack
	softDispatch = 7500    // a dispatch takes 20 µs; these are its cycles divided by the eight vectors of a work-group
	softPerMAC   = 1 << 15 // softLength lets a program write out one multiplication for this many of the batch
)

// softTile is what an invocation of direct_soft.comp computes in one turn.
type softTile struct{ rows, segments, filters int }

func (t softTile) String() string {
	return fmt.Sprintf("%d filters × %d×%d positions", t.filters, t.rows, 4*t.segments)
}

// softTilings lists tiles to measure, since cost only estimates: two blocks of 8 sums, one of 4 and one of 16, each
// with all filters (softFilters at most), half or a third of them.
func softTilings(p conv.Problem, _ Profile) (all []Tiling) {
	filters := min(softFilters, p.Weight[0]/p.Groups)
	for _, block := range [][2]int{{2, 1}, {1, 2}, {1, 1}, {4, 1}} {
		for part := 1; part <= min(3, filters); part++ {
			all = append(all, softTile{block[0], block[1], ceilDiv(filters, part)})
		}
	}
	return all
}

func (c softConstants) tiling() Tiling { return softTile{c.rows, c.segments, c.filters} }

func (c softConstants) taps() int { return c.channels * c.tapsH * c.kernelW }

// floats is how many weights and biases one step has.
func (c softConstants) floats() int { return c.filters * (c.taps() + 1) }

func (c softConstants) macs() int { return 4 * c.rows * c.segments * c.filters * c.taps() }

// perTexel is how many elements a texel has.
func (c softConstants) perTexel() int {
	if c.vectors {
		return 4
	}
	return 1
}

// window is how many rows the taps of a block span, and how many texels of each row.
func (c softConstants) window() (rows, texels int) {
	rows = (c.rows-1)*c.stride[0] + (c.tapsH-1)*c.dilation[0] + 1
	last := c.shift + (4*c.segments-1)*c.stride[1] + (c.kernelW-1)*c.dilation[1]
	return rows, last/c.perTexel() + 1
}

// loads is how many texels a block reads at most. It reads none of the rows between those of a dilated kernel.
func (c softConstants) loads() int {
	rows, texels := c.window()
	return c.channels * min(rows, c.rows*c.tapsH) * texels
}

// freshLoads is how many texels a turn loads itself: the turn before hands on the others.
func (c softConstants) freshLoads() int {
	_, texels := c.window()
	fresh := map[int]bool{}
	for row := range c.rows {
		for u := range c.tapsH {
			fresh[row*c.stride[0]+u*c.dilation[0]] = true
		}
	}
	rows := 0
	for at := range fresh {
		if !fresh[at+c.rows*c.stride[0]] {
			rows++
		}
	}
	return c.channels * rows * texels
}

// outputRows is how many rows of outputs a turn makes.
func (c softConstants) outputRows() int { return c.rows / c.span() }

// cost estimates the cycles of one turn for a vector of eight invocations, from rough measurements on one core of a Zen
// 3 server processor. A multiplication with its addition takes 0.6 cycles. Loading a texel takes 60, or 30 if it is a
// float. Storing a vec4 takes 120, and reading it again in the next pass 120 more; both take twice that if its floats
// are stored one by one.
func (c softConstants) cost() float64 {
	texel, store := 60.0, 120.0
	if !c.vectors {
		texel, store = 30, 240
	}
	if c.passes {
		store *= 2
	}
	outputs := c.filters * c.rows * c.segments / c.filtersPerPlane() / c.span()
	return 0.6*float64(c.macs()) + texel*float64(c.freshLoads()) + store*float64(outputs)
}

// softLength returns the most multiplications that a program may write out for a problem. It also reports whether
// programs should be that short, although longer ones run faster. They should if one work-group computes all positions:
// then a long program saves less than it takes to compile. Compiling takes 1.8 s for 64 channels of 8 filters (2,048
// multiplications), and 0.3 s for 16 channels, no more than direct takes. With 512→1000 channels and one position a run
// takes 0.05 to 0.15 s either way. So programs write out softCompact multiplications there, or one for every softPerMAC
// of the batch if those are more.
func softLength(p conv.Problem, device Profile, sums conv.Shape) (most int, short bool) {
	strips := float64(max(1, p.Src.N())) * float64(sums.H()) * float64(ceilDiv(sums.W(), 8))
	most = max(softCompact, int(min(p.MACs()/softPerMAC, math.MaxInt32)))
	return most, strips <= softLanes && (device.Unrolled == 0 || most < device.Unrolled)
}

// chooseSoftTile fits a valid problem to the tile that costs least, or to the one that is requested. For a requested
// tile it ignores softLength, which depends on the batch: what was measured with one batch must hold for others.
func chooseSoftTile(p conv.Problem, device Profile) (soft, error) {
	p.Spec = p.WithDefaults()
	sums, err := p.Sums()
	if err != nil {
		return soft{}, err
	}
	_, requested := device.Tiling.(softTile)
	if most, short := softLength(p, device, sums); short && !requested {
		if s, err := chooseSoftTileWithin(p, device, sums, most, true); err == nil {
			return s, nil
		}
	}
	return chooseSoftTileWithin(p, device, sums, device.Unrolled, false)
}

// chooseSoftTileWithin is like chooseSoftTile, but for programs that write out at most unrolled multiplications; 0 for
// no bound. If short or device.Even is set, it prefers steps of equally many taps: then a second program, for the taps
// that are left over, is not needed.
func chooseSoftTileWithin(p conv.Problem, device Profile, sums conv.Shape, unrolled int, short bool) (soft, error) {
	const most = 64 // with more, most texels of a window would be read by no tap
	if s, d := max(p.Stride[0], p.Stride[1]), max(p.Dilation[0], p.Dilation[1]); s > most || d > most {
		return soft{}, fmt.Errorf("it needs strides and dilations of at most %d", most)
	}
	fewest, largest := 1, softFilters // filters
	requested, _ := device.Tiling.(softTile)
	if requested.filters > 0 {
		fewest, largest = requested.filters, requested.filters
	}
	s := soft{Problem: p, device: device, sums: sums}
	best, least := softConstants{}, math.Inf(1)
	for filters := fewest; filters <= min(largest, p.Weight[0]/p.Groups); filters++ {
		s.tile = softBlockOf(p, device, sums, filters, requested)
		if !s.tile.fit(p, unrolled, short || device.Even) {
			break // more filters do not fit either
		}
		cost := s.tile.cost()
		if short {
			cost += softDispatch // of the one work-group
		}
		cost *= float64(s.countSteps()) / float64(s.tile.rows*s.tile.segments)
		if goesOn(p) && !s.tile.finishes() {
			cost *= 1.5 // sums are stored, read and stored again
		}
		if cost < least {
			best, least = s.tile, cost
		}
	}
	if s.tile = best; best.filters == 0 {
		return soft{}, fmt.Errorf("one row of a kernel of width %d with stride %d and dilation %d"+
			" is more than %d multiplications or %d texels",
			p.Weight[3], p.Stride[1], p.Dilation[1], unrolled, softTexels)
	}
	s.shape()
	return s, nil
}

// softBlockOf returns the block of sums for a tile of this many filters. As a rule it has one row of 8 columns, which
// use each texel of the window most often. It has two rows of 4 columns if a pool takes 2×2, or if sums are 1 to 4 or 9
// to 12 columns wide, so that a block of 8 would be half empty. A requested tile has its own block.
func softBlockOf(p conv.Problem, device Profile, sums conv.Shape, filters int, requested softTile) softConstants {
	c := softConstants{filters: filters, rows: 1, segments: 2, kernelW: p.Weight[3],
		stride: p.Stride, dilation: p.Dilation, paddingMode: p.PaddingMode, byRow: device.ByRow,
		vectors: p.PaddingMode == conv.Zeros && p.Src.W()%4 == 0 && sums.W()%4 == 0}
	if n := ceilDiv(sums.W(), 4); n == 1 || n == 3 {
		c.rows, c.segments = min(2, sums.H()), 1
	}
	c.finish = finishOf(p, device)
	if c.pools() {
		c.rows, c.segments = 2, 1
	}
	if requested.filters > 0 {
		c.rows, c.segments = min(requested.rows, sums.H()), requested.segments
	}
	if filters%c.filtersPerPlane() > 0 || c.rows%c.span() > 0 {
		c.finish = finish{}
	}
	if c.vectors {
		c.shift = -p.Padding.Left - 4*floorDiv(-p.Padding.Left, 4)
	}
	return c
}

// shape computes what follows from the tile: the shape of the outputs, and how many turns a strip has.
func (s *soft) shape() {
	s.dst = s.tile.outputs(s.Problem)
	rows := ceilDiv(s.dst.H(), s.tile.outputRows())
	strips := ceilDiv(softGroups*softLanes, max(1, s.Src.N())*s.blocksW())
	s.turns = ceilDiv(rows, min(rows, strips))
	if s.device.Turns > 0 {
		s.turns = s.device.Turns
	}
	s.turns = max(1, min(s.turns, rows, s.device.outerIterations(rows, 0)))
	if wholeKernels := s.tile.tapsH == s.Weight[2]; s.tile.passes && wholeKernels && s.device.Turns == 0 {
		// Each step takes some of the channels, with whole kernels. Then a turn could hand on few rows, and code
		// outside a loop needs fewer masks. Without the loop 256 channels take 0.7 of the time.
		s.turns = 1
	}
	s.tile.looped = s.turns > 1
	perGroup := s.Weight[0] / s.Groups
	s.tile.exact = !s.tile.passes && perGroup%s.tile.filters == 0 &&
		s.dst.H()%(s.turns*s.tile.outputRows()) == 0 && s.dst.W()%s.outputColumns() == 0
}

// fit chooses which taps one step takes: all, whole kernels of some channels, or some rows of one channel's kernel. It
// returns false if none of these is possible. If whole is set, it prefers parts that leave no remainder.
func (c *softConstants) fit(p conv.Problem, unrolled int, whole bool) bool {
	fits := func() bool { return (unrolled == 0 || c.macs() <= unrolled) && c.loads() <= softTexels }
	c.channels, c.tapsH, c.passes = p.Weight[1], p.Weight[2], false
	c.relu = p.Activation == conv.ReLU
	if fits() {
		return true
	}
	c.passes, c.relu, c.finish = true, false, finish{}
	if c.channels = evenly(p.Weight[1], fits, &c.channels, whole); c.channels > 0 {
		return true
	}
	c.channels = 1
	c.tapsH = evenly(p.Weight[2], fits, &c.tapsH, whole)
	return c.tapsH > 0
}

// evenly divides n into the fewest parts that fits allows, of about equal size, and returns that size. fits reads the
// size to test from *part. evenly returns 0 if fits allows no size. If whole is set, it prefers a size that divides n,
// unless that is at most half as large.
func evenly(n int, fits func() bool, part *int, whole bool) int {
	for *part = n; !fits(); *part-- {
		if *part == 1 {
			return 0
		}
	}
	even := ceilDiv(n, ceilDiv(n, *part))
	for size := even; whole && 2*size > even; size-- {
		if n%size == 0 {
			return size
		}
	}
	return even
}

func floorDiv(a, b int) int { return (a - (a%b+b)%b) / b }
