package page

import (
	"fmt"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
)

// The bounds of a viewer. A value takes 4 bytes, which are 5⅓ characters of the page.
const (
	mostValues   = 1 << 20
	mostChannels = 16
	mostImages   = 200
	mostColours  = 3  // channels of an image
	wantedImages = 12 // rather than show fewer images than that, the viewer shows fewer rows and columns
)

// sides are the largest numbers of rows and columns of a map on the page, in the order in which they are tried.
func sides() []int { return []int{256, 192, 128, 96, 64, 48, 32} }

// Viewer has some of the images of a run with their activations. viewer.js reads it as JSON.
type Viewer struct {
	Stimuli  plane         `json:"stimuli"`
	Maps     plane         `json:"maps"`
	Colours  int           `json:"colours"` // channels of an image that are on the page; 0: the images are missing
	RGB      bool          `json:"rgb"`     // the three channels of an image are red, green and blue
	Dark     bool          `json:"dark"`    // larger pixels are darker
	Positive bool          `json:"positive"`
	Ramp     []string      `json:"ramp"` // colours from the lowest to the highest activation, as CSS writes them
	NaN      string        `json:"nan"`
	Channels []viewedCell  `json:"channels"`
	Fields   [2]field      `json:"fields"` // of rows and of columns
	Images   []viewedImage `json:"images"`

	stimuli, activations conv.Shape // of the whole run
}

// plane says which rows and columns of an array are on the page: every Step-th, beginning with 0.
type plane struct {
	Rows    int `json:"rows"`
	Columns int `json:"columns"`
	Step    int `json:"step"`
}

// planeOf returns the plane of an array that has at most this many rows and columns.
func planeOf(shape conv.Shape, side int) plane {
	step := max(1, (max(shape.H(), shape.W())+side-1)/side)
	return plane{(shape.H() + step - 1) / step, (shape.W() + step - 1) / step, step}
}

func (p plane) values() int { return p.Rows * p.Columns }

// field says which pixels an output sees along an axis: output i sees Extent pixels, from First + i·Stride on.
type field struct {
	First  int `json:"first"`
	Stride int `json:"stride"`
	Extent int `json:"extent"`
}

type viewedCell struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// viewedImage has the values of an image as float32, little-endian, in base64: [channels, rows, columns].
type viewedImage struct {
	Number      int    `json:"number"`
	Title       string `json:"title"`
	Stimulus    string `json:"stimulus"`
	Activations string `json:"activations"`
}

// newViewer chooses the images, channels, rows and columns of the page. Images and channels are spread evenly over all.
// colours is how many channels of an image the page is to have.
func newViewer(stimuli, activations conv.Shape, colours int) *Viewer {
	v := &Viewer{Colours: colours, stimuli: stimuli, activations: activations}
	for _, k := range batch.NewSpread(min(mostChannels, activations.C()), activations.C()).All() {
		v.Channels = append(v.Channels, viewedCell{Number: k})
	}
	for _, side := range sides() {
		v.Stimuli, v.Maps = planeOf(stimuli, side), planeOf(activations, side)
		if v.perImage()*min(wantedImages, stimuli.N()) <= mostValues {
			break
		}
	}
	for _, n := range batch.NewSpread(min(mostValues/v.perImage(), mostImages, stimuli.N()), stimuli.N()).All() {
		v.Images = append(v.Images, viewedImage{Number: n})
	}
	return v
}

// perImage returns how many values of an image and its activations are on the page, at least 1.
func (v *Viewer) perImage() int {
	return max(1, v.Colours*v.Stimuli.values()+len(v.Channels)*v.Maps.values())
}

// Shows says how many of the images and channels are on the page.
func (v *Viewer) Shows() string {
	return fmt.Sprintf("%d of %d images, %d of %d channels", len(v.Images), v.stimuli.N(), len(v.Channels),
		v.activations.C())
}

// LeftOut says what the arrays have and the page does not. It is empty if the page has all of the activations and
// of the images.
func (v *Viewer) LeftOut() string {
	var parts []string
	if len(v.Images) < v.stimuli.N() || len(v.Channels) < v.activations.C() {
		parts = append(parts, "it shows "+v.Shows())
	}
	for _, of := range []struct {
		what string
		plane
	}{{"the activations", v.Maps}, {"the images", v.Stimuli}} {
		if of.Step > 1 && (v.Colours > 0 || of.plane == v.Maps) {
			parts = append(parts, fmt.Sprintf("one in %d rows and columns of %s", of.Step, of.what))
		}
	}
	if v.Colours > 0 && v.Colours < v.stimuli.C() {
		parts = append(parts, fmt.Sprintf("%d of %d channels of the images", v.Colours, v.stimuli.C()))
	}
	if parts == nil {
		return ""
	}
	return "The run is larger than this page: " + strings.Join(parts, ", ") + ". The values are those of the array, " +
		"which has all of them."
}
