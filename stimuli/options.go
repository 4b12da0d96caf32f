package stimuli

import (
	"fmt"
	"math"

	"gpuconv/fault"
)

// Colour says which channels a picture becomes.
type Colour int

// The kinds of channels.
const (
	// Grey is one channel: luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), of the stored values. With
	// [Options].Linear it is luminance, 0.2126 R + 0.7152 G + 0.0722 B (ITU-R BT.709), of linear ones.
	Grey Colour = iota
	// RGB is three channels, R, G and B.
	RGB
	// Opponent is three channels: intensity (R+G+B)/√3, red–green (R−G)/√2 and yellow–blue (R+G−2B)/√6. The matrix is
	// orthonormal. Source: van de Sande, Gevers and Snoek, Evaluating Color Descriptors for Object and Scene
	// Recognition, 2010.
	Opponent
)

// String returns the name that ParseColour reads.
func (c Colour) String() string { return [...]string{"grey", "rgb", "opponent"}[c] }

// ParseColour reads grey, rgb or opponent.
func ParseColour(text string) (Colour, error) {
	for c := range Opponent + 1 {
		if c.String() == text {
			return c, nil
		}
	}
	return 0, fault.New("stimuli", "colour", text, "want grey, rgb or opponent")
}

// Channels returns how many channels there are.
func (c Colour) Channels() int {
	if c == Grey {
		return 1
	}
	return 3
}

// Normalisation says how pixels are scaled, after all else.
type Normalisation struct {
	// Contrast subtracts the mean of an image and divides by its standard deviation, over all channels together. A
	// uniform image becomes 0.
	Contrast bool
	// Mean is subtracted from each channel, then the result is divided by SD. Each has one value for all channels or
	// one for each. Without SD, or with Contrast, they have no effect. Without Mean nothing is subtracted.
	Mean, SD []float64
}

// ImageNet is the normalisation of networks that were trained on ImageNet, for [RGB].
// https://docs.pytorch.org/vision/stable/models.html
func ImageNet() Normalisation {
	return Normalisation{Mean: []float64{0.485, 0.456, 0.406}, SD: []float64{0.229, 0.224, 0.225}}
}

// Options say how files become images. The zero value is a grey image of the file's own size, from 0 to 1.
type Options struct {
	Background float64 // grey behind transparent pixels, 0 … 1
	Colour     Colour
	// Linear undoes the transfer function of sRGB (IEC 61966-2-1) first, so that pixels are proportional to light.
	Linear bool
	// Resize is rows and columns. If columns are 0, rows is the size of the shorter side, and the longer side follows.
	// 0, 0 keeps the size. See [Options.Size] for rounding. It interpolates linearly, and averages where an image
	// becomes smaller, as Pillow's BILINEAR and torchvision's Resize do.
	Resize [2]int
	// Crop is rows and columns of the part in the middle that is kept, after Resize. 0, 0 keeps all.
	Crop      [2]int
	Normalise Normalisation
	// FirstPage reads only the first image of each TIFF. Otherwise each page is an image.
	FirstPage bool
	// Recolour applies Colour to the three channels of an [Array]. Without it and Linear, an array keeps its channels.
	Recolour bool
}

// plain reports whether images are grey as they are stored.
func (o Options) plain() bool {
	return o.Colour == Grey && !o.Linear && o.Resize == [2]int{} && o.Crop == [2]int{} && !o.normalises()
}

func (o Options) normalises() bool { return o.Normalise.Contrast || len(o.Normalise.SD) > 0 }

// Size returns the size of an image of rows × columns after Resize and Crop. A side that follows from the other is
// rounded down, as torchvision's Resize does. It refuses a Crop that is larger than the image.
func (o Options) Size(rows, columns int) (int, int, error) {
	rows, columns = o.resized(rows, columns)
	if o.Crop == [2]int{} {
		return rows, columns, nil
	}
	if o.Crop[0] > rows || o.Crop[1] > columns {
		return 0, 0, fmt.Errorf("%d×%d pixels: want at least the %d×%d of the crop", rows, columns, o.Crop[0],
			o.Crop[1])
	}
	return o.Crop[0], o.Crop[1], nil
}

