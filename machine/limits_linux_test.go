package machine

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAddressSpace: limits of a process bound the memory that is free. The test starts itself with a limit.
func TestAddressSpace(t *testing.T) {
	const limited = "GPUCONV_TEST_LIMITED"
	if number, err := strconv.Atoi(os.Getenv(limited)); err == nil {
		used := strings.Fields(read("/proc/self/statm"))[map[int]int{unix.RLIMIT_AS: 0, unix.RLIMIT_DATA: 5}[number]]
		pages, err := strconv.Atoi(used)
		if err != nil {
			t.Fatal(err)
		}
		const more = 1 << 30
		most := uint64(pages*os.Getpagesize() + more)
		if err := unix.Setrlimit(number, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			t.Fatal(err)
		}
		free := addressSpace()
		if !(free > more/2 && free < more+more/2) {
			t.Errorf("%s are free, want about %s", Size(free), Size(more))
		}
		if all := FreeMemory(); all > free+more/8 {
			t.Errorf("%s are free, want at most %s", Size(all), Size(free))
		}
		if err := CheckMemory("it", 2*more); err == nil || !strings.Contains(err.Error(), "are free") {
			t.Errorf("%v", err)
		}
		return
	}
	for _, resource := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		again := exec.Command(os.Args[0], "-test.run=^TestAddressSpace$")
		again.Env = append(os.Environ(), limited+"="+strconv.Itoa(resource))
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("with a limit of resource %d: %v\n%s", resource, err, out)
		}
	}
}
