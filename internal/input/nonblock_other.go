//go:build !unix

package input

// nonblock does nothing where no file waits to be opened.
const nonblock = 0