func (o Options) resized(rows, columns int) (int, int) {
	switch short := o.Resize[0]; {
	case o.Resize == [2]int{}:
		return rows, columns
	case o.Resize[1] > 0:
		return o.Resize[0], o.Resize[1]
	case rows <= columns:
		return short, max(1, int(int64(short)*int64(columns)/int64(rows)))
	default:
		return max(1, int(int64(short)*int64(rows)/int64(columns))), short
	}
}

// finish turns planes of rows × columns, one or R, G and B, into the channels of an image, in dst.
func (o Options) finish(dst []float32, planes [][]float32, rows, columns int) {
	if o.Linear {
		for _, plane := range planes {
			linearise(plane)
		}
	}
	planes = o.recolour(planes)
	newRows, newColumns := o.resized(rows, columns)
	outRows, outColumns, _ := o.Size(rows, columns)
	for c, plane := range planes {
		if newRows != rows || newColumns != columns {
			plane = resize(plane, rows, columns, newRows, newColumns)
		}
		top, left := (newRows-outRows)/2, (newColumns-outColumns)/2
		for y := range outRows {
			copy(dst[(c*outRows+y)*outColumns:][:outColumns], plane[(top+y)*newColumns+left:][:outColumns])
		}
	}
	o.Normalise.apply(dst, len(planes))
}

// linearise undoes the transfer function of sRGB: v/12.92 up to 0.04045, then ((v+0.055)/1.055)^2.4.
func linearise(values []float32) {
	for i, v := range values {
		if v <= 0.04045 {
			values[i] = v / 12.92
		} else {
			values[i] = float32(math.Pow((float64(v)+0.055)/1.055, 2.4))
		}
	}
}

// recolour turns planes R, G and B into the channels of o.Colour, in place. A single plane is grey already.
func (o Options) recolour(planes [][]float32) [][]float32 {
	if len(planes) != 3 || o.Colour == RGB {
		return planes
	}
	red, green, blue := planes[0], planes[1], planes[2]
	for i := range red {
		r, g, b := float64(red[i]), float64(green[i]), float64(blue[i])
		switch {
		case o.Colour == Opponent:
			red[i] = float32((r + g + b) / math.Sqrt(3))
			green[i] = float32((r - g) / math.Sqrt2)
			blue[i] = float32((r + g - 2*b) / math.Sqrt(6))
		case o.Linear:
			red[i] = float32(0.2126*r + 0.7152*g + 0.0722*b)
		default:
			red[i] = float32(0.299*r + 0.587*g + 0.114*b)
		}
	}
	if o.Colour == Grey {
		return planes[:1]
	}
	return planes
}

// apply normalises the channels of an image in place.
func (n Normalisation) apply(image []float32, channels int) {
	if n.Contrast {
		standardise(image)
		return
	}
	if len(n.SD) == 0 {
		return
	}
	size := len(image) / channels
	for c := range channels {
		mean, sd := 0.0, n.SD[c%len(n.SD)]
		if len(n.Mean) > 0 {
			mean = n.Mean[c%len(n.Mean)]
		}
		for i, v := range image[c*size : (c+1)*size] {
			image[c*size+i] = float32((float64(v) - mean) / sd)
		}
	}
}

// standardise subtracts the mean and divides by the standard deviation, of all values. Equal values become 0.
func standardise(values []float32) {
	n, total, squares := float64(len(values)), 0.0, 0.0
	for _, v := range values {
		total += float64(v)
	}
	mean := total / n
	for _, v := range values {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	sd := math.Sqrt(squares / n)
	if sd <= 1e-9*math.Abs(mean) { // only rounding
		sd = math.Inf(1)
	}
	for i, v := range values {
		values[i] = float32((float64(v) - mean) / sd)
	}
}
