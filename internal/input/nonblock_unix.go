//go:build unix

package input

import "syscall"

// nonblock lets the opening of a pipe, which may have taken a file's place, return at once.
const nonblock = syscall.O_NONBLOCK
