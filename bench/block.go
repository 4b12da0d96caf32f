package bench

import (
	"context"
	"fmt"
	"math"
	"time"

	"gpuconv/conv"
	"gpuconv/machine"
)

// shortest is how long a sample takes at least. A run that takes less time is repeated, and the sample is the mean. So
// the resolution of the clock, and the code around a run, do not matter.
const shortest = 2 * time.Millisecond

// After samples of gaugeEvery in total, the gauge works for gaugePart of the time that they took, but at least for the
// duration shortest.
const (
	gaugeEvery = 20 * time.Millisecond
	gaugePart  = 0.05
)

// measured is the result of one block of samples. Times are in seconds of a run.
type measured struct {
	round int
	times map[string][]float64 // by phase, one for each sample; phases that the plan lacks have none
	// cpu and joules are the CPU time and the energy of a run, as means over samples. probe is the time of 10⁹
	// operations of the gauge.
	cpu, joules, probe float64
}

// entry is a case on a subject, and its results.
type entry struct {
	*prepared
	subject     *measuredSubject
	description conv.Description
	runs        int     // how many are in one sample
	estimate    float64 // seconds of a run, from scout
	took        float64 // seconds of the last block, with plan and warm-up; before the first, of a sample by estimate
	blocks      []measured
	wrong       string // what is wrong with an output, or ""
	missing     string // why it is not timed, or ""
}

// name names the entry in errors.
func (e *entry) name() string { return fmt.Sprintf("case %s on %s", e.Name, e.subject.Info.Label()) }

func (e *entry) samples(phase string) (blocks [][]float64) {
	for _, b := range e.blocks {
		blocks = append(blocks, b.times[phase])
	}
	return blocks
}

// count returns how many samples all blocks have, and how many seconds these took.
func (e *entry) count() (count int, seconds float64) {
	for _, b := range e.blocks {
		count += len(b.times[PhaseTotal])
		for _, s := range b.times[PhaseTotal] {
			seconds += s * float64(e.runs)
		}
	}
	return count, seconds
}

// block takes one block: it plans, warms up, takes at least count samples and at least the given seconds of them, and
// judges the last output. wrong says what is wrong with that output, or is "".
func (e *entry) block(ctx context.Context, count int, seconds float64) (m measured, wrong string, err error) {
	m.times = map[string][]float64{}
	err = e.subject.withThreads(func() error {
		start := time.Now()
		plan, err := e.subject.Plan(e.Problem, e.weight, e.bias)
		if err != nil {
			return err
		}
		defer plan.Close()
		if err := e.run(plan, 1); err != nil {
			return err
		}
		compiled := time.Since(start).Seconds()
		if err := e.warmUp(plan); err != nil {
			return err
		}
		e.check.poison(e.dst)
		if err := e.sample(ctx, plan, &m, count, seconds); err != nil {
			return err
		}
		if _, ok := plan.(conv.Timer); !ok { // on a GPU compiling is Compiling's task: the device has the program
			m.times[PhaseCompile], m.times[PhaseKernel] = []float64{compiled}, m.times[PhaseTotal]
		}
		wrong = e.check.judge(e.dst, e.description)
		return nil
	})
	return m, wrong, err
}

func (e *entry) run(plan conv.Plan, images int) error {
	return plan.Run(e.dst.Images(0, images), e.src.Images(0, images))
}

// warm is how many seconds a warm-up takes at most, by the estimate, unless one image takes longer.
const warm = 0.2

// warmUp runs as many images as fill the plan's buffers (a chunk), or fewer if these take too long. After that the
// buffers are in memory and in caches.
func (e *entry) warmUp(plan conv.Plan) error {
	n := e.Problem.Src.N()
	return e.run(plan, min(n, max(1, e.description.Chunk), max(1, int(warm*float64(n)/e.estimate))))
}

func (e *entry) sample(ctx context.Context, plan conv.Plan, m *measured, count int, seconds float64) error {
	gauge := e.subject.gauge
	since := 0.0
	gauge.Measure(shortest)
	for spent := 0.0; len(m.times[PhaseTotal]) < count || spent < seconds; {
		if ctx.Err() != nil {
			break // the samples so far count
		}
		took, err := e.timed(plan, m)
		if err != nil {
			return err
		}
		spent += took
		if since += took; since >= gaugeEvery.Seconds() {
			gauge.Measure(time.Duration(max(shortest.Seconds(), gaugePart*since) * 1e9))
			since = 0
		}
	}
	samples := float64(len(m.times[PhaseTotal]))
	if samples == 0 {
		return ctx.Err()
	}
	if since > 0 {
		gauge.Measure(shortest)
	}
	m.cpu, m.joules = m.cpu/samples, m.joules/samples
	m.probe = gauge.Seconds()
	return nil
}

// timed takes one sample, and adds its CPU time and energy to the sums m.cpu and m.joules. took is how long all of its
// runs took.
func (e *entry) timed(plan conv.Plan, m *measured) (took float64, err error) {
	var before conv.Timings
	timer, ok := plan.(conv.Timer)
	if ok {
		before = timer.Timings()
	}
	e.subject.energy.Joules()
	cpu, start, runs := machine.CPUSeconds(), time.Now(), float64(e.runs)
	for range e.runs {
		if err := plan.Run(e.dst, e.src); err != nil {
			return 0, err
		}
	}
	took = time.Since(start).Seconds()
	m.cpu += (machine.CPUSeconds() - cpu) / runs
	m.joules += e.subject.energy.Joules() / runs
	m.times[PhaseTotal] = append(m.times[PhaseTotal], took/runs)
	if phaser, ok := plan.(conv.Phaser); ok && !e.subject.Info.Software {
		return took, e.phases(phaser, m)
	}
	if ok {
		m.add(timer.Timings().Sub(before), runs)
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
	m.add(t, 1)
	return nil
}

// add adds a sample of the phases. The times are of the given number of runs.
func (m *measured) add(t conv.Timings, runs float64) {
	m.times[PhaseUpload] = append(m.times[PhaseUpload], t.Upload.Seconds()/runs)
	m.times[PhaseKernel] = append(m.times[PhaseKernel], t.Kernel.Seconds()/runs)
	m.times[PhaseReadback] = append(m.times[PhaseReadback], t.Readback.Seconds()/runs)
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
			if err := e.run(plan, images); err != nil { // the first run of a size is slow
				return err
			}
			took, err := e.fastest(plan, images)
			if err != nil {
				return err
			}
			if images == n || took > warm/4 {
				e.estimate = took * float64(n) / float64(images)
				e.runs = max(1, int(math.Ceil(shortest.Seconds()/e.estimate)))
				e.took = e.estimate * float64(e.runs)
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
	for start := time.Now(); time.Since(start).Seconds() <= min(warm, 3*best); {
		begun := time.Now()
		if err := e.run(plan, images); err != nil {
			return 0, err
		}
		best = min(best, time.Since(begun).Seconds())
	}
	return best, nil
}
