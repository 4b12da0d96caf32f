package main

import (
	"runtime"

	"gpuconv/bench"
	"gpuconv/machine"

	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/load"
)

// loadAverage is the load average of the last minute, or −1 if the system does not tell.
func loadAverage() float64 {
	average, err := load.Avg()
	if err != nil {
		return -1
	}
	return average.Load1
}

// describeMachine describes the machine before the run. The load average at the end is set later.
func describeMachine() bench.Machine {
	program := describeProgram()
	m := bench.Machine{CPU: machine.Processor(), Threads: runtime.GOMAXPROCS(0), Platform: program.Platform,
		Go: program.Go, Git: program.Git,
		Load: [2]float64{loadAverage(), -1}, Versions: []bench.Version{}}
	if kernel, err := host.KernelVersion(); err == nil {
		m.Versions = append(m.Versions, bench.Version{Name: "kernel", Version: kernel})
	}
	return m
}
