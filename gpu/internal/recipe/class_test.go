package recipe

import (
	"slices"
	"testing"

	"gpuconv/gpu/internal/problems"
)

// TestFuses: llvmpipe of Mesa 26 and later computes fma() as one instruction, also under zink. Fuses is false for all
// other renderers.
func TestFuses(t *testing.T) {
	for _, c := range []struct {
		renderer, version string
		want              bool
	}{
		{"llvmpipe (LLVM 22.1.8, 256 bits)", "4.6 (Core Profile) Mesa 26.2.6-1", true},
		{"zink Vulkan 1.4(llvmpipe (LLVM 22.1.8 256 bits) (MESA_LLVMPIPE))", "4.6 (Core Profile) Mesa 26.2.6-1", true},
		{"llvmpipe (LLVM 15.0.6, 256 bits)", "4.5 (Core Profile) Mesa 22.3.6", false},
		{"llvmpipe (LLVM 15.0.6, 256 bits)", "4.5 (Core Profile)", false},
		{"softpipe", "4.3 (Core Profile) Mesa 26.2.6-1", false},
		{"AMD Radeon RX 6800 (radeonsi, navi21, ACO)", "4.6 (Core Profile) Mesa 26.2.6-1", false},
	} {
		if got := Fuses(c.renderer, c.version); got != c.want {
			t.Errorf("%s, %s: %v, want %v", c.renderer, c.version, got, c.want)
		}
	}
}

// TestClassOf: the texts of drivers are quoted from reports on the web. With Mesa's drivers the class is that of the
// hardware, also through zink, virgl and D3D12.
func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		vendor, renderer string
		want             Class
	}{
		{"NVIDIA Corporation", "NVIDIA H100 80GB HBM3/PCIe/SSE2", NVIDIA},
		{"NVIDIA Corporation", "NVIDIA GeForce RTX 4090/PCIe/SSE2", NVIDIA},
		{"NVIDIA Corporation", "GeForce GTX 980/PCIe/SSE2", NVIDIA},
		{"NVIDIA Corporation", "Quadro P2000 with Max-Q Design/PCIe/SSE2", NVIDIA},
		{"NVIDIA Corporation", "TITAN Xp/PCIe/SSE2", NVIDIA},
		{"nouveau", "NV136", NVIDIA},
		{"nouveau", "NVE7", NVIDIA},
		{"Mesa", "NV176", NVIDIA},
		{"Mesa", "NV117 (nouveau, NV117)", NVIDIA},
		{"Mesa", "zink Vulkan 1.3(NVIDIA GeForce GTX 1070 (NVK GP104-A) (MESA_NVK))", NVIDIA},
		{"Mesa", "zink Vulkan 1.4(NVIDIA GeForce RTX 3050 Laptop GPU (NVK GA107) (MESA_NVK))", NVIDIA},
		{"Mesa", "zink Vulkan 1.4(Virtio-GPU Venus (NVIDIA GeForce RTX 5090) (NVIDIA_PROPRIETARY))", NVIDIA},
		{"Microsoft Corporation", "D3D12 (NVIDIA GeForce GTX 1660 Ti)", NVIDIA},
		{"AMD", "AMD Radeon RX 6800 (radeonsi, navi21, LLVM 15.0.6, DRM 3.49, 6.1.0)", AMD},
		{"AMD", "AMD Radeon Graphics (renoir, LLVM 15.0.7, DRM 3.49, 6.2.0-20-generic)", AMD},
		{"AMD", "NAVI22 (navi22, LLVM 14.0.6, DRM 3.48, 6.0.1-arch2-1)", AMD},
		{"AMD", "GFX1100 (gfx1100, LLVM 15.0.7, DRM 3.49, 6.2.6-76060206-generic)", AMD},
		{"X.Org", "AMD RAVEN (DRM 3.38.0, 5.8.0-7630-generic, LLVM 11.0.0)", AMD},
		{"X.Org", "AMD Radeon (TM) RX 480 Graphics (POLARIS10, DRM 3.35.0, 5.4.0-70-generic, LLVM 10.0.0)", AMD},
		{"ATI Technologies Inc.", "AMD Radeon Pro 560X OpenGL Engine", AMD},
		{"ATI Technologies Inc.", "Radeon X1600 Series", AMD},
		{"Collabora Ltd", "zink (AMD RADV NAVI10)", AMD},
		{"Mesa", "virgl (AMD Radeon RX 580 Series (polaris10, LLVM 15.0.7))", AMD},
		{"Intel", "Mesa Intel(R) UHD Graphics 620 (KBL GT2)", Intel},
		{"Intel", "Mesa Intel(R) Arc(tm) A770 Graphics (DG2)", Intel},
		{"Intel", "Mesa Intel(R) HD Graphics 4600 (HSW GT2)", Intel}, // crocus
		{"Intel", "Mesa Intel(R) Iris(R) Graphics 540 (SKL GT3)", Intel},
		{"Intel Open Source Technology Center", "Mesa DRI Intel(R) HD Graphics 630 (Kaby Lake GT2)", Intel}, // i965
		{"Microsoft Corporation", "D3D12 (Intel(R) Iris(R) Xe Graphics)", Intel},
		{"Mesa", "Mali-G610 (Panfrost)", Other},
		{"Panfrost", "Mali-T860 (Panfrost)", Other},
		{"Mesa", "zink Vulkan 1.4(Turnip Adreno (TM) 710 (MESA_TURNIP))", Other},
		{"Mesa", "zink Vulkan 1.3(PowerVR B-Series BXM-4-64 MC1 (IMAGINATION_PROPRIETARY))", Other},
		{"Mesa", "Apple M1 Pro (G13S C0)", Other},
		{"Apple", "Apple M1", Other},
		{"freedreno", "FD640", Other},
		{"", "", Other},
		{"Mesa/X.org", "llvmpipe (LLVM 15.0.6, 256 bits)", Software},
		{"Mesa", "zink Vulkan 1.3(llvmpipe (LLVM 15.0.6, 256 bits) (LLVMPIPE))", Software},
		{"Mesa", "softpipe", Software},
		{"Google Inc.", "Google SwiftShader", Software},
		{"Mesa Project", "Software Rasterizer", Software},
		{"Intel Corporation", "SWR (LLVM 11.0, 256 bits)", Software},
		{"Microsoft Corporation", "D3D12 (Microsoft Basic Render Driver)", Software},
	} {
		if got := ClassOf(c.vendor, c.renderer); got != c.want {
			t.Errorf("%q of %q: %v, want %v", c.renderer, c.vendor, got, c.want)
		}
	}
}

