package machine

import (
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPin: after Pin, all threads of the process have the processor, also those that start later. A processor that the
// process may not use is refused. The test starts itself, since it cannot take the pinning back.
func TestPin(t *testing.T) {
	const child = "GPUCONV_TEST_PIN"
	if os.Getenv(child) == "" {
		again := exec.Command(os.Args[0], "-test.run=^TestPin$")
		again.Env = append(os.Environ(), child+"=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	first := 0
	for !allowed.IsSet(first) {
		first++
	}
	for _, bad := range [][]int{{-1}, {mostProcessor}, {mostProcessor + 1}, {first, math.MaxInt}, nil} {
		if err := Pin(bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	stop := busy(4)
	if err := Pin([]int{first}); err != nil {
		t.Fatal(err)
	}
	if runtime.GOMAXPROCS(0) != 1 {
		t.Errorf("GOMAXPROCS is %d, want 1", runtime.GOMAXPROCS(0))
	}
	defer busy(4)()
	defer stop()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil || len(threads) < 4 {
		t.Fatalf("%d threads, %v", len(threads), err)
	}
	for _, thread := range threads {
		status := read("/proc/self/task/" + thread.Name() + "/status")
		_, list, _ := strings.Cut(status, "Cpus_allowed_list:")
		if got := strings.Fields(list); len(got) > 0 && got[0] != pinned() {
			t.Errorf("thread %s may run on %s, want %s", thread.Name(), got[0], pinned())
		}
	}
}

// busy starts threads that do nothing but wait until the function that it returns is called.
func busy(threads int) (stop func()) {
	end, started := make(chan struct{}), make(chan struct{})
	for range threads {
		go func() {
			runtime.LockOSThread()
			started <- struct{}{}
			<-end
		}()
	}
	for range threads {
		<-started
	}
	return func() { close(end) }
}
