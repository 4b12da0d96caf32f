package egl

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/internal/input"
)

// Constants of EGL_NV_device_cuda and EGL_EXT_device_persistent_id.
const (
	cudaDevice = 0x323A
	deviceUUID = 0x335C
)

// Identity asks EGL and the kernel which device the candidate is. It loads no driver that listing did not load.
func (c Candidate) Identity() Identity { return c.identity("/") }

// identity is like Identity, with another folder in place of /, for tests.
func (c Candidate) identity(root string) Identity {
	id := Identity{CUDA: -1}
	lib := c.lib
	if c.native == 0 || lib.queryDeviceString == nil {
		return id
	}
	read := func(path ...string) string {
		text, _ := input.ReadFile(context.Background(), input.System, filepath.Join(append([]string{root}, path...)...))
		return strings.TrimSpace(string(text))
	}
	names := lib.queryDeviceString(c.native, extensions)
	if file := lib.deviceFile(c.native, names); file != "" {
		node := filepath.Join("sys/class/drm", filepath.Base(file), "device")
		if target, err := os.Readlink(filepath.Join(root, node)); err == nil {
			id.PCI = filepath.Base(target)
		}
		id.Vendor = read(node, "vendor")
		if unique := read(node, "unique_id"); id.Vendor == AMD && unique != "" {
			id.UUID = "GPU-" + unique
		}
	}
	var number uintptr
	if has(names, "EGL_NV_device_cuda") && lib.queryDeviceAttrib != nil &&
		lib.queryDeviceAttrib(c.native, cudaDevice, &number) != 0 {
		id.CUDA = int(number)
	}
	if id.Vendor == NVIDIA {
		id.UUID = field(read("proc/driver/nvidia/gpus", id.PCI, "information"), "GPU UUID")
	}
	// Mesa would load the driver to answer this, and its UUIDs are not those that AMD's tools print.
	if id.UUID == "" && has(names, "EGL_NV_device_cuda") && has(names, "EGL_EXT_device_persistent_id") &&
		lib.queryDeviceBinary != nil {
		var b [16]byte
		var size int32
		if lib.queryDeviceBinary(c.native, deviceUUID, int32(len(b)), &b[0], &size) != 0 && int(size) == len(b) {
			id.UUID = nvidiaUUID(b)
		}
	}
	return id
}
