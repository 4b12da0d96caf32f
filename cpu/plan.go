package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
	"gpuconv/fault"
)

// enginePlan is what the caller holds. The goroutines of the crew hold only the convolver. So if the caller drops the
// plan without Close, the garbage collector finds it, and its cleanup ends the goroutines.
type enginePlan struct {
	*convolver
	leak runtime.Cleanup
}

// convolver computes one run at a time.
type convolver struct {
	*blueprint
	crew      *crew
	workers   []*worker
	imageWork float64 // multiplications, see imageWork

	turn   sync.Mutex
	closed bool
	run    run
}

// run is the work that workers take tasks from. There is one task for each set of images, group (or some groups
// together), part of the group's filters and band of rows. Tasks are numbered by set, then group, then part, then band.
type run struct {
	dst, src *conv.Tensor
	images   int // of a set; the last set may have fewer
	rows     int // of outputs per band
	together int // groups per task
	bands    int // 1 if a set has several images
	cuts     int // parts of the filters of a group
	tasks    int
	next     atomic.Int64
	panicked atomic.Pointer[fault.Panic] // the first panic of a task
}

// worker is the memory that one goroutine computes in.
type worker struct {
	kernels  *simd.Kernels
	tile     simd.Tile
	patches  simd.Patches
	products simd.Products
	screened simd.Magnitudes
	dealt    simd.Deal
	slide    simd.Slide
	slab     []float32
	sums     []float32
	work     []float32 // the recipe's workspace
	marks    []int32   // the recipe's integers
	segments []segment // of a flat tile
	one      simd.Tile // of one tap, for repeats
}

func newPlan(b *blueprint) *enginePlan {
	c := &convolver{blueprint: b, imageWork: imageWork(b.repeats.problem(b.problem), b.dst)}
	for range b.cores {
		c.workers = append(c.workers, &worker{kernels: b.kernels,
			slab: make([]float32, b.slabLen()), sums: make([]float32, b.sumsLen()), work: make([]float32,
				b.recipe.workspace()), marks: make([]int32, b.recipe.marks()),
			segments: make([]segment, 0, maxVectors*b.kernels.Lanes),
			one:      simd.Tile{Taps: simd.NewTaps([]int{0}), Weight: []float32{1}, Bias: []float32{0}}})
	}
	if _, ok := b.recipe.(*depthwise); ok {
		for _, w := range c.workers {
			clear(w.work) // so that the system provides its pages, see depthwise.slack
		}
	}
	c.crew = newCrew(len(c.workers), c.work)
	plan := &enginePlan{convolver: c}
	plan.leak = runtime.AddCleanup(plan, func(c *crew) { c.close() }, c.crew)
	return plan
}

// Close ends the plan's goroutines and makes later runs report [conv.ErrClosed].
func (e *enginePlan) Close() error {
	e.turn.Lock()
	defer e.turn.Unlock()
	if !e.closed {
		e.closed = true
		e.leak.Stop()
		e.crew.close()
	}
	return nil
}

// Describe says which algorithm was chosen and why.
func (e *enginePlan) Describe() conv.Description { return e.describe() }

// Run computes dst from src. Calls from several goroutines take turns.
func (e *enginePlan) Run(dst, src *conv.Tensor) error {
	defer runtime.KeepAlive(e)
	return e.convolve(dst, src)
}

func (c *convolver) convolve(dst, src *conv.Tensor) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	if c.closed {
		return errClosed("plan")
	}
	if first := c.run.panicked.Load(); first != nil {
		return first
	}
	if err := c.asked.CheckRun(dst, src); err != nil {
		return err
	}
	workers := c.awake(src.Shape.N(), c.crew.attend(time.Now()))
	c.deal(dst, src, workers)
	c.crew.run(min(workers, c.run.tasks))
	c.run.dst, c.run.src = nil, nil
	if first := c.run.panicked.Load(); first != nil {
		return first
	}
	return nil
}

func errClosed(what string) error {
	return &fault.Error{Package: "cpu", Argument: what, Err: conv.ErrClosed}
}

// A run has one worker for each workPerWorker multiplications: at least one, and at most all. At 80 GFLOP/s, which a
// core with AVX2 makes, that many take 0.1 ms; waking a goroutine on another core takes half of that. If the helpers
// begin at once, an eighth is enough: workBrisk takes 13 µs. Each pixel that is read and each output that is written
// counts as numberWork multiplications.
const (
	workPerWorker = 1 << 22
	workBrisk     = 1 << 19
	numberWork    = 11
)

// imageWork returns the work of one image, in multiplications, as workPerWorker counts them. p has the filters that are
// computed, and dst the outputs of all.
func imageWork(p conv.Problem, dst conv.Shape) float64 {
	p.Src[0] = 1
	numbers := float64(p.Src.C())*float64(p.Src.H())*float64(p.Src.W()) +
		float64(dst.C())*float64(dst.H())*float64(dst.W())
	return p.MACs() + numberWork*numbers
}

