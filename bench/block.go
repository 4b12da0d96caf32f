package bench

import (
	"context"
	"math"
	"time"

	"gpuconv/conv"
)

// shortest is how long a sample takes at least. A run that takes less time is repeated, and the sample is the mean. So
// the resolution of the clock, and the code around a run, do not matter.
const shortest = 2 * time.Millisecond

// Each time the samples have taken gaugeEvery, the gauge works for the share gaugePart of the time that they took, and
// for the duration shortest at least.
const (
	gaugeEvery = 20 * time.Millisecond
	gaugePart  = 0.05
)

// measured is the result of one block of samples. Unless a field says otherwise, times are in seconds of a run.
type measured struct {
	round                           int
	total, upload, kernel, readback []float64 // one for each sample; a phase that the plan does not have has none
	compile                         float64   // of Plan and a first run of one image together
	// cpu and joules are the CPU time and the energy of a run, as means over samples. probe is the time of 10⁹
	// operations of the gauge: see gauge.seconds.
	cpu, probe, joules float64
	timer              bool // the plan times its phases
}

// seconds returns how long all samples took together. runs is the number of runs in a sample.
func (m measured) seconds(runs int) (sum float64) {
	for _, s := range m.total {
		sum += s * float64(runs)
	}
	return sum
}

// entry is a case on a subject, and its results.
type entry struct {
	*prepared
	subject     *Subject
	description conv.Description
	runs        int     // how many are in one sample
	estimate    float64 // seconds of a run, from scout
	took        float64 // seconds of the last block, with its plan and warm-up
	blocks      []measured
	wrong       string // what is wrong with an output, or ""
	missing     string // why it is not timed, or ""
}

// prepared is a case with its tensors.
type prepared struct {
	Case
	src, dst, weight *conv.Tensor
	bias             []float32
	check            *check
}

// samples returns, for each block, the times that part selects. It leaves out blocks from which part selects none.
func (e *entry) samples(part func(measured) []float64) (blocks [][]float64) {
	for _, b := range e.blocks {
		if s := part(b); len(s) > 0 {
			blocks = append(blocks, s)
		}
	}
	return blocks
}

// count returns how many samples all blocks have, and how many seconds these took.
func (e *entry) count() (count int, seconds float64) {
	for _, b := range e.blocks {
		count += len(b.total)
		seconds += b.seconds(e.runs)
	}
	return count, seconds
}

// block takes one block: it plans, warms up, takes at least count samples and at least the given seconds of them, and
// judges the last output. wrong says what is wrong with that output, or is "".
func (e *entry) block(ctx context.Context, round, count int, seconds float64, energy meter,
	g *gauge) (m measured, wrong string, err error) {
	err = e.subject.withThreads(func() error {
		start := time.Now()
		plan, err := e.subject.Plan(e.Problem, e.weight, e.bias)
		if err != nil {
			return err
		}
		defer plan.Close()
		if err := plan.Run(e.dst.Images(0, 1), e.src.Images(0, 1)); err != nil {
			return err
		}
		m = measured{round: round, compile: time.Since(start).Seconds()}
		if err := e.warmUp(plan); err != nil {
			return err
		}
		e.check.poison(e.dst)
		if err := e.sample(ctx, plan, &m, count, seconds, energy, g); err != nil {
			return err
		}
		wrong = e.check.judge(e.dst, e.description)
		return nil
	})
	return m, wrong, err
}

// warm is how many seconds a warm-up takes at most, by the estimate, unless one image takes longer.
const warm = 0.2

// warmUp runs as many images as fill the plan's buffers (a chunk), or fewer if these take too long. After that the
// buffers are in memory and in caches.
func (e *entry) warmUp(plan conv.Plan) error {
	images := min(e.Problem.Src.N(), max(1, e.description.Chunk),
		max(1, int(warm*float64(e.Problem.Src.N())/e.estimate)))
	return plan.Run(e.dst.Images(0, images), e.src.Images(0, images))
}