// TestDeviceClass: a device that EGL lists as software counts as hardware only if its renderer names hardware. The
// renderers are what gpuconv info prints for EGL's software device with Mesa 26.2.6: with zink on NVK and on lavapipe,
// and without zink.
func TestDeviceClass(t *testing.T) {
	for _, c := range []struct {
		vendor, renderer string
		listed           bool
		want             Class
	}{
		{"Mesa", "zink Vulkan 1.4(NVK  (MESA_NVK))", true, NVIDIA},
		{"Mesa", "zink Vulkan 1.4(NVK  (MESA_NVK))", false, NVIDIA},
		{"Mesa", "zink Vulkan 1.4(llvmpipe (LLVM 22.1.8, 256 bits) (MESA_LLVMPIPE))", true, Software},
		{"Mesa", "zink Vulkan 1.4(llvmpipe (LLVM 22.1.8, 256 bits) (MESA_LLVMPIPE))", false, Software},
		{"Mesa", "llvmpipe (LLVM 22.1.8, 256 bits)", true, Software},
		{"Mesa", "softpipe", false, Software},
		{"Intel", "a rasterizer of tomorrow", true, Software}, // the vendor makes hardware too
		{"Mesa", "a rasterizer of tomorrow", true, Software},
		{"Mesa", "a GPU of tomorrow", false, Other},
		{"Mesa", "NV134", false, NVIDIA},
	} {
		if got := DeviceClass(c.vendor, c.renderer, c.listed); got != c.want {
			t.Errorf("%q of %q, listed as software %v: %v, want %v", c.renderer, c.vendor, c.listed, got, c.want)
		}
	}
}

// TestParseClass: every name of ClassNames is accepted. Any other is refused with one line that lists the names.
func TestParseClass(t *testing.T) {
	for _, name := range ClassNames() {
		if c, err := ParseClass(name); err != nil || c.String() != name {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if len(ClassNames()) != len(classes) {
		t.Errorf("names %v of %d classes", ClassNames(), len(classes))
	}
	const want = `gpu: tiles "NVIDIA": want one of [nvidia amd intel other software]`
	if _, err := ParseClass("NVIDIA"); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestAs: a device with the tiles of another class gets the tiles, chunks and shaders that hardware of that class gets
// within the same limits. It keeps its own limit of loop iterations.
func TestAs(t *testing.T) {
	limits := roomy().Limits
	software := NewProfile(Software, limits, true, true)
	software.Band = 7
	for class := range classes {
		for name, p := range problems.Tiled() {
			hardware := NewProfile(Class(class), limits, true, true)
			hardware.LoopIterations, hardware.Band = SoftwareLoopLimit, 7
			as := software.As(Class(class))
			want, refused := Draw(p, hardware, name)
			got, err := Draw(p, as, name)
			if (err == nil) != (refused == nil) || got.Description.Tile != want.Description.Tile ||
				got.Description.Chunk != want.Description.Chunk ||
				!slices.Equal(got.Description.Sources, want.Description.Sources) {
				t.Errorf("%s as %v: %+v, %v; want %+v, %v", name, Class(class), got.Description, err, want.Description,
					refused)
			}
			if refused != nil && (name != "direct_soft" || Class(class) == Software) {
				t.Errorf("%s on %v: %v", name, Class(class), refused)
			}
		}
	}
	hardware := NewProfile(AMD, limits, true, false).As(Software)
	if hardware.LoopIterations != SoftwareLoopLimit || hardware.Transfers.Sets() != 1 {
		t.Errorf("hardware as a software renderer: %+v", hardware)
	}
	roomier := limits
	roomier.SharedMemory = 1 << 20
	if got := NewProfile(Software, roomier, false, false).As(NVIDIA).SharedMemory; got != 48<<10 {
		t.Errorf("%d bytes of shared memory as NVIDIA's", got)
	}
}

// TestTraits: waves fill work-groups, and the lanes of direct_shared fill the banks of shared memory.
func TestTraits(t *testing.T) {
	for class, has := range classes {
		d := roomy()
		d.Class = Class(class)
		w, h := sharedLanes(d)
		if w != has.banks || d.Class != Software && w*h != has.lanes() || has.lanes()%has.banks != 0 {
			t.Errorf("%v: %d × %d lanes, %d banks, %d waves of %d", d.Class, w, h, has.banks, has.waves, has.wave)
		}
		if has.name == "" || has.shared < 32<<10 || has.sums() < 8 {
			t.Errorf("%v: %+v", d.Class, has)
		}
	}
}
