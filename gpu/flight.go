//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"time"

	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// flight holds the buffers for one chunk of images on its way to the device and back. It is in the air from launch to
// land. A plan has one flight for each chunk that can be in the air at the same time.
type flight struct {
	src, dst buffer
	up, down mapping // on the mapped route: up is copied to src, dst to down
	easel    easel   // what else the flight needs for images that the plan makes
	clock    clock
	loan     loan
	fence    uintptr // signalled when the device has done the flight's work; 0 on the ground, or if there is one flight
	part     part    // the part in the air

	answers *answers // of the part in the air, if it is measured
}

// patience is how long a plan with several flights waits for a chunk. Drivers reset a device that computes for some
// seconds. So a device that takes longer than patience hangs. (With one flight, glFinish waits without a limit.)
const patience = 2 * time.Minute

// newFlight allocates a flight's buffers. After an error the caller releases those that were allocated.
func (p *plan) newFlight(f *flight) (err error) {
	src, _, dst := recipe.ImageBytes(p.Piece)
	pieces := p.Description.Chunk
	src, dst = pieces*src, pieces*dst
	if f.src, err = p.device.newBuffer("src", src, nil, deviceMemory); err != nil {
		return err
	}
	if f.dst, err = p.device.newBuffer("dst", dst+p.guardBytes(), nil, deviceMemory); err != nil {
		return err
	}
	if p.Transfers.Route == recipe.Mapped {
		if f.up, err = p.device.newMapping("uploads", src, gl.MAP_WRITE_BIT, 0); err != nil {
			return err
		}
		if f.down, err = p.device.newMapping("readbacks", dst, gl.MAP_READ_BIT, gl.CLIENT_STORAGE_BIT); err != nil {
			return err
		}
	}
	f.clock = newClock()
	return p.device.glError("making timer queries")
}

// release deletes what the flight holds on the device.
func (f *flight) release() {
	f.src.delete()
	f.dst.delete()
	f.up.delete()
	f.down.delete()
	f.easel.delete()
	f.clock.delete()
	f.deleteFence()
	f.part = part{}
}

func (f *flight) deleteFence() {
	if f.fence != 0 {
		gl.DeleteSync(f.fence)
	}
	f.fence = 0
}

// launch hands a part's images to the device and tells it to compute them. It waits for the device only if the plan
// waits for each phase, lends memory or checks guards.
func (p *plan) launch(f *flight, given part) error {
	f.clock.start(p.stepwise || len(p.flights) > 1)
	defer f.loan.end() // memory is lent for this call only
	src, dst, err := p.send(f, given)
	if err != nil {
		return err
	}
	if err := p.compute(f, src, dst, given); err != nil {
		return err
	}
	if f.down.handle != 0 && given.job.measured == nil {
		f.clock.mark(leaving)
		p.device.seam.copyBuffer(f.dst.handle, f.down.handle, 4*p.outputs(given))
		f.clock.mark(returned)
	}
	if len(p.flights) > 1 { // for a single flight, land waits until the device is idle
		f.fence = gl.FenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)
		gl.Flush()
	}
	given.lent = dst.handle != f.dst.handle
	f.part = given
	return nil
}

// send uploads the images of a part. It returns the buffer that holds the images, and the one that takes the outputs.
func (p *plan) send(f *flight, given part) (src, dst buffer, err error) {
	start := time.Now()
	if src, dst, err = p.upload(f, given); err != nil {
		return src, dst, err
	}
	if p.device.options.Guard {
		p.fillOutputs(f)
	}
	f.clock.mark(uploaded)
	err = p.reached(fmt.Sprintf("uploading %s", p.count(given)))
	p.timings.Upload += time.Since(start)
	return src, dst, err
}

// compute tells the device to compute dst from src. It waits for the device if memory is lent or guards are checked.
func (p *plan) compute(f *flight, src, dst buffer, given part) error {
	start := time.Now()
	p.dispatch(src, dst, given.hi-given.lo)
	if given.job.measured != nil {
		if err := p.measure(f, dst, given); err != nil {
			return err
		}
	}
	f.clock.mark(computed)
	if f.loan.taken() {
		gl.Finish()
	}
	err := p.reached(fmt.Sprintf("computing %s with %s", p.count(given), p.Description.Algorithm))
	p.timings.Kernel += time.Since(start)
	if err != nil {
		return err
	}
	return p.checkGuard(f, given)
}

