package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
)

// checkMemory refuses a job that needs more memory than the machine has free.
// Where the system does not tell, it lets the job try.
func checkMemory(what string, bytes float64) error {
	memory, err := mem.VirtualMemory()
	if err != nil || bytes <= float64(memory.Available) {
		return nil
	}
	return usage(fmt.Errorf("%s would need %s of memory, %s are free", what, size(bytes), size(float64(memory.Available))))
}

// checkDisk refuses an output that does not fit on the disk of path, which need
// not exist yet.
func checkDisk(what, path string, bytes float64) error {
	for folder := filepath.Clean(path); ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(folder); err != nil && folder != filepath.Dir(folder) {
			continue
		}
		usageOf, err := disk.Usage(folder)
		if err != nil || bytes <= float64(usageOf.Free) {
			return nil
		}
		return usage(fmt.Errorf("%s would need %s on disk, %s are free", what, size(bytes), size(float64(usageOf.Free))))
	}
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
