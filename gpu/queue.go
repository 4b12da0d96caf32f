//go:build cgo && !nogl

package gpu

import (
	"slices"
	"sync"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
)

// job is a batch that was given to Run, Submit or RunPhases.
type job struct {
	dst, src *conv.Tensor
	stripes  *conv.Stripes // in place of src, if the plan makes the images
	pieces   int           // images, or bands of them if the plan cuts images
	measured *measured     // nil if the outputs themselves come back

	// Only the device's thread uses these.
	next   int   // the first piece that is not yet launched
	flying int   // parts in the air
	err    error // the first error; after it no part is launched
	unsure []int // images of stripes with a pixel that is not sure

	done   chan struct{} // of Submit: closed when result is set
	result error
}

// newJob makes a job of a batch whose shapes were checked.
func (p *plan) newJob(dst, src *conv.Tensor) *job {
	return &job{dst: dst, src: src, pieces: p.Bands.Pieces(src.Shape.N())}
}

// cut takes the next part of the job, of at most chunk pieces. It returns false if there is none left.
func (j *job) cut(chunk int) (part, bool) {
	if j.measured != nil {
		chunk = min(chunk, j.measured.by.Pieces)
	}
	lo := j.next
	if lo == j.pieces {
		return part{}, false
	}
	j.next = min(lo+chunk, j.pieces)
	return part{job: j, lo: lo, hi: j.next}, true
}

func (j *job) fail(err error) {
	if j.err == nil {
		j.err = err
	}
	j.next = j.pieces
}

func (j *job) finished() bool { return j.next == j.pieces && j.flying == 0 }

// Wait implements [conv.Pending].
func (j *job) Wait() error {
	<-j.done
	return j.result
}

// queue holds jobs in the order in which they were given, until all their parts are launched. Several goroutines share
// it.
type queue struct {
	mutex sync.Mutex
	jobs  []*job
}

func (q *queue) add(j *job) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.jobs = append(q.jobs, j)
}

// cut takes the next part of the first job that has one. It returns false if there is none.
func (q *queue) cut(chunk int) (part, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for ; len(q.jobs) > 0; q.jobs = q.jobs[1:] {
		if given, ok := q.jobs[0].cut(chunk); ok {
			return given, true
		}
	}
	return part{}, false
}

func (q *queue) drop(j *job) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.jobs = slices.DeleteFunc(q.jobs, func(other *job) bool { return other == j })
}

// Run implements [conv.Plan]. It splits a large batch into chunks. Chunks overlap in time, up to one for each flight of
// the plan.
func (p *plan) Run(dst, src *conv.Tensor) error {
	if err := p.Problem.CheckRun(dst, src); err != nil {
		return err
	}
	j := p.newJob(dst, src)
	p.queue.add(j)
	return p.finish(j)
}

// Submit implements [conv.Submitter].
func (p *plan) Submit(dst, src *conv.Tensor) (conv.Pending, error) {
	if err := p.Problem.CheckRun(dst, src); err != nil {
		return nil, err
	}
	j := p.newJob(dst, src)
	j.done = make(chan struct{})
	p.queue.add(j)
	parallel.Start(func() error {
		defer close(j.done)
		j.result = fault.Guard(func() error { return p.finish(j) })
		return nil
	})
	return j, nil
}

// RunPhases implements [conv.Phaser].
func (p *plan) RunPhases(dst, src *conv.Tensor) (took conv.Timings, err error) {
	if err := p.Problem.CheckRun(dst, src); err != nil {
		return took, err
	}
	j := p.newJob(dst, src)
	err = p.device.do(func() error {
		if p.closed {
			return closedPlan()
		}
		for len(p.air) > 0 {
			p.landOldest()
		}
		before := p.timings
		p.stepwise = true
		for !j.finished() {
			given, _ := j.cut(p.Description.Chunk)
			p.start(given)
			p.landOldest()
		}
		p.stepwise = false
		took = p.timings.Sub(before)
		return j.err
	})
	return took, err
}

// finish works until the queued job j is done. It does the jobs before j first. While flights are free it also launches
// jobs after j, so that the device has work while the outputs of j are read back.
func (p *plan) finish(j *job) error {
	err := p.device.do(func() error {
		if p.closed {
			return closedPlan()
		}
		for !j.finished() {
			p.fill()
			p.landOldest()
		}
		return j.err
	})
	if err != nil {
		p.queue.drop(j) // in case it is still queued
	}
	return err
}

func closedPlan() error { return errorf("plan: %w", conv.ErrClosed) }

// fill launches parts from the queue while flights are free.
func (p *plan) fill() {
	for len(p.air) < len(p.flights) {
		given, ok := p.queue.cut(p.Description.Chunk)
		if !ok {
			return
		}
		p.start(given)
	}
}

// start launches a part on a free flight. There must be one.
func (p *plan) start(given part) {
	f := &p.flights[p.turn]
	if given.job.measured != nil {
		f.answers = &given.job.measured.by.answers[p.turn]
	}
	if err := p.launch(f, given); err != nil {
		given.job.fail(err)
		return
	}
	given.job.flying++
	p.air = append(p.air, f)
	p.turn = (p.turn + 1) % len(p.flights) // flights land in the order in which they were launched
}

// landOldest lands the flight that has been in the air longest, if there is one.
func (p *plan) landOldest() {
	if len(p.air) == 0 {
		return
	}
	f := p.air[0]
	p.air = p.air[1:]
	j := f.part.job
	if err := p.land(f); err != nil {
		j.fail(err)
	}
	j.flying--
}