// tasksPerWorker is about how many tasks a run is cut into for each worker, if there are rows enough. So all cores stay
// busy until the end: if a core is interrupted, or has a slower task, the others take more tasks.
const tasksPerWorker = 4

// awake returns how many workers a run of this many images has. brisk says whether helpers begin at once.
func (c *convolver) awake(images int, brisk bool) int {
	if c.eager {
		return len(c.workers)
	}
	least := float64(workPerWorker)
	if brisk {
		least = workBrisk
	}
	return min(len(c.workers), max(1, int(float64(images)*c.imageWork/least)))
}

// deal cuts a run into tasks for this many workers.
func (c *convolver) deal(dst, src *conv.Tensor, workers int) {
	r := &c.run
	height, step := c.dst.H(), c.recipe.rowStep()
	most := src.Shape.N() * c.problem.Groups
	r.together = 1
	if !c.finisher.needed() {
		r.together = max(1, min(c.recipe.together(), c.problem.Groups, most/(tasksPerWorker*workers)))
	}
	r.dst, r.src, r.rows = dst, src, c.rows
	r.images = c.imagesPerTask(src.Shape.N(), workers)
	whole := ceilDiv(src.Shape.N(), r.images) * ceilDiv(c.problem.Groups, r.together)
	if whole > 0 && workers > 1 && r.images == 1 {
		bands := min(height, ceilDiv(tasksPerWorker*workers, whole))
		r.rows = min(c.rows, ceilDiv(ceilDiv(height, bands), step)*step)
	}
	r.bands = ceilDiv(height, r.rows)
	r.cuts = c.cutsPerGroup(whole*r.bands, workers)
	r.tasks = whole * r.bands * r.cuts
	r.next.Store(0)
}

// imagesPerTask returns how many images a task of a run has: as many as the plan allows, but so few that each worker
// gets as many tasks as the others.
func (c *convolver) imagesPerTask(images, workers int) int {
	if images == 0 || c.images == 1 {
		return 1
	}
	perGroup := ceilDiv(workers, c.problem.Groups) // tasks for one group, at least
	sets := ceilDiv(ceilDiv(images, c.images), perGroup) * perGroup
	return ceilDiv(images, min(sets, images))
}

// cutsPerGroup returns into how many parts the filters of each group are cut, if a run has this many tasks without
// that.
func (c *convolver) cutsPerGroup(tasks, workers int) int {
	if tasks == 0 || workers == 1 || c.finisher.needed() {
		return 1
	}
	return min(c.recipe.cuts(), ceilDiv(workers, tasks))
}

// work takes tasks until none is left. After a panic no worker takes another task, and the plan cannot be used any
// more, because its state is unknown.
func (c *convolver) work(number int) {
	defer func() {
		if p := fault.Recovered(recover()); p != nil {
			c.run.panicked.CompareAndSwap(nil, p)
			c.run.next.Store(int64(c.run.tasks))
		}
	}()
	w := c.workers[number]
	for task := int(c.run.next.Add(1)) - 1; task < c.run.tasks; task = int(c.run.next.Add(1)) - 1 {
		c.compute(w, task)
	}
}

// compute computes a task: one band of rows, for the groups, the filters and the images of the task.
func (c *convolver) compute(w *worker, task int) {
	r := &c.run
	perSet := ceilDiv(c.problem.Groups, r.together)
	band, cut, task := task%r.bands, task/r.bands%r.cuts, task/r.bands/r.cuts
	group, n := task%perSet*r.together, task/perSet*r.images
	lo := band * r.rows
	hi := min(lo+r.rows, c.dst.H())
	first, last := c.finisher.rows(lo, hi)
	p := part{src: r.src, image: n, images: min(r.images, r.src.Shape.N()-n), group: group,
		groups: min(r.together, c.problem.Groups-group), first: first, rows: last - first, cut: cut, cuts: r.cuts}

	dstC, size := c.dst.C()/c.problem.Groups, c.dst.H()*c.dst.W()
	image := c.dst.C() * size
	dst := r.dst.Data[n*image+group*dstC*size:][:(p.images-1)*image+p.groups*dstC*size]
	if !c.finisher.needed() {
		c.sums(w, output{data: dst[lo*c.dst.W():], plane: size, image: image}, p)
		return
	}
	plane := p.rows * c.finisher.sums.W()
	sums := output{data: w.sums, plane: plane, image: c.problem.Weight[0] / c.problem.Groups * plane}
	c.sums(w, sums, p)
	for m := range p.images {
		for k := range dstC {
			at := m*image + k*size
			c.finisher.finish(dst[at+lo*c.dst.W():at+hi*c.dst.W()], w.sums[m*sums.image:], p.rows, k)
		}
	}
}

// sums computes the sums of a part, for all filters of its groups or of its cut.
func (c *convolver) sums(w *worker, o output, p part) {
	c.recipe.band(w, c.repeats.among(o), p)
	c.repeats.fill(w, o, p.images, p.rows*c.finisher.sums.W())
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
