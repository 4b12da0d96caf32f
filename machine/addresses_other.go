//go:build !linux

package machine

// SpareAddresses does nothing: it is about glibc on Linux.
func SpareAddresses() {}
