package machine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mostProcessor is the largest number of a processor that a set of them can have.
const mostProcessor = 8*len(unix.CPUSet{})*8 - 1

// Pin makes all threads of this process, and those that it will start, run on the given processors only, and lowers
// GOMAXPROCS to their number. Processors are numbered from 0, as in /proc/cpuinfo.
func Pin(processors []int) error {
	var want, allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return err
	}
	for _, p := range processors {
		if p < 0 || p > mostProcessor || !allowed.IsSet(p) {
			return fmt.Errorf("processor %d: want one of %s, which this process may use", p, numbers(allowed))
		}
		want.Set(p)
	}
	if want.Count() == 0 {
		return errors.New("want at least one processor")
	}
	if err := pinThreads(want); err != nil {
		return err
	}
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), want.Count()))
	return nil
}

// mostPasses is how often pinThreads reads the list of threads at most. A pinned thread starts only pinned ones. So the
// second pass usually finds nothing to do. A third is needed if a thread started another before the first pass pinned
// it.
const mostPasses = 100

// pinThreads pins all threads of this process. A thread may start another between two readings of the list; so it is
// read until all of its threads are pinned.
func pinThreads(want unix.CPUSet) error {
	for range mostPasses {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		all := true
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err != nil {
				return err
			}
			already, err := pinThread(id, want)
			if err != nil {
				return err
			}
			all = all && already
		}
		if all {
			return nil
		}
	}
	return fmt.Errorf("some threads do not stay on %s: want processors that the system allows", numbers(want))
}

// pinThread pins a thread, unless it has ended. It reports whether there was nothing to do.
func pinThread(id int, want unix.CPUSet) (already bool, err error) {
	var now unix.CPUSet
	if err := unix.SchedGetaffinity(id, &now); errors.Is(err, unix.ESRCH) || err == nil && now == want {
		return true, nil
	}
	if err := unix.SchedSetaffinity(id, &want); err != nil && !errors.Is(err, unix.ESRCH) {
		return false, err
	}
	return false, nil
}

// pinned lists the processors that this thread may use.
func pinned() string {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return "unknown: " + err.Error()
	}
	return numbers(set)
}

// numbers lists the processors of a set.
func numbers(set unix.CPUSet) string {
	var all []string
	for p := range mostProcessor + 1 {
		if set.IsSet(p) {
			all = append(all, strconv.Itoa(p))
		}
	}
	return strings.Join(all, ",")
}
