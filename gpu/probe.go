//go:build cgo && !nogl

package gpu

import (
	"os"
	"slices"

	"gpuconv/gpu/internal/egl"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Probe tries to open the devices that [Open] would try or, if all is true, those of [Devices]. It first loads the
// libraries of EGL's vendors and lists the places to try. Each device that opens runs a shader that does nothing. Probe
// calls report before and after each step. Call it in a child process, as package gpu/probe does: a driver may end the
// process or hang. Then the last step was reported without Done, and says where. On Linux, Probe gives the signals of a
// crash, such as SIGABRT, their default action for the rest of the process.
//
// The error is that of Open or Devices.
func Probe(o Options, all bool, report func(Step)) error {
	egl.DieOnCrash() // otherwise Go's stacks hide the driver's last words
	vendors := egl.Vendors()
	if o.Provider.resolve() != EGL {
		vendors = nil
	}
	for _, v := range vendors {
		if _, ok := o.without(v.File); ok {
			continue
		}
		report(Step{Place: v.File, Vendor: v.Library})
		report(Step{Place: v.File, Vendor: v.Library, Done: true, Err: text(v.Load())})
	}
	report(Step{Place: Listing})
	candidates, err := o.candidates()
	report(Step{Place: Listing, Done: true, Err: text(err)})
	if err != nil {
		return o.Device.failed(err)
	}
	chosen := ""
	if o.Device, chosen, err = o.Device.settle(candidates, os.LookupEnv); err != nil {
		return o.Device.failed(err)
	}
	rounds := [][]candidate{o.Device.order(candidates)}
	if all {
		numbered := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return c.index < 0 })
		others := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return c.index >= 0 })
		rounds = [][]candidate{numbered, others}
	}
	var reasons []error
	for _, round := range rounds {
		opened, failed := probeEach(round, o, all, report)
		if opened {
			return nil
		}
		reasons = append(reasons, failed...)
	}
	return noDevice(o.Device, chosen, candidates, reasons)
}

// probeEach tries candidates: all of them, or until one opens. It reports whether one has opened, and why the others
// have not.
func probeEach(candidates []candidate, o Options, all bool, report func(Step)) (opened bool, reasons []error) {
	for _, c := range candidates {
		if p, ok := o.without(c.name); ok {
			reasons = append(reasons, p)
			continue
		}
		report(Step{Place: c.name})
		d, err := openCandidate(c, o, func(*Device) {})
		if err == nil {
			err = d.thread.do(d.dispatchNothing)
			d.thread.close()
		}
		if err != nil {
			report(Step{Place: c.name, Done: true, Err: err.Error()})
			reasons = append(reasons, err)
			continue
		}
		report(Step{Place: c.name, Done: true, Info: &d.info})
		if opened = true; !all {
			return true, nil
		}
	}
	return opened, reasons
}

// dispatchNothing runs a shader that does nothing: a driver that opens contexts may still crash when it compiles.
func (d *Device) dispatchNothing() error {
	const nothing = "#version 430 core\nlayout(local_size_x = 1) in;\nvoid main() {}\n"
	handle, err := d.link(recipe.Key{Shader: "probe"}, nothing)
	if err != nil {
		return err
	}
	gl.UseProgram(handle)
	gl.DispatchCompute(1, 1, 1)
	gl.Finish()
	gl.DeleteProgram(handle)
	return d.glError("a dispatch")
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
