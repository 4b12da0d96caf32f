package egl

import (
	"fmt"
	"strings"
)

// Identity says which piece of hardware an EGL device is, as far as EGL and the kernel tell. Schedulers and the tools
// of CUDA and ROCm name devices in these ways; EGL's own numbers are in another order.
type Identity struct {
	PCI    string // address, such as 0000:3b:00.0; "" if unknown
	Vendor string // of the PCI device, such as 0x10de for NVIDIA; "" if unknown
	UUID   string // GPU-…, as nvidia-smi -L and rocminfo print it; "" if unknown
	CUDA   int    // CUDA's number of the device; −1 if it has none. CUDA_VISIBLE_DEVICES changes these numbers
}

// The numbers of PCI vendors.
const (
	NVIDIA = "0x10de"
	AMD    = "0x1002"
)

// nvidiaUUID returns the text that NVIDIA's tools print for the 16 bytes of a UUID.
func nvidiaUUID(b [16]byte) string {
	return fmt.Sprintf("GPU-%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// field returns what follows "name:" in a text of lines, such as those in /proc/driver/nvidia; "" if there is no such
// line.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
