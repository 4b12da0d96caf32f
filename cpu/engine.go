package cpu

import (
	"runtime"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// Engine is a [conv.Backend] that computes in float32, on all cores, with the vector instructions of the processor. The
// zero value chooses instructions and algorithm by itself.
//
// A plan has as many workers as GOMAXPROCS says: the goroutine that calls Run, and goroutines of its own. It keeps
// these and the memory of all workers until it is closed. Run allocates nothing. A run with little work wakes few
// workers, and does not wait for one that comes too late. While runs follow one another within 0.1 ms, workers wait
// actively between them, unless other work needs their cores. That takes CPU time: 1.3 times as much as on one core for
// single images of the tutorial's layer.
//
// Workers share out tasks. A task copies a band of rows of one image, for one group of channels and with its padding,
// into the memory of its worker, and computes the outputs of the band. If images are small, a task may have several of
// them, with all of their rows.
type Engine struct {
	ISA       ISA    // the instructions to use; Plan reports an error if the processor lacks them
	Algorithm string // one of [AlgorithmNames]; "" for the one that is expected to take the least time in all
	// Images is how many images a plan will compute over all its runs. Less than a batch counts as one batch. 0 means
	// so many that the time for making the plan does not count.
	Images int
	// Precision decides which algorithms a plan may take without being forced. By default these are the ones that keep
	// what [conv.Exact] promises; [conv.Fast] adds those of [Spreading].
	Precision conv.Precision

	eager  bool // wake all workers, however little work there is, and compute pairs, however few; for tests
	down   bool // direct computes columns of tiles where it would complete rows; for tests
	single bool // depthwise computes single rows where it would compute pairs; for tests
	apart  bool // compute every filter, also those that repeat another; for tests
}

// ISA is an instruction set that the engine has kernels for.
type ISA = simd.ISA

// The instruction sets.
const (
	BestISA = simd.Best    // the fastest that the processor has
	Generic = simd.Generic // plain Go
	AVX2    = simd.AVX2    // AVX2 and FMA
	AVX512  = simd.AVX512  // AVX-512F
)

// ParseISA reads the name of an instruction set: best, generic, avx2 or avx512. The empty name means best.
func ParseISA(name string) (ISA, error) { return simd.ParseISA(name) }

// AvailableISAs lists the instruction sets that the processor has, the best first.
func AvailableISAs() []ISA { return simd.Available() }

// Probe returns a function with which the caller measures the peak speed of a core. That function does the given number
// of rounds of multiply-adds with the engine's instructions, on registers alone. It returns the number of
// floating-point operations that it did: two for each multiply-add.
func (e Engine) Probe() (func(rounds int) float64, error) {
	k, err := simd.Use(e.ISA)
	if err != nil {
		return nil, err
	}
	return k.Probe, nil
}

// Plan validates the arguments and copies weight and bias. The plan is also a [conv.Describer]. Plan reports a
// [*conv.ShapeError] for arguments that break a rule, and an error if the processor lacks e.ISA or if e.Algorithm is
// unknown. The error wraps [conv.ErrUnsupported] if that algorithm cannot compute p.
func (e Engine) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	b, weights, biases, err := e.fit(p, weight, bias)
	if err != nil {
		return nil, err
	}
	b.recipe.pack(weights, biases)
	return newPlan(b), nil
}

// ExplainWeights is like Explain, but for a plan that has this weight and bias: they may suit another algorithm, and
// filters may repeat others.
func (e Engine) ExplainWeights(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Description, error) {
	b, _, _, err := e.fit(p, weight, bias)
	if err != nil {
		return conv.Description{}, err
	}
	return b.describe(), nil
}

