package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"gpuconv/bench"
	"gpuconv/cpu"
	"gpuconv/gpu"
	"gpuconv/guest"
	"gpuconv/machine"
)

// subjects opens the backends that --backend names. asked says that --backend was given. If it was not, a GPU that
// cannot be opened is listed in absent, unless a scheduler gave it to this process. closeAll closes all devices, unless
// ctx is done.
func (f *benchFlags) subjects(ctx context.Context, asked bool) (all []bench.Subject, absent []bench.BackendInfo,
	closeAll func(), err error) {
	var devices []chosen
	closeAll = func() {
		if ctx.Err() == nil { // after an interrupt a device may still be at work, and the process ends
			for _, d := range devices {
				closeSoon(d.close)
			}
		}
	}
	for _, name := range f.names() {
		b := backendFlags{backend: name, untuned: true}
		if name == "gpu" {
			b.deviceFlags = f.deviceFlags
		}
		d, err := b.open(ctx)
		switch {
		case err != nil && name == "gpu" && !asked && !f.ofTask() && ctx.Err() == nil:
			absent = append(absent, bench.BackendInfo{Backend: name, Threads: runtime.GOMAXPROCS(0),
				Device: "no OpenGL device", Absent: oneLine(err.Error())})
			continue
		case err != nil:
			closeAll()
			return nil, nil, nil, err
		}
		devices = append(devices, d)
		made, err := d.subjects()
		if err != nil {
			closeAll()
			return nil, nil, nil, err
		}
		all = append(all, made...)
	}
	if f.guest.shader != "" {
		d, made, err := f.guestSubject(ctx)
		if err != nil {
			closeAll()
			return nil, nil, nil, err
		}
		devices, all = append(devices, d), append(all, made)
	}
	return all, absent, closeAll, nil
}

// guestSubject opens a device for the shader of --shader. It computes in this process, because the times of a child
// process would include the messages between the processes.
func (f *benchFlags) guestSubject(ctx context.Context) (chosen, bench.Subject, error) {
	shader, _, err := f.guest.readShader(ctx)
	if err != nil {
		return chosen{}, bench.Subject{}, err
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, untuned: true}
	d, err := b.open(ctx)
	if err != nil {
		return chosen{}, bench.Subject{}, err
	}
	info := d.benchInfo(runtime.GOMAXPROCS(0))
	info.Backend, info.Peer = shader.Name, true
	device, ok := d.Backend.(*gpu.Device)
	if !ok {
		return chosen{}, bench.Subject{}, refused("shader", f.guest.shader, errors.New("want an OpenGL device for it"))
	}
	return d, bench.Subject{Backend: guest.Open(device, shader, false), Info: info}, nil
}

// roofed is implemented by devices that can measure their peak rates, in about the given time: see
// bench.Subject.Roof.
type roofed interface {
	Roof(budget time.Duration) (flops, bytes float64, err error)
}

// subjects returns an open backend as subjects to time: the CPU engine with all threads and with one, others with all
// threads only.
func (c chosen) subjects() (all []bench.Subject, err error) {
	fma, err := cpu.Engine{}.Probe()
	if err != nil {
		return nil, err
	}
	threads := []int{runtime.GOMAXPROCS(0)}
	if c.name == "cpu" && threads[0] > 1 {
		threads = append(threads, 1)
	}
	for _, n := range threads {
		s := bench.Subject{Backend: c.Backend, Info: c.benchInfo(n), FMA: fma, Roof: bench.RoofOf(fma, n)}
		if c.name == "cpu" {
			if s.FMA, err = (cpu.Engine{ISA: c.isa}).Probe(); err != nil {
				return nil, err
			}
			s.Roof = bench.RoofOf(s.FMA, n)
		}
		if c.name == "gpu" {
			s.Roof = nil
			if r, ok := c.Backend.(roofed); ok {
				s.Roof = r.Roof
			}
			if !c.device.Software {
				s.FMA = nil
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// benchInfo describes an open backend that uses the given number of threads.
func (c chosen) benchInfo(threads int) bench.BackendInfo {
	b := bench.BackendInfo{Backend: c.name, Threads: threads, Device: machine.Processor()}
	switch c.name {
	case "cpu":
		b.ISA = c.isa.String()
	case "gpu":
		b.Device, b.Software, b.Driver, b.Vendor = c.device.String(), c.device.Software, c.device.Version,
			c.device.Vendor
	}
	return b
}
