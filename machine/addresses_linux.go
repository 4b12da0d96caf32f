package machine

import (
	"os"
	"syscall"
)

// arenas limits glibc's pools of memory, each of which reserves 64 MiB of addresses or more. There is one for each
// thread by default.
const arenas = "MALLOC_ARENA_MAX"

// SpareAddresses starts this program again, in its place, with one pool of memory for all threads, if its address space
// is limited (ulimit -v) and nobody has limited the pools. glibc reads that limit when it starts. With a pool for each
// thread a run on two cores takes 1.9 GB of addresses, with one 1.5 GB, and with more cores the difference grows. Call
// it first in main.
func SpareAddresses() {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &limit); err != nil || limit.Cur == ^uint64(0) {
		return
	}
	program, err := os.Executable()
	if _, limited := os.LookupEnv(arenas); err == nil && !limited {
		syscall.Exec(program, os.Args, append(os.Environ(), arenas+"=1")) // if it fails this process goes on
	}
}