// fit makes a blueprint for a weight and a bias. It returns the weights and biases of the filters that are computed.
func (e Engine) fit(p conv.Problem, weight *conv.Tensor, bias []float32) (b *blueprint, weights, biases []float32,
	err error) {
	if err := p.CheckPlan(weight, bias); err != nil {
		return nil, nil, nil, err
	}
	all := make([]float32, p.Weight[0])
	copy(all, bias)
	r := noRepeats(p)
	if !e.apart {
		r = findRepeats(p, weight.Data, all)
	}
	if b, err = e.newBlueprint(p, r, nil); err != nil {
		return nil, nil, nil, err
	}
	perFilter := len(weight.Data) / p.Weight[0]
	weights = b.repeats.pick(weight.Data, perFilter)
	if why := b.recipe.suits(weights); why != nil && e.Algorithm == "" {
		if b, err = e.newBlueprint(p, r, &conv.Rejected{Algorithm: b.name, Reason: why}); err != nil {
			return nil, nil, nil, err
		}
		weights = b.repeats.pick(weight.Data, perFilter)
	}
	return b, weights, b.repeats.pick(all, 1), nil
}

// Expecting implements [conv.Forecaster].
func (e Engine) Expecting(images int) conv.Backend {
	e.Images = images
	return e
}

// Explain implements [conv.Explainer].
func (e Engine) Explain(p conv.Problem) (conv.Description, error) {
	if _, err := p.Dst(); err != nil {
		return conv.Description{}, err
	}
	b, err := e.newBlueprint(p, noRepeats(p), nil)
	if err != nil {
		return conv.Description{}, err
	}
	return b.describe(), nil
}

// blueprint is what a plan needs to know before it allocates anything.
type blueprint struct {
	asked    conv.Problem // as the caller gave it
	problem  conv.Problem // the same with defaults filled in, and perhaps with images of another shape, see reshape
	dst      conv.Shape   // of problem
	repeats  repeats
	finisher finisher
	kernels  *simd.Kernels
	name     string // of the algorithm
	rejected []conv.Rejected
	recipe   recipe
	rows     int // the most rows of outputs that a task computes
	images   int // the most images of a task; 1 if a task has only some of an image's rows
	slab     slab
	cores    int
	eager    bool
}

// newBlueprint chooses an algorithm for a valid problem, and cuts the problem into bands. unsuited is nil, or an
// algorithm that is not chosen because it does not suit the weights.
func (e Engine) newBlueprint(p conv.Problem, r repeats, unsuited *conv.Rejected) (*blueprint, error) {
	k, err := simd.Use(e.ISA)
	if err != nil {
		return nil, err
	}
	b := &blueprint{asked: p, repeats: r, kernels: k, cores: runtime.GOMAXPROCS(0), eager: e.eager}
	p.Spec = p.WithDefaults()
	p = reshape(p, k)
	sums, err := p.Sums()
	if err != nil {
		return nil, err
	}
	if b.dst, err = p.Dst(); err != nil {
		return nil, err
	}
	b.problem, b.finisher = p, finisher{problem: p, sums: sums}
	chosen, rejected, err := choose(p, k, e, unsuited)
	if err != nil {
		return nil, err
	}
	// Roundings of an algorithm that spreads errors depend on how many filters it computes. winograd refuses small
	// numbers of filters.
	if chosen.spreads || chosen.accepts(r.problem(p), sums, k) != nil {
		b.repeats = noRepeats(p)
	}
	p, sums[1] = b.repeats.problem(p), b.repeats.computed
	b.name, b.rejected = chosen.name, rejected
	b.recipe = chosen.prepare(p, sums, k)
	switch r := b.recipe.(type) {
	case *direct:
		r.down = e.down
	case *depthwise:
		r.eager = e.eager
		if e.single {
			r.pairs = nil
		}
	}
	return b, b.cut()
}

