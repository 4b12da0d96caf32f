package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gpuconv/param"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
)

// checkMemory refuses a job that needs more memory than the machine has free.
// Where the system does not tell, it lets the job try.
func checkMemory(what string, bytes float64) error {
	memory, err := mem.VirtualMemory()
	if err != nil {
		return nil
	}
	free := min(float64(memory.Available), containerMemory())
	if bytes <= free {
		return nil
	}
	return usage(fmt.Errorf("%s would need %s of memory, %s are free", what, size(bytes), size(free)))
}

// containerMemory returns what the container may use, where there is one: its
// own files say so, while the free memory is the whole machine's.
func containerMemory() float64 {
	least := float64(1 << 62)
	for _, file := range []string{"memory.max", "memory/memory.limit_in_bytes"} { // of cgroup versions 2 and 1
		text, err := os.ReadFile("/sys/fs/cgroup/" + file)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil { // else it is "max"
			least = min(least, limit)
		}
	}
	return least
}

// checkDisk refuses an output that does not fit on the disk of path, which need
// not exist yet.
func checkDisk(what, path string, bytes float64) error {
	folder := filepath.Clean(path)
	for folder != filepath.Dir(folder) {
		if _, err := os.Stat(folder); err == nil {
			break
		}
		folder = filepath.Dir(folder)
	}
	found, err := disk.Usage(folder)
	if err != nil || found.Total == 0 || bytes <= float64(found.Free) { // /proc and the like have no size
		return nil
	}
	return usage(fmt.Errorf("%s would need %s on disk, %s are free", what, size(bytes), size(float64(found.Free))))
}

// size formats a number of bytes for people, in powers of 1000.
func size(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	i := 0
	for bytes >= 1000 && i < len(units)-1 {
		bytes /= 1000
		i++
	}
	return fmt.Sprintf("%.3g %s", bytes, units[i])
}

// processor names the CPU.
func processor() string {
	found, err := cpu.Info()
	if err != nil || len(found) == 0 || found[0].ModelName == "" {
		return "an unknown CPU"
	}
	return strings.Join(strings.Fields(found[0].ModelName), " ")
}

// number is what reports have instead of NaN.
type number = param.Number
