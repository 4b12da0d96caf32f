package cpu_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestIdleWorkers: a worker that has not computed yet takes no memory for what it would compute in. Otherwise plans for
// many cores would take seconds.
func TestIdleWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16))
	p := square3(8, 256, 14, 256)
	c := painted(t, 40, p, normal)
	before := resident(t)
	plan, err := cpu.Engine{Algorithm: "winograd"}.Plan(p, c.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	grown, all := resident(t)-before, plan.(conv.Describer).Describe().Memory
	t.Logf("%d of %d bytes are in memory", grown, all)
	if grown > all/3 {
		t.Errorf("%d of %d bytes are in memory, want those of the weights only", grown, all)
	}
}

// resident returns how many bytes of this process are in memory.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
