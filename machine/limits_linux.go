package machine

import (
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// addressSpace returns how many more bytes the limits of the process allow: the smaller of what is left of its address
// space (RLIMIT_AS) and of its data (RLIMIT_DATA), or +Inf if neither is limited. In /proc/self/statm the first number
// counts all pages and the sixth those of data and stack: see proc_pid_statm(5).
func addressSpace() float64 {
	free := math.Inf(1)
	used := strings.Fields(read("/proc/self/statm"))
	for resource, field := range map[int]int{unix.RLIMIT_AS: 0, unix.RLIMIT_DATA: 5} {
		var limit unix.Rlimit
		if unix.Getrlimit(resource, &limit) != nil || limit.Cur == unix.RLIM_INFINITY || len(used) <= field {
			continue
		}
		pages, err := strconv.ParseFloat(used[field], 64)
		if err == nil {
			free = min(free, float64(limit.Cur)-pages*float64(os.Getpagesize()))
		}
	}
	return max(0, free)
}
