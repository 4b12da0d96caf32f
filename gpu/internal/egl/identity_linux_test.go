package egl

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"
)

// TestIdentity: what EGL's extensions and a copy of the kernel's files say is put together. The files have the form of
// those of NVIDIA's and AMD's drivers; no such device was here to try.
func TestIdentity(t *testing.T) {
	root := t.TempDir()
	for file, text := range map[string]string{
		"sys/devices/pci0000:3a/0000:3b:00.0/vendor":    "0x10de\n",
		"sys/devices/pci0000:00/0000:03:00.0/vendor":    "0x1002\n",
		"sys/devices/pci0000:00/0000:03:00.0/unique_id": "8d3e6f7ab5c92e4d\n",
		"proc/driver/nvidia/gpus/0000:3b:00.0/information": "Model: \t\t NVIDIA A100\nGPU UUID: \t " +
			"GPU-8932f937-d72c-4106-c12f-20bd9faed9f6\nDevice Minor: \t 2\n",
	} {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for node, device := range map[string]string{"renderD128": "pci0000:3a/0000:3b:00.0",
		"renderD129": "pci0000:00/0000:03:00.0"} {
		path := filepath.Join(root, "sys/class/drm", node)
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../../../devices/"+device, filepath.Join(path, "device")); err != nil {
			t.Fatal(err)
		}
	}
	const cuda, id, drm = "EGL_NV_device_cuda ", "EGL_EXT_device_persistent_id ", "EGL_EXT_device_drm_render_node "
	uuid := [16]byte{0x89, 0x32, 0xf9, 0x37, 0xd7, 0x2c, 0x41, 6, 0xc1, 0x2f, 0x20, 0xbd, 0x9f, 0xae, 0xd9, 0xf6}
	const text = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
	for _, c := range []struct {
		name, extensions, node string
		want                   Identity
	}{
		{"software", "EGL_MESA_device_software", "", Identity{CUDA: -1}},
		{"NVIDIA with DRM", cuda + drm, "renderD128", Identity{"0000:3b:00.0", NVIDIA, text, 1}},
		{"NVIDIA without DRM", cuda + id, "", Identity{"", "", text, 1}},
		{"AMD", drm + id, "renderD129", Identity{"0000:03:00.0", AMD, "GPU-8d3e6f7ab5c92e4d", -1}},
		{"a node that /sys lacks", drm, "renderD130", Identity{CUDA: -1}},
	} {
		lib := &library{
			queryDeviceString: func(_ uintptr, name int32) string {
				if name == extensions {
					return c.extensions
				}
				return "/dev/dri/" + c.node
			},
			queryDeviceAttrib: func(_ uintptr, name int32, value *uintptr) uint32 { *value = 1; return 1 },
			queryDeviceBinary: func(_ uintptr, name, most int32, value *byte, size *int32) uint32 {
				if c.want.Vendor == AMD {
					t.Error("Mesa was asked for a UUID, which loads a driver")
				}
				copy(unsafe.Slice(value, most), uuid[:])
				*size = 16
				return 1
			},
		}
		if got := (Candidate{native: 1, lib: lib}).identity(root); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := (Candidate{lib: &library{}}).Identity(); got != (Identity{CUDA: -1}) {
		t.Errorf("surfaceless: %+v", got)
	}
}
