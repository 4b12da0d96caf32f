package machine

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMeter: energy is the sum over packages since the last reading, also if a counter began again at 0. Parts of
// packages, and counters that cannot be read, do not count.
func TestMeter(t *testing.T) {
	sys := t.TempDir()
	write := func(counter, file, text string) {
		t.Helper()
		dir := filepath.Join(sys, "class/powercap/intel-rapl:"+counter)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, counter := range []string{"0", "1", "0:0"} {
		write(counter, "energy_uj", "9000000\n")
		write(counter, "max_energy_range_uj", "10000000\n")
	}
	write("2", "max_energy_range_uj", "10000000\n")
	m := newMeter(sys)
	m.Joules()
	for _, counter := range []string{"1", "0:0"} {
		write(counter, "energy_uj", "500000\n") // from 9 to 10 J, and on to 0.5 J
	}
	write("0", "energy_uj", "9250000\n")
	if got := m.Joules(); len(m) != 2 || got != 1.75 {
		t.Errorf("%v J of %d packages, want 1.75 of 2", got, len(m))
	}
}
