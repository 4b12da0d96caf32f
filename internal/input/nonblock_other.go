//go:build !unix

package input

// nonblock sets no flag: on these systems, opening a file never waits.
const nonblock = 0