// sample takes the samples of a block.
func (e *entry) sample(ctx context.Context, plan conv.Plan, m *measured, count int, seconds float64, energy meter,
	g *gauge) error {
	timer, ok := plan.(conv.Timer)
	m.timer = ok
	since := 0.0
	g.measure(shortest)
	for spent := 0.0; len(m.total) < count || spent < seconds; {
		if err := ctx.Err(); err != nil && len(m.total) == 0 {
			return err
		} else if err != nil {
			break // the samples so far count
		}
		took, err := e.timed(plan, timer, m, energy)
		if err != nil {
			return err
		}
		spent += took
		if since += took; since >= gaugeEvery.Seconds() {
			g.measure(time.Duration(max(shortest.Seconds(), gaugePart*since) * 1e9))
			since = 0
		}
	}
	if since > 0 {
		g.measure(shortest)
	}
	samples := float64(len(m.total))
	m.cpu, m.joules = m.cpu/samples, m.joules/samples
	m.probe = g.seconds()
	return nil
}

// timed takes one sample, and adds its CPU time and energy to the sums m.cpu and m.joules. took is how long all of its
// runs took.
func (e *entry) timed(plan conv.Plan, timer conv.Timer, m *measured, energy meter) (took float64, err error) {
	var before, after conv.Timings
	if timer != nil {
		before = timer.Timings()
	}
	joules, cpu := energy.read(), cpuSeconds()
	start := time.Now()
	for range e.runs {
		if err := plan.Run(e.dst, e.src); err != nil {
			return 0, err
		}
	}
	took = time.Since(start).Seconds()
	runs := float64(e.runs)
	m.cpu += (cpuSeconds() - cpu) / runs
	m.joules += energy.joules(joules, energy.read()) / runs
	m.total = append(m.total, took/runs)
	if phaser, ok := plan.(conv.Phaser); ok && !e.subject.Info.Software {
		return took, e.phases(phaser, m)
	}
	if timer != nil {
		after = timer.Timings()
		m.upload = append(m.upload, (after.Upload-before.Upload).Seconds()/runs)
		m.kernel = append(m.kernel, (after.Kernel-before.Kernel).Seconds()/runs)
		m.readback = append(m.readback, (after.Readback-before.Readback).Seconds()/runs)
	}
	return took, nil
}

// phases takes one sample of the phases upload, kernel and readback, which overlap in a normal run. It runs them one
// after the other and times each by the wall clock; the kernel by the device's own clock, if there is one. It is for
// hardware: on a software renderer phases do not overlap, and the times of the normal runs are used.
func (e *entry) phases(plan conv.Phaser, m *measured) error {
	t, err := plan.RunPhases(e.dst, e.src)
	if err != nil {
		return err
	}
	if t.Device.Kernel > 0 {
		t.Kernel = t.Device.Kernel
	}
	m.upload = append(m.upload, t.Upload.Seconds())
	m.kernel = append(m.kernel, t.Kernel.Seconds())
	m.readback = append(m.readback, t.Readback.Seconds())
	return nil
}

// scout estimates how long a run of all images takes, by runs of 1, 2, 4 and so on images. It ends when a run takes
// longer than a quarter of warm, or has all images.
func (e *entry) scout(ctx context.Context) error {
	return e.subject.withThreads(func() error {
		plan, err := e.subject.Plan(e.Problem, e.weight, e.bias)
		if err != nil {
			return err
		}
		defer plan.Close()
		if d, ok := plan.(conv.Describer); ok {
			e.description = d.Describe()
		}
		n := e.Problem.Src.N()
		for images := 1; ctx.Err() == nil; images = min(2*images, n) {
			// The first run of a size is slow.
			if err := plan.Run(e.dst.Images(0, images), e.src.Images(0, images)); err != nil {
				return err
			}
			took, err := e.fastest(plan, images)
			if err != nil {
				return err
			}
			if images == n || took > warm/4 {
				e.estimate = took * float64(n) / float64(images)
				e.runs = max(1, int(math.Ceil(shortest.Seconds()/e.estimate)))
				return nil
			}
		}
		return ctx.Err()
	})
}

// fastest returns the shortest time of a run of the given number of images, in seconds. It makes about three runs, or
// one if that takes longer than warm, since a single short run says little on a busy machine.
func (e *entry) fastest(plan conv.Plan, images int) (float64, error) {
	best := math.Inf(1)
	for start := time.Now(); ; {
		begun := time.Now()
		if err := plan.Run(e.dst.Images(0, images), e.src.Images(0, images)); err != nil {
			return 0, err
		}
		best = min(best, time.Since(begun).Seconds())
		if time.Since(start).Seconds() > min(warm, 3*best) {
			return best, nil
		}
	}
}
