package gpu

import "testing"

func TestIsSoftware(t *testing.T) {
	for renderer, want := range map[string]bool{
		"llvmpipe (LLVM 15.0.6, 256 bits)": true, "softpipe": true, "Google SwiftShader": true, "Software Rasterizer": true,
		"NVIDIA H100 80GB HBM3/PCIe/SSE2": false, "AMD Radeon RX 7900 XTX (radeonsi, navi31, LLVM 15.0.7)": false, "Mesa Intel(R) Arc(tm)": false,
	} {
		if isSoftware(renderer) != want {
			t.Errorf("%s: software %v", renderer, !want)
		}
	}
}
