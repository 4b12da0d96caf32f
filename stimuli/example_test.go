package stimuli_test

import (
	"fmt"
	"os"

	"gpuconv/conv"
	"gpuconv/param"
	"gpuconv/stimuli"
)

// A product shows a pattern with every combination of values. Images are drawn when they are asked for.
func ExampleNewProduct() {
	fresh := func() stimuli.Pattern { return &stimuli.Grating{SF: 0.1} }
	set, err := stimuli.NewProduct(stimuli.Canvas{Rows: 48, Columns: 64}, fresh,
		param.NewAxis("orientation", 0, 45, 90, 135), param.NewAxis("phase", 0, 90))
	if err != nil {
		fmt.Println(err)
		return
	}
	images, err := conv.NewTensor(set.Shape())
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := set.Draw(images, 0); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(images.Shape)
	fmt.Println(set.Title(3))
	// Output:
	// [8 1 48 64]
	// 45°, phase 90
}

// The tutorial's own gratings, and the table of what they show.
func ExampleNewSweep() {
	set, err := stimuli.NewSweep(stimuli.NMA{}, param.Explicit(-90, -45, 0, 45, 90))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Shape())
	table, err := set.Table()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Column("orientation_deg").Numbers)
	// Output:
	// [5 1 48 64]
	// [-90 -45 0 45 90]
}

// An aperture shows a part of the pattern. Around it is the mean, here the grey of 0.5.
func ExampleGrating_aperture() {
	fresh := func() stimuli.Pattern {
		return &stimuli.Grating{Look: stimuli.Look{Aperture: stimuli.Aperture{Window: stimuli.Circle, Radius: 2}}}
	}
	set, err := stimuli.NewProduct(stimuli.Canvas{Rows: 5, Columns: 5}, fresh)
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := conv.NewTensor(set.Shape())
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := set.Draw(image, 0); err != nil {
		fmt.Println(err)
		return
	}
	for row := range 5 {
		fmt.Println(image.Data[5*row:][:5])
	}
	// Output:
	// [0.5 0.5 0.5 0.5 0.5]
	// [0.5 1 1 1 0.5]
	// [0.5 1 1 1 0.5]
	// [0.5 1 1 1 0.5]
	// [0.5 0.5 0.5 0.5 0.5]
}

// Every kind of pattern has a small set that shows it.
func ExampleKinds() {
	for _, kind := range stimuli.Kinds() {
		set, err := kind.Set()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		fmt.Println(kind.Name, set.Shape())
	}
	// Output:
	// grating [6 1 32 40]
	// square-grating [6 1 32 40]
	// sawtooth-grating [6 1 32 40]
	// triangle-grating [6 1 32 40]
	// gabor [6 1 32 40]
	// plaid [6 1 32 40]
	// square-plaid [6 1 32 40]
	// checkerboard [4 1 32 40]
	// zone-plate [2 1 32 40]
	// square-zone-plate [2 1 32 40]
	// white-noise [2 1 32 40]
	// pink-noise [4 1 32 40]
	// impulse [4 1 32 40]
}
