package main

import (
	"strings"
	"testing"

	"gpuconv/filters"
	"gpuconv/param"
	"gpuconv/stimuli"
)

// TestUnits: --size-unit changes the parameters whose help says that they are in pixels, and --sf-unit those in cycles
// per pixel, of every kind.
func TestUnits(t *testing.T) {
	var all []param.Parameter
	for _, k := range stimuli.Kinds() {
		all = append(all, k.New().Parameters()...)
	}
	for w := range stimuli.RaisedCosine + 1 {
		windowed := stimuli.Grating{Look: stimuli.Look{Aperture: stimuli.Aperture{Window: w}}}
		all = append(all, windowed.Parameters()...)
	}
	for _, k := range filters.Kinds() {
		all = append(all, k.Parameters...)
	}
	lengths := 0
	for _, p := range all {
		frequency := p.Column == "sf_cycles_per_pixel" || p.Column == "sf2_cycles_per_pixel"
		length := !frequency && strings.Contains(p.Help, "pixel") && !strings.Contains(p.Help, "per degree") ||
			strings.HasSuffix(p.Column, "_pixels")
		if p.Name == "amplitude" { // the value of a pixel
			length = false
		}
		if length {
			lengths++
		}
		if isLength(p.Name) != length || isFrequency(p.Name) != frequency {
			t.Errorf("%s (%s): a length %v, a frequency %v", p.Name, p.Help, isLength(p.Name), isFrequency(p.Name))
		}
	}
	if lengths < 20 {
		t.Errorf("%d lengths", lengths)
	}
}
