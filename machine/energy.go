package machine

import (
	"path/filepath"
	"strconv"
	"strings"
)

// Meter reads how much energy the processor's packages (chips) take, from counters that Linux offers on some machines
// (RAPL; Documentation/power/powercap). It has a counter for each package that this user may read.
type Meter []counter

// counter is the energy counter of one package, in microjoules. After most it begins again at 0.
type counter struct {
	path       string
	last, most float64
}

// NewMeter returns a meter of all packages. It is empty if no counter can be read.
func NewMeter() Meter { return newMeter("/sys") }

// newMeter is like NewMeter, but for the system in the given folder.
func newMeter(sys string) (m Meter) {
	paths, _ := filepath.Glob(filepath.Join(sys, "class/powercap/intel-rapl:*")) // AMD's have the same name
	for _, p := range paths {
		c := counter{path: filepath.Join(p, "energy_uj"), most: number(filepath.Join(p, "max_energy_range_uj"))}
		if parts := strings.Count(filepath.Base(p), ":"); parts == 1 && strings.TrimSpace(read(c.path)) != "" {
			m = append(m, c) // a name with more colons is that of a part of a package
		}
	}
	return m
}

// number reads a file of the system that has one number. It returns 0 if there is none.
func number(path string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSpace(read(path)), 64)
	return n
}

// Joules returns how much energy all packages took since the last call. The first result means nothing.
func (m Meter) Joules() (sum float64) {
	for i := range m {
		c := &m[i]
		now := number(c.path)
		taken := now - c.last
		if taken < 0 {
			taken += c.most
		}
		c.last, sum = now, sum+taken/1e6
	}
	return sum
}
