package recipe

import (
	"testing"

	"gpuconv/conv"
)

// TestWhole: a job of known size has the same algorithm, tile and shader, however many of its images are in a batch.
func TestWhole(t *testing.T) {
	differs := false
	for name, device := range map[string]Profile{
		"software": NewProfile(Software, driverLimits["nvc0, NV134"].limits, false, true),
		"NVIDIA":   NewProfile(NVIDIA, driverLimits["zink on NVK"].limits, true, false),
		"AMD":      NewProfile(AMD, driverLimits["radeonsi, navi21"].limits, true, false),
	} {
		for _, layer := range []struct{ channels, size, filters, kernel int }{
			{1, 64, 6, 7}, {128, 8, 128, 3}, {64, 16, 64, 3}, {512, 1, 1000, 1}, {3, 300, 8, 5}, {64, 1, 8, 1},
			{8, 300, 1, 3}} {
			for _, images := range []int{1, 3, 40, 10_000} {
				device.Images, device.Precision = images, conv.Fast
				p := device.whole(conv.Problem{Src: conv.Shape{1, layer.channels, layer.size, layer.size},
					Weight: conv.Shape{layer.filters, layer.channels, layer.kernel, layer.kernel},
					Spec:   conv.Spec{Padding: conv.Pad(layer.kernel/2, layer.kernel/2)}})
				if n := p.Src.N(); n < 1 || n > images || images <= 3 && n != images {
					t.Errorf("%v of %d images: a batch of %d", layer, images, n)
				}
				want, err := Draw(p, device, "")
				if err != nil {
					t.Fatal(err)
				}
				for n := 1; n < p.Src.N(); n = 2*n + 1 {
					p.Src = p.Src.WithN(n)
					b, err := Draw(p, device, "")
					if err != nil {
						t.Fatal(err)
					}
					a, w := b.Description, want.Description
					if a.Algorithm != w.Algorithm || a.Tile != w.Tile || a.ShaderHash() != w.ShaderHash() {
						t.Errorf("%s: %v, %d of %d images: %s %s, want %s %s", name, layer, n, images, a.Algorithm,
							a.Tile, w.Algorithm, w.Tile)
					}
					device.Images = 0
					alone, err := Draw(p, device, "")
					differs = differs || err == nil && alone.Description.ShaderHash() != w.ShaderHash()
					device.Images = images
				}
			}
		}
	}
	if !differs {
		t.Error("the batch never makes a difference: want a case where it would")
	}
}