// reached returns the error of a phase, if there was one. If the plan waits for each phase, reached first waits until
// the device has done it.
func (p *plan) reached(phase string) error {
	if p.stepwise {
		gl.Finish()
	}
	return p.device.glError(phase)
}

// upload copies the images of a part to the device, or lends their memory. It also lends the memory of the outputs if
// it can.
func (p *plan) upload(f *flight, given part) (src, dst buffer, err error) {
	src, dst = f.src, f.dst
	if own := p.ownOutputs(given); given.job.measured == nil && p.lends(own) {
		if dst, err = f.loan.take(p.device, "dst", own); err != nil {
			return src, dst, err
		}
	}
	if given.job.stripes != nil {
		return src, dst, p.paint(f, given)
	}
	own := p.ownPixels(given)
	switch {
	case p.lends(own):
		src, err = f.loan.take(p.device, "src", own)
	case f.up.handle != 0:
		p.gather(f.up.floats(), given)
		p.device.seam.copyBuffer(f.up.handle, f.src.handle, 4*p.pixels(given))
	default:
		if own == nil {
			own = p.staging[:p.pixels(given)]
			p.gather(own, given)
		}
		gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, f.src.handle)
		gl.BufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(own), gl.Ptr(own))
	}
	return src, dst, err
}

// lends reports whether shaders use data in the caller's memory, without a copy. With Guard they do not: Guard needs
// extra bytes after the outputs.
func (p *plan) lends(data []float32) bool {
	return !p.device.options.Guard && p.Transfers.Lendable(data)
}

// land waits for a flight and copies its outputs to the caller. After that the flight is free.
func (p *plan) land(f *flight) error {
	given := f.part
	f.part = part{}
	start := time.Now()
	err := p.arrived(f, given)
	waited := time.Now()
	if err == nil && given.job.stripes != nil {
		given.job.unsure = append(given.job.unsure, p.unsure(f, given)...)
	}
	if err == nil && given.job.err == nil && !given.lent { // nobody reads the dst of a failed job
		p.collect(f, given)
		err = p.device.glError(fmt.Sprintf("reading %s back", p.count(given)))
	}
	if p.stepwise { // compute has waited for the kernel: this wait was for the copy to mapped memory
		p.timings.Readback += time.Since(start)
	} else {
		p.timings.Kernel += waited.Sub(start)
		p.timings.Readback += time.Since(waited)
	}
	if err == nil {
		f.clock.read(&p.timings.Device)
	}
	return err
}

// arrived waits until the device has done a flight's work.
func (p *plan) arrived(f *flight, given part) error {
	defer f.deleteFence()
	if f.fence == 0 {
		gl.Finish()
		return nil
	}
	switch p.device.seam.waitSync(f.fence, gl.SYNC_FLUSH_COMMANDS_BIT, uint64(patience)) {
	case gl.ALREADY_SIGNALED, gl.CONDITION_SATISFIED:
		return nil
	case gl.TIMEOUT_EXPIRED:
		return errorf("computing %s with %s: the device has not finished after %v",
			p.count(given), p.Description.Algorithm, patience)
	}
	if err := p.device.glError("waiting for the device"); err != nil {
		return err
	}
	return errorf("computing %s with %s: the device cannot be waited for", p.count(given), p.Description.Algorithm)
}

// collect copies outputs to the caller from a flight that has arrived.
func (p *plan) collect(f *flight, given part) {
	if given.job.measured != nil {
		p.collectMeasured(f, given)
		return
	}
	if f.down.handle != 0 {
		p.scatter(given, f.down.floats())
		return
	}
	to := p.ownOutputs(given)
	if to == nil {
		to = p.staging[:p.outputs(given)]
		defer p.scatter(given, to)
	}
	alone := len(p.air) == 0 // otherwise the clock would wait for another flight's work
	if alone {
		f.clock.mark(leaving)
	}
	gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, f.dst.handle)
	gl.GetBufferSubData(gl.SHADER_STORAGE_BUFFER, 0, 4*len(to), gl.Ptr(to))
	if alone {
		f.clock.mark(returned)
	}
}
