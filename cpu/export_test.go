package cpu

import (
	"math"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// Eager returns e, changed so that each run wakes all workers, however little work it has. So small problems are cut
// into tasks, too. And depthwise computes pairs of rows, however few.
func (e Engine) Eager() Engine {
	e.eager = true
	return e
}

// Down returns e, changed so that direct computes columns of tiles down a band where it would complete rows.
func (e Engine) Down() Engine {
	e.down = true
	return e
}

// Single returns e, changed so that depthwise computes single rows where it would compute pairs of them.
func (e Engine) Single() Engine {
	e.single = true
	return e
}

// Apart returns e, changed so that it computes every filter, those that are copies or negatives of others, too.
func (e Engine) Apart() Engine {
	e.apart = true
	return e
}

// Repeated returns how many filters of a bank without biases need not be computed.
func Repeated(p conv.Problem, weight []float32) int {
	return len(findRepeats(p, weight, make([]float32, p.Weight[0])).all)
}

// Awake returns how many workers a run of this many images has. brisk says whether helpers begin at once.
func Awake(plan conv.Plan, images int, brisk bool) int {
	return plan.(*enginePlan).awake(images, brisk)
}

// Odd runs a plan of winograd. It returns how many blocks are odd, and how many blocks there are.
func Odd(plan conv.Plan, dst, src *conv.Tensor) (odd, blocks int) {
	c := plan.(*enginePlan).convolver
	w := c.recipe.(*winograd)
	c.turn.Lock()
	defer c.turn.Unlock()
	c.deal(dst, src, 1)
	for task := range c.run.tasks {
		c.compute(c.workers[0], task)
		lo := task % c.run.bands * c.run.rows
		first, last := c.finisher.rows(lo, min(lo+c.run.rows, c.dst.H()))
		set := task / c.run.bands / c.problem.Groups
		images := min(c.run.images, src.Shape.N()-set*c.run.images)
		n := images * ceilDiv(last-first, block) * w.across
		for _, m := range c.workers[0].marks[:n] {
			odd += int(m)
		}
		blocks += n
	}
	return odd, blocks
}

// TransformSteps returns how many bytes lie between the elements of a patch, and of its products, in a plan of
// winograd.
func TransformSteps(plan conv.Plan) (patches, products int) {
	w := plan.(*enginePlan).recipe.(*winograd)
	return 4 * w.patchStep, 4 * w.productStep
}

// Prices returns what winograd and direct are estimated to cost for the images of p, in cycles.
func Prices(isa ISA, p conv.Problem) (winograd, direct float64) {
	p.Spec = p.WithDefaults()
	sums, _ := p.Sums()
	k, _ := simd.Use(isa)
	return priceWinograd(p, p.Src.N(), sums, k), priceDirect(p, p.Src.N(), sums, k)
}

// Spread has the factors by which the screen multiplies squared pixels: see spread.
var Spread = spread

// SpreadOf returns these factors for kernels that are cut into this many parts along each axis.
var SpreadOf = spreadOf

// WinogradBound is the bound that winograd keeps, in multiples of γₙ·A.
const WinogradBound = winogradBound

// LeastMagnitude returns the screen's lower bound of A for one filter, if the magnitudes of the pixels add up to sum
// and their squares to squares.
func LeastMagnitude(weight []float32, sum, squares float64) float64 {
	s, norm := newScreen(weight, 1, len(weight)/9, 3), 0.0
	for _, w := range weight {
		norm += float64(w) * float64(w)
	}
	return s.magnitude(sum, squares) * math.Sqrt(norm*alike(weight, 3))
}

// Unscreen makes a plan's screens accept all blocks, whatever outliers they have, unless squares of their pixels
// underflow or overflow.
func Unscreen(plan conv.Plan) {
	for _, s := range plan.(*enginePlan).recipe.(*winograd).screens {
		*s = screen{channels: s.channels, side: s.side, spread: s.spread, least: []float64{math.Inf(1)}}
	}
}

// Flat reports whether direct computes a plan's bands as flat ones.
func Flat(plan conv.Plan) bool { return plan.(*enginePlan).recipe.(*direct).flat }

// Tasks returns how many tasks the last run of a plan had.
func Tasks(plan conv.Plan) int { return plan.(*enginePlan).convolver.run.tasks }

// PackedBytes returns how many bytes the weights of dft take for p.
func PackedBytes(p conv.Problem) int {
	p.Spec = p.WithDefaults()
	sums, _ := p.Sums()
	k, _ := simd.Use(BestISA)
	return 4 * prepareDFT(p, sums, k).packedLen()
}
