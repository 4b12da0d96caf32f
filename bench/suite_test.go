package bench_test

import (
	"strings"
	"testing"

	"gpuconv/bench"
	"gpuconv/conv"
)

// TestSuites: every case is valid and has a name of its own that benchstat can read.
func TestSuites(t *testing.T) {
	for _, name := range bench.SuiteNames() {
		suite, err := bench.NewSuite(name)
		if err != nil || len(suite.Cases) < 8 {
			t.Fatalf("%s: %d cases, %v", name, len(suite.Cases), err)
		}
		seen := map[string]bool{}
		for _, c := range suite.Cases {
			if seen[c.Name] || strings.ContainsAny(c.Name, " \t-") {
				t.Errorf("%s: name %q", name, c.Name)
			}
			seen[c.Name] = true
			if _, err := c.Problem.Dst(); err != nil {
				t.Errorf("%s: %s: %v", name, c.Name, err)
			}
		}
	}
	if _, err := bench.NewSuite("none"); err == nil {
		t.Error("there is no suite none")
	}
}

// TestLayerShapes: outputs have the shapes of the networks' papers.
func TestLayerShapes(t *testing.T) {
	suite, _ := bench.NewSuite("layers")
	want := map[string]conv.Shape{"alexnet_conv1": {8, 64, 55, 55}, "resnet50_conv1": {8, 64, 112, 112},
		"vgg16_conv3_2": {8, 256, 56, 56},
		"unet_down1_1":  {1, 64, 570, 570}, "unet_down3_2": {1, 256, 136, 136}, "mobilenet_conv1": {8, 32, 112, 112},
		"deepbench_speech1": {4, 32, 79, 341}, "deepbench_speech2": {4, 32, 38, 166}}
	for _, c := range suite.Cases {
		for name, shape := range want {
			if strings.HasPrefix(c.Name, "layer="+name+"/") {
				delete(want, name)
				if got, _ := c.Problem.Dst(); got != shape {
					t.Errorf("%s: %v, want %v", c.Name, got, shape)
				}
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no layers %v", want)
	}
}
