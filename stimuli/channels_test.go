package stimuli

import (
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// TestInChannels: each channel of an image is the grey image, wherever a portion begins.
func TestInChannels(t *testing.T) {
	sweep, err := NewProduct(Canvas{Rows: 5, Columns: 7},
		func() Pattern { return &Grating{SF: 0.1, Look: Look{Mean: 0.5, Contrast: 1}} },
		param.Axis{Name: "orientation", Values: param.Explicit(0, 30, 60, 90)})
	if err != nil {
		t.Fatal(err)
	}
	three := InChannels{sweep, 3}
	if want := (conv.Shape{4, 3, 5, 7}); three.Shape() != want {
		t.Fatalf("shape %v, want %v", three.Shape(), want)
	}
	for first := range 3 {
		grey, _ := conv.NewTensor(conv.Shape{2, 1, 5, 7})
		dst, _ := conv.NewTensor(conv.Shape{2, 3, 5, 7})
		if err := sweep.Draw(grey, first); err != nil {
			t.Fatal(err)
		}
		if err := three.Draw(dst, first); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			for c := range 3 {
				if !slices.Equal(dst.Plane(i, c), grey.Plane(i, 0)) {
					t.Errorf("image %d, channel %d is not the grey image", first+i, c)
				}
			}
		}
	}
}
