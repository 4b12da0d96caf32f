package gpu

import (
	"strings"
	"testing"
)

func TestParseSelector(t *testing.T) {
	for _, text := range []string{"any", "gpu", "software", "0", "17"} {
		s, err := ParseSelector(text)
		if err != nil || s.String() != text {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "GPU", "-1", "1.5", "llvmpipe"} {
		if s, err := ParseSelector(text); err == nil || !strings.Contains(err.Error(), "want any, gpu, software or the number") {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

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
