package bench

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"

	"gpuconv/internal/input"
)

// meter reads how much energy the processor's packages (chips) have taken, from counters that Linux offers on some
// machines (Documentation/power/powercap). The zero value has no packages, and reads nothing.
type meter struct{ packages []counter }

// counter is the energy counter of one package, in microjoules. After most it begins again at 0.
type counter struct {
	path string
	most float64
}

// newMeter returns a meter of the packages whose counters this user may read.
func newMeter() (m meter) {
	paths, _ := filepath.Glob("/sys/class/powercap/intel-rapl:*") // AMD's have the same name
	for _, p := range paths {
		if strings.Count(filepath.Base(p), ":") > 1 {
			continue // a part of a package
		}
		c := counter{path: filepath.Join(p, "energy_uj")}
		if _, ok := readNumber(c.path); !ok {
			continue
		}
		c.most, _ = readNumber(filepath.Join(p, "max_energy_range_uj"))
		m.packages = append(m.packages, c)
	}
	return m
}

// readNumber reads a file of the system that has one number. It returns false if there is none.
func readNumber(path string) (float64, bool) {
	text, err := input.ReadFile(context.Background(), input.System, path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return n, err == nil
}

// read returns the counter of each package, in microjoules.
func (m meter) read() []float64 {
	values := make([]float64, len(m.packages))
	for i, c := range m.packages {
		values[i], _ = readNumber(c.path)
	}
	return values
}

// joules returns the energy that all packages took between two readings.
func (m meter) joules(before, after []float64) (sum float64) {
	for i, c := range m.packages {
		taken := after[i] - before[i]
		if taken < 0 {
			taken += c.most
		}
		sum += taken / 1e6
	}
	return sum
}
