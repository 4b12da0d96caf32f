//go:build !linux

package machine

// SpareAddresses does nothing: it is about glibc.
func SpareAddresses() {}
