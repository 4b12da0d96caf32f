// Package machine says what the computer has: its processor, what times depend on, and how much memory and disk are
// free. It measures the rates that the processor reaches, its energy, and how much of it other work leaves free.
package machine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/internal/statistics"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/disk"
)

// CheckDisk returns an error if the disk of path has less free space than the given bytes. path need not exist yet. The
// error's text begins with the parameter what, such as "the filters". CheckDisk returns nil if the system does not say
// how much is free.
func CheckDisk(what, path string, bytes float64) error {
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
	return fmt.Errorf("%s would need %s on disk, %s are free", what, Size(bytes), Size(float64(found.Free)))
}

// Size formats a number of bytes for people, in powers of 1000: 81.8 GB.
func Size(bytes float64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	i := 0
	for bytes >= 1000 && i < len(units)-1 {
		bytes /= 1000
		i++
	}
	return statistics.Digits(bytes) + " " + units[i]
}

// Processor returns the CPU's model name, or "an unknown CPU".
func Processor() string {
	found, err := cpu.Info()
	if err != nil || len(found) == 0 || found[0].ModelName == "" {
		return "an unknown CPU"
	}
	return strings.Join(strings.Fields(found[0].ModelName), " ")
}
