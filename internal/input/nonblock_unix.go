//go:build unix

package input

import "syscall"

// nonblock is a flag for opening a file. If a pipe has taken the file's place, opening it then returns at once.
const nonblock = syscall.O_NONBLOCK
