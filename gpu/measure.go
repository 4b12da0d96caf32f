//go:build cgo && !nogl

package gpu

import (
	"slices"
	"sort"
	"time"
	"unsafe"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// measuring is a [conv.Measuring] of a plan: its programs, and for each flight of the plan buffers for what comes back.
type measuring struct {
	recipe.Measuring
	plan *plan

	// Only the device's thread uses these.
	programs []*program // of Stages, then the one that copies single outputs
	table    buffer
	answers  []answers // of the flights
	closed   bool
}

// answers holds the numbers of a flight's part, and then single outputs.
type answers struct {
	picks buffer // the places of these outputs
	dst   buffer
	down  mapping // on the mapped route dst is copied to it
	room  int     // how many floats dst has room for
}

// measured says what a job measures.
type measured struct {
	by      *measuring
	numbers []float32
	picks   []int // which outputs come back, ascending
}

// Measuring implements [conv.Measurer]. It compiles the programs that the device does not have yet.
func (p *plan) Measuring(measures []conv.Measure) (conv.Measuring, error) {
	drawn, err := recipe.DrawMeasuring(p.Blueprint, measures)
	if err != nil {
		return nil, err
	}
	m := &measuring{Measuring: drawn, plan: p}
	err = p.device.do(func() error {
		if p.closed {
			return closedPlan()
		}
		p.measurings = append(p.measurings, m)
		return m.allocate()
	})
	if err != nil {
		m.Close() // releases what allocate made
		return nil, err
	}
	return m, nil
}

// allocate makes all that the measuring holds on the device, and dispatches one work-group of each program, as
// [plan.try] does.
func (m *measuring) allocate() (err error) {
	defer m.plan.compiling(time.Now())
	d := m.plan.device
	for _, key := range m.Programs() {
		made, err := d.program(key)
		if err != nil {
			return err
		}
		m.programs = append(m.programs, made)
	}
	if m.table, err = d.newBuffer("measures", 4*len(m.Table), floats(m.Table), gl.STATIC_DRAW); err != nil {
		return err
	}
	m.answers = make([]answers, len(m.plan.flights))
	for i := range m.answers {
		if err := m.grow(&m.answers[i], m.Pieces*m.Numbers); err != nil {
			return err
		}
	}
	m.plan.trying = true
	m.dispatch(&m.answers[0], m.plan.flights[0].dst, m.Pieces, []int32{0})
	m.plan.trying = false
	gl.Finish()
	return d.glError("trying programs of measures")
}

// floats returns the same words as floats, for buffers.
func floats(words []int32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(words))), len(words))
}

// grow gives answers room for at least this many floats.
func (m *measuring) grow(a *answers, room int) (err error) {
	if room <= a.room {
		return nil
	}
	room = max(room, 2*a.room)
	a.release()
	d := m.plan.device
	if a.dst, err = d.newBuffer("answers", 4*room+m.plan.guardBytes(), nil, deviceMemory); err != nil {
		return err
	}
	if m.plan.Transfers.Route == recipe.Mapped {
		if a.down, err = d.newMapping("readbacks of answers", 4*room, gl.MAP_READ_BIT,
			gl.CLIENT_STORAGE_BIT); err != nil {
			return err
		}
	}
	a.room = room
	return nil
}

func (a *answers) release() {
	a.picks.delete()
	a.dst.delete()
	a.down.delete()
	a.room = 0
}

// release gives the programs back and deletes what else the measuring holds on the device.
func (m *measuring) release() {
	m.closed = true
	for _, used := range m.programs {
		m.plan.device.giveBack(used)
	}
	m.table.delete()
	for i := range m.answers {
		m.answers[i].release()
	}
}

// Run implements [conv.Measuring].
func (m *measuring) Run(numbers []float32, maps, src *conv.Tensor, outputs []int) error {
	if err := m.plan.Problem.CheckRun(maps, src); err != nil {
		return err
	}
	return m.run(m.plan.newJob(maps, src), numbers, outputs)
}

// RunStripes implements [conv.Measuring].
func (m *measuring) RunStripes(numbers []float32, maps *conv.Tensor, images *conv.Stripes,
	outputs []int) (unsure []int, err error) {
	if err := m.plan.Problem.CheckStripes(maps, images); err != nil {
		return nil, err
	}
	j := &job{dst: maps, stripes: images, pieces: images.Shape.N()}
	err = m.run(j, numbers, outputs)
	return j.unsure, err
}

