//go:build !unix

package input

// nonblock is no flag: on these systems, opening a file never waits.
const nonblock = 0
