package experiment

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/filters"
	"gpuconv/stimuli"
)

// numericsSums has the checksums of TestNumerics, by version of the numbers.
var numericsSums = map[int]map[string]string{2: {
	"generic: tutorial":              "d1d59ef6",
	"reference: tutorial":            "2fa20f58",
	"direct, 70 channels":            "5143c024",
	"generic: direct, 70 channels":   "bf02824f",
	"reference: direct, 70 channels": "45b37833",
	"direct, strided":                "ae4326f1",
	"generic: direct, strided":       "7ab6a96c",
	"reference: direct, strided":     "a655bb0e",
	"depthwise":                      "2773dcdf",
	"reference: depthwise":           "f67ce31e",
	"winograd, 3×3":                  "fc9cd15f",
	"generic: winograd, 3×3":         "83a43c3c",
	"reference: winograd, 3×3":       "f2fed44c",
	"winograd, 5×5":                  "c1db2aa2",
	"generic: winograd, 5×5":         "ebea68b5",
	"reference: winograd, 5×5":       "9fd8e55c",
	"energy":                         "e8811fc5",
	"generic: energy":                "331302fb",
	"reference: energy":              "e93927cc",
	"pool":                           "0668bf84",
	"generic: pool":                  "13959e8f",
	"reference: pool":                "eb4b622e",
	"grating":                        "d04d58be",
	"square-grating":                 "460b6dd9",
	"sawtooth-grating":               "577036e9",
	"triangle-grating":               "9890a5e9",
	"gabor":                          "8debd12a",
	"plaid":                          "3bfb905c",
	"square-plaid":                   "04e27f0f",
	"checkerboard":                   "ec247517",
	"zone-plate":                     "04774ca0",
	"square-zone-plate":              "0e72879b",
	"white-noise":                    "644444e6",
	"pink-noise":                     "7f358e1f",
	"impulse":                        "a28699ff",
	"tutorial":                       "d1d59ef6",
	"numbers of maps":                "b4abb81c",
}}

// TestNumerics: the bits of the CPU engine are those of this version of the numbers, with each algorithm and each set
// of instructions. So are those of the reference, of drawn patterns and of numbers of maps. If they change on purpose,
// numerics grows, so that no run continues with others.
func TestNumerics(t *testing.T) {
	if runtime.GOARCH != "amd64" || len(cpu.AvailableISAs()) == 1 {
		t.Skip("other processors round sines and sums of products otherwise")
	}
	want, seen := numericsSums[numerics], map[string]bool{}
	check := func(name, what string, data []float32) {
		if seen[name] = true; floatsSum(data) != want[name] {
			t.Errorf("%s: version %d of the numbers has the checksum %q for %s, want %q", what, numerics,
				floatsSum(data), name, want[name])
		}
	}
	j := tutorial(t, stimuli.NMA{Resolution: 0.05}, "0:90:30", filters.NMA{Channels: 3, Size: 7})
	gratings := drawnImages(t, j.Images)
	random := rand.New(rand.NewPCG(22, 13))
	tensor := func(shape ...int) *conv.Tensor {
		made, err := conv.NewTensor(conv.Shape(shape))
		if err != nil {
			t.Fatal(err)
		}
		for i := range made.Data {
			made.Data[i] = float32(random.IntN(1<<20)-1<<19) / (1 << 17)
		}
		return made
	}
	for _, c := range []struct {
		name, algorithm string
		spec            conv.Spec
		weight, src     *conv.Tensor
	}{
		{"tutorial", "", j.Spec, j.Bank.Weight, gratings},
		{"direct, 70 channels", "direct", conv.Spec{Padding: conv.Pad(1, 1)}, tensor(12, 70, 3, 3), tensor(2, 70, 9, 13)},
		{"direct, strided", "direct", conv.Spec{Stride: [2]int{2, 1}, Dilation: [2]int{1, 2}}, tensor(8, 3, 5, 3), tensor(2, 3, 20, 37)},
		{"depthwise", "depthwise", conv.Spec{Groups: 6, Padding: conv.Pad(1, 1)}, tensor(6, 1, 3, 3), tensor(2, 6, 17, 35)},
		{"winograd, 3×3", "winograd", conv.Spec{Padding: conv.Pad(1, 1)}, tensor(64, 64, 3, 3), tensor(2, 64, 10, 17)},
		{"winograd, 5×5", "winograd", conv.Spec{Padding: conv.Pad(2, 2)}, tensor(48, 48, 5, 5), tensor(2, 48, 9, 16)},
		{"energy", "direct", conv.Spec{Activation: conv.Energy}, tensor(8, 2, 3, 3), tensor(2, 2, 16, 16)},
		{"pool", "direct", conv.Spec{Activation: conv.ReLU, Pool: conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}}}, tensor(5, 2, 3, 3), tensor(2, 2, 16, 18)},
	} {
		for _, isa := range cpu.AvailableISAs() {
			dst, err := conv.Apply(cpu.Engine{ISA: isa, Algorithm: c.algorithm}, c.spec, c.weight, nil, c.src)
			if errors.Is(err, conv.ErrUnsupported) && isa == cpu.Generic {
				continue
			}
			if err != nil {
				t.Fatal(c.name, err)
			}
			name := c.name
			if isa == cpu.Generic {
				name = "generic: " + name // without fused products
			}
			check(name, isa.String(), dst.Data)
		}
		dst, err := conv.Apply(cpu.Reference{}, c.spec, c.weight, nil, c.src)
		if err != nil {
			t.Fatal(c.name, err)
		}
		check("reference: "+c.name, "reference", dst.Data)
	}
	for _, k := range stimuli.Kinds() {
		if set, err := k.Set(); err != nil {
			t.Error(err)
		} else {
			check(k.Name, "pattern", drawnImages(t, set).Data)
		}
	}
	// In each column large numbers cancel, so that what is left depends on the order of the additions.
	k, maps := Summary{{Kind: Mean}, {Kind: Energy}, {Kind: Max}, {Grid, 1, 7}}, tensor(4, 3, 37, 53)
	for i := range maps.Data {
		maps.Data[i] = float32(math.Ldexp(float64(maps.Data[i]), random.IntN(40)))
	}
	for plane := range 12 {
		for i, of := 0, maps.Plane(plane/3, plane%3); i < 18*53; i++ {
			of[(36-i/53)*53+i%53] = -of[i]
		}
	}
	numbers, err := k.Of(maps.Shape)
	if err != nil {
		t.Fatal(err)
	}
	dst := tensor(numbers[:]...)
	k.reduceAll(dst, maps)
	check("numbers of maps", "summary", dst.Data)
	for name := range want {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// drawnImages draws all images of a set.
func drawnImages(t *testing.T, set stimuli.Set) *conv.Tensor {
	t.Helper()
	images, err := conv.NewTensor(set.Shape())
	if err == nil {
		err = set.Draw(images, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return images
}
