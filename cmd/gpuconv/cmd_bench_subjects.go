package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"gpuconv/bench"
	"gpuconv/conv"
	"gpuconv/cpu"

	"github.com/shirou/gopsutil/v4/host"
	loads "github.com/shirou/gopsutil/v4/load"
)

// subjects opens everybody who is timed. A GPU that nobody asked for by name and that
// is not there is absent.
func (f *benchFlags) subjects(ctx context.Context, asked bool) (all []bench.Subject, absent []bench.BackendInfo, closeAll func(), err error) {
	var devices []chosen
	closeAll = func() {
		if ctx.Err() == nil { // after an interrupt one may still be at work, and the process ends
			for _, d := range devices {
				d.close()
			}
		}
	}
	for _, name := range f.names() {
		b := backendFlags{backend: name, untuned: true}
		if name == "gpu" {
			b.deviceFlags = f.deviceFlags
		}
		var d chosen
		err := await(ctx, func() (err error) { d, err = b.open(); return err })
		switch {
		case err != nil && name == "gpu" && !asked && ctx.Err() == nil:
			absent = append(absent, bench.BackendInfo{Backend: name, Threads: runtime.GOMAXPROCS(0), Device: "no OpenGL device", Absent: oneLine(err.Error())})
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
	return all, absent, closeAll, nil
}

// roofed is the optional power of a device to measure what it could do at most.
type roofed interface {
	Roof(whole time.Duration) (flops, bytes float64, err error)
}

// subjects are what an open backend is timed as: the CPU engine with one thread and
// with all.
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

// benchInfo describes an open backend with so many threads.
func (c chosen) benchInfo(threads int) bench.BackendInfo {
	b := bench.BackendInfo{Backend: c.name, Threads: threads, Device: processor()}
	switch c.name {
	case "cpu":
		b.ISA = c.isa.String()
	case "gpu":
		b.Device, b.Software, b.Driver, b.Vendor = c.device.String(), c.device.Software, c.device.Version, c.device.Vendor
	}
	return b
}

// compileLimit is how long the cold and the warm cache's compiling are timed each, but
// for the first round.
const compileLimit = 8 * time.Second

// timeCompiling is what gpuconv bench --compile does, in a process of its own.
func (f *benchFlags) timeCompiling(ctx context.Context, suite bench.Suite) (bench.Report, error) {
	if f.compile == bench.CacheCold { // read by drivers when they are loaded, and by us
		for name, value := range map[string]string{cacheVariable: "off", "MESA_SHADER_CACHE_DISABLE": "true", "MESA_GLSL_CACHE_DISABLE": "true", "__GL_SHADER_DISK_CACHE": "0"} {
			if err := os.Setenv(name, value); err != nil {
				return bench.Report{}, err
			}
		}
	}
	b := backendFlags{backend: "gpu", deviceFlags: f.deviceFlags, untuned: true}
	first, err := b.open()
	if err != nil {
		return bench.Report{}, err
	}
	defer first.close()
	return bench.Compile(ctx, suite, first.benchInfo(runtime.GOMAXPROCS(0)), f.compile, compileLimit, func() (conv.Backend, func() error, error) {
		c, err := b.open()
		return c.Backend, c.close, err
	})
}

// addCompiling has processes of their own time compiling, without a cache and with the
// cache that timing has filled, and adds their results.
func (f *benchFlags) addCompiling(ctx context.Context, r *bench.Report) error {
	dir, err := os.MkdirTemp("", "gpuconv-bench-")
	if err != nil {
		return fmt.Errorf("timing compilation: %w", err)
	}
	defer os.RemoveAll(dir)
	for _, cache := range []string{bench.CacheCold, bench.CacheWarm} {
		found, err := f.compileApart(ctx, cache, filepath.Join(dir, cache+".json"))
		if err != nil {
			return fmt.Errorf("timing compilation with a %s cache: %w", cache, err)
		}
		r.AddCompiling(found)
	}
	return nil
}

// compileApart starts this program again.
func (f *benchFlags) compileApart(ctx context.Context, cache, file string) (bench.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Report{}, err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "--compile", cache, "--backend", "gpu", "--json", file,
		"--suite", f.suite, "--cases", f.cases, "--device", f.device, "--context", f.opener, "--algorithm", f.algorithm)
	cmd.Args[0] = os.Args[0]
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return bench.Report{}, errors.Join(ctx.Err(), fmt.Errorf("%w: %s", err, oneLine(stderr.String())))
	}
	return readBench(file)
}

// readBench reads a report.
func readBench(path string) (bench.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return bench.Report{}, err
	}
	defer file.Close()
	r, err := bench.Read(file)
	if err != nil {
		return bench.Report{}, without(err, "bench: ")
	}
	return r, nil
}

// loadAverage is that of the last minute, −1 if the system does not tell.
func loadAverage() float64 {
	average, err := loads.Avg()
	if err != nil {
		return -1
	}
	return average.Load1
}

func describeMachine(loadBefore float64) bench.Machine {
	program := describeProgram()
	m := bench.Machine{CPU: processor(), Threads: runtime.GOMAXPROCS(0), Platform: program.Platform, Go: program.Go, Git: program.Git,
		Load: [2]float64{loadBefore, loadAverage()}, Versions: []bench.Version{}}
	if kernel, err := host.KernelVersion(); err == nil {
		m.Versions = append(m.Versions, bench.Version{Name: "kernel", Version: kernel})
	}
	return m
}