// reshape returns p with images whose rows are 2 registers wide, or up to mostReshaped, if an image has a whole number
// of such rows and its shape makes no difference to the outputs: for 1×1 kernels of stride 1, without padding and
// without a pool. Otherwise it returns p itself. The engine then writes outputs in the order of their addresses: 72
// instead of 60 GFLOP per CPU second for 64 to 256 channels at 56×56 (rows of 2 registers, Zen 4), 1.17 times the speed
// for 192 to 64 channels at 28×28 (7 registers, Emerald Rapids).
func reshape(p conv.Problem, k *simd.Kernels) conv.Problem {
	if p.Weight[2] != 1 || p.Weight[3] != 1 || p.Stride != [2]int{1, 1} ||
		p.Padding != (conv.Padding{}) || p.Pool.Kind != conv.NoPool {
		return p
	}
	size := p.Src.H() * p.Src.W()
	for vectors := 2; vectors <= mostReshaped; vectors++ {
		if width := vectors * k.Lanes; size%width == 0 {
			p.Src[2], p.Src[3] = size/width, width
			break
		}
	}
	return p
}

// mostReshaped is the largest width of a reshaped row, in registers: two tiles of 6 filters with AVX-512.
const mostReshaped = 8

// sumsFloats limits the sums that a task keeps for energy or a pool to 128 KiB, a part of a core's second-level cache.
const sumsFloats = 128 << 10 / 4

// cut decides how many rows of outputs a task computes at most: as many as fit into the caches, and at least
// recipe.rowStep. Then it makes the slab for their input, and lets the recipe settle on it. It returns an error if a
// padded image does not fit in memory.
func (b *blueprint) cut() error {
	p, step := b.problem, b.recipe.rowStep()
	fits := func(rows int) bool {
		first, last := b.finisher.rows(0, rows)
		if b.finisher.needed() && (last-first)*b.finisher.sums.W()*p.Weight[0]/p.Groups > sumsFloats {
			return false
		}
		return b.recipe.fits(last - first)
	}
	b.rows = step
	for b.rows < b.dst.H() && fits(min(b.rows+step, b.dst.H())) {
		b.rows += step
	}
	first, last := b.finisher.rows(0, min(b.rows, b.dst.H()))
	rows := b.recipe.inputRows(last - first)
	if _, err := conv.Product(p.Weight[1], max(paddedWidth(&p), b.recipe.columns()), rows+1, 8); err != nil {
		return &conv.ShapeError{Arg: "padding", Value: p.Padding.String(), Rule: "a padded image must fit in memory"}
	}
	b.images = 1
	if most := b.mostImages(last - first); b.rows >= b.dst.H() && most > 1 {
		b.images = b.recipe.images(last-first, most)
	}
	b.slab = newSlab(p, rows, b.recipe.columns(), b.recipe.phases(last-first))
	b.recipe.settle(&b.slab, last-first, b.images)
	return nil
}

// mostImages returns how many images a task may have, if it keeps this many rows of sums for energy or a pool.
func (b *blueprint) mostImages(rows int) int {
	if !b.finisher.needed() {
		return b.problem.Src.N()
	}
	return min(b.problem.Src.N(), sumsFloats/max(1, rows*b.finisher.sums.W()*b.problem.Weight[0]/b.problem.Groups))
}

// sumsLen returns how many floats a task needs for sums that energy or a pool turns into outputs.
func (b *blueprint) sumsLen() int {
	if !b.finisher.needed() {
		return 0
	}
	first, last := b.finisher.rows(0, min(b.rows, b.dst.H()))
	return b.images * (last - first) * b.finisher.sums.W() * b.problem.Weight[0] / b.problem.Groups
}

// slabLen returns how many floats of input a task keeps. It includes one register after the inputs: the last tile may
// read that far, but sums of those values are not used.
func (b *blueprint) slabLen() int {
	if b.recipe.inPlace() {
		return 0
	}
	return b.slab.len(b.kernels.Lanes)
}

func (b *blueprint) describe() conv.Description {
	perWorker := b.slabLen() + b.sumsLen() + b.recipe.workspace() + b.recipe.marks()
	return conv.Description{Algorithm: b.name, Chunk: b.problem.Src.N(), Rejected: b.rejected, Bound: b.recipe.bound(),
		Tolerance: b.recipe.tolerance(), Memory: 4 * (b.recipe.packedLen() + b.cores*perWorker),
		Repeated: len(b.repeats.all)}
}