// run measures the batch of a job whose shapes were checked.
func (m *measuring) run(j *job, numbers []float32, outputs []int) error {
	if want := j.pieces * m.Numbers; len(numbers) != want {
		return errorf("measures: room for %d numbers, want %d", len(numbers), want)
	}
	size := len(j.dst.Data)
	if n := len(outputs); n > 0 && (!slices.IsSorted(outputs) || outputs[0] < 0 || outputs[n-1] >= size) {
		return errorf("measures: outputs from %d to %d: want ascending numbers below %d", outputs[0], outputs[n-1],
			size)
	}
	j.measured = &measured{m, numbers, outputs}
	m.plan.queue.add(j)
	return m.plan.finish(j)
}

// Close implements [conv.Measuring].
func (m *measuring) Close() error {
	return m.plan.closing("closing measures", &m.closed, func() {
		m.release()
		m.plan.measurings = slices.DeleteFunc(m.plan.measurings, func(other *measuring) bool { return other == m })
	})
}

// picks returns the numbers, among all outputs of the job, of those outputs of a part that come back.
func (p *plan) picks(given part) []int {
	m := given.job.measured
	lo := sort.SearchInts(m.picks, given.lo*m.by.Image())
	return m.picks[lo:sort.SearchInts(m.picks, given.hi*m.by.Image())]
}

// measure tells the device to make the numbers of a part whose outputs it computes into dst, and to copy single
// outputs.
func (p *plan) measure(f *flight, dst buffer, given part) error {
	m := given.job.measured.by
	if m.closed {
		return errorf("measures: %w", conv.ErrClosed)
	}
	a := f.answers
	picks := p.picks(given)
	places := make([]int32, len(picks))
	for i, at := range picks {
		places[i] = int32(at - given.lo*m.Image())
	}
	pieces := given.hi - given.lo
	if err := m.grow(a, pieces*m.Numbers+len(picks)); err != nil {
		return err
	}
	if p.device.options.Guard {
		a.dst.fill(answersFill)
	}
	m.dispatch(a, dst, pieces, places)
	if a.down.handle != 0 {
		p.device.seam.copyBuffer(a.dst.handle, a.down.handle, 4*(pieces*m.Numbers+len(picks)))
	}
	if !p.device.options.Guard {
		return nil
	}
	return p.checkAfter(a.dst, "answers", 4*(pieces*m.Numbers+len(picks)), given, answersFill)
}

// dispatch runs the programs on the outputs of the first pieces in maps.
func (m *measuring) dispatch(a *answers, maps buffer, pieces int, places []int32) {
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindSrc, maps.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindWeight, m.table.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindDst, a.dst.handle)
	for i, s := range m.Stages {
		for _, work := range m.plan.passes(s, pieces) {
			m.programs[i].dispatch(work)
		}
	}
	if len(places) == 0 {
		return
	}
	if a.picks.handle == 0 {
		gl.GenBuffers(1, &a.picks.handle)
	}
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, a.picks.handle)
	gl.BufferData(gl.SHADER_STORAGE_BUFFER, 4*len(places), gl.Ptr(places), gl.STREAM_DRAW)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindWeight, a.picks.handle)
	work := m.Picks(pieces*m.Numbers, len(places))
	if m.plan.trying { // there is no room after the numbers
		work = m.Picks(0, len(places))
	}
	m.programs[len(m.Stages)].dispatch(work)
}

// collectMeasured copies the numbers of a part that has arrived, and its single outputs, to the caller.
func (p *plan) collectMeasured(f *flight, given part) {
	asked := given.job.measured
	m, picks := asked.by, p.picks(given)
	first, pieces := given.lo*m.Numbers, given.hi-given.lo
	var all []float32
	if f.answers.down.handle != 0 {
		all = f.answers.down.floats()
	} else {
		all = f.answers.dst.read(0, pieces*m.Numbers+len(picks))
	}
	copy(asked.numbers[first:first+pieces*m.Numbers], all)
	for i, at := range picks {
		given.job.dst.Data[at] = all[pieces*m.Numbers+i]
	}
}

var _ conv.Measurer = (*plan)(nil)
