package main

import (
	"errors"
	"runtime"
	"strings"

	"gpuconv/bench"
	"gpuconv/machine"
	"gpuconv/param"

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

// pin makes all threads run on the processors that --pin lists, if it was given.
func pin(list string) error {
	if list == "" {
		return nil
	}
	var all []int
	for part := range strings.SplitSeq(list, ",") {
		low, high, both := strings.Cut(part, "-")
		if !both {
			high = low
		}
		first, err := param.ParseWhole(low)
		last, more := param.ParseWhole(high)
		if err != nil || more != nil || first < 0 || last < first || last >= 1<<16 {
			return misread("pin", list, errors.New("want numbers of processors, such as 0,2 or 0-3"))
		}
		for p := first; p <= last; p++ {
			all = append(all, p)
		}
	}
	if err := machine.Pin(all); err != nil {
		return refused("pin", list, err)
	}
	return nil
}
