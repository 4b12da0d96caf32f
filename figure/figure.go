// Package figure draws stimuli, filters and activations of a convolutional layer like the pictures of the tutorial from
// which gpuconv grew (Neuromatch Academy, W1D5 tutorial 2: show_stimulus, plot_weights and plot_example_activations).
// It also draws curves and matrices.
//
// [Stimuli] draws a batch of images, [Filters] a bank of weights, and [Activations] images with their activations. Each
// returns a [Picture], which [Picture.Save] stores as PNG or SVG. [Matrix] draws a matrix, such as one of
// dissimilarities, and [Failure] a wrong output. [Plots] draws curves, such as tuning curves and histograms
// ([Histogram]), into several pairs of axes. [Graph] is one large pair of axes for measurements with error bars.
//
// # How numbers become pixels
//
// Row 0 of an array is at the top, as in matplotlib's imshow. An image that is smaller than its panel is enlarged by an
// integer factor (nearest neighbour), so that each value is a square of one colour. An image that is larger than its
// panel is reduced by an integer factor: each pixel shows the mean of a block of values, and a note in the picture says
// so. Nothing else is interpolated.
//
// Values outside the range of the colour bar, including infinities, have the colour of its nearer end. The bar then has
// an arrow at that end, like matplotlib's with extend. NaN is green in every colour map, and a green swatch below the
// bar says so.
//
// If a batch or bank is large, only the first few panels are drawn, and a note says how many of how many.
package figure

import (
	"fmt"
	"math"

	"gpuconv/conv"
)

// The largest numbers of panels, and the sides, in device pixels, of the squares (boxes) that panels must fit into.
// With these numbers the largest picture has 10 million pixels and takes about half a second. TestLargestPictures
// guards that.
const (
	stimulusColumns = 5
	mostStimuli     = 50
	stimulusBox     = 256

	filterColumns = 8
	mostFilters   = 64 // panels, for all input channels together
	mostInputs    = 8
	filterBox     = 196

	mostActivationRows     = 20
	mostActivationChannels = 12
	activationBox          = 192
	crowdedBox             = 128 // used if there are at least crowded channels
	crowded                = 8
)

// Stimuli draws images [N 1 H W], five to a row and at most 50, each under its title; nil titles number them. The greys
// cover the range from the smallest to the largest value that is drawn. With [Light] the smallest is black and the
// largest white; with [Ink], as in the tutorial, it is the other way round. Stimuli refuses an empty batch, images of
// several channels, and titles whose number is not that of the images.
func Stimuli(images *conv.Tensor, titles []string, tone Tone) (*Picture, error) {
	titles, err := checkImages("images", images, "titles", titles, "image")
	if err != nil {
		return nil, err
	}
	shown := min(images.Shape.N(), mostStimuli)
	bar := stimulusBar(images, shown, tone)
	var panels []panel
	for n := range shown {
		panels = append(panels, bar.panel(planeOf(images, n, 0), titles[n], stimulusBox))
	}
	return &Picture{
		rows:  wrap(panels, stimulusColumns),
		bar:   bar,
		notes: notes(panels, part{shown, len(titles), "images"}),
	}, nil
}

// Filters draws the weights [K C KH KW] of a bank, each filter under its title; nil titles number the filters as
// channels. As in the tutorial the colour map is bwr: blue is negative, white 0 and red positive. The range is
// symmetric about 0, up to the largest absolute weight of the whole bank. A filter of several input channels is a
// column with one panel for each. At most 8 input channels and 64 panels are drawn. Filters refuses an empty bank, and
// titles whose number is not that of the filters.
func Filters(weight *conv.Tensor, titles []string) (*Picture, error) {
	titles, err := checkFilters(weight, titles)
	if err != nil {
		return nil, err
	}
	inputs := min(weight.Shape.C(), mostInputs)
	shown := min(weight.Shape.N(), mostFilters/inputs)
	largest := largestMagnitude(weight.Data)
	bar := &colorBar{label: "weight", colors: bwr(-largest, largest)}
	blocks := make([][]panel, inputs)
	for n := range shown {
		for c := range inputs {
			title := titles[n]
			if weight.Shape.C() > 1 {
				title = fmt.Sprintf("%s, in %d", titles[n], c)
			}
			blocks[c] = append(blocks[c], bar.panel(planeOf(weight, n, c), title, filterBox))
		}
	}
	return &Picture{
		rows: interleave(blocks, filterColumns),
		bar:  bar,
		notes: notes(blocks[0], part{shown, len(titles), "filters"},
			part{inputs, weight.Shape.C(), "input channels"}),
	}, nil
}

// Activations draws a row for each image: the stimulus [N 1 H W] as [Stimuli] draws it, then its activations [N K Hout
// Wout], channel by channel. Their colour map is bwr, from -limit (blue) through 0 (white) to limit (red); the
// tutorial's limit is 3. At most 20 images and 12 channels are drawn. Nil titles number the images and channels.
// Activations refuses what Stimuli refuses, activations of another number of images, and a limit that is not above 0.
func Activations(stimuli, activations *conv.Tensor, stimulusTitles, channelTitles []string, tone Tone,
	limit float64) (*Picture, error) {
	stimulusTitles, err := checkImages("stimuli", stimuli, "stimulus titles", stimulusTitles, "stimulus")
	if err != nil {
		return nil, err
	}
	channelTitles, err = checkActivations(activations, stimuli.Shape, channelTitles)
	if err != nil {
		return nil, err
	}
	if !(limit >= math.SmallestNonzeroFloat32 && limit <= math.MaxFloat32) {
		return nil, fmt.Errorf("figure: limit %v: want a number above 0 in the range of float32", limit)
	}
	images := min(stimuli.Shape.N(), mostActivationRows)
	channels := min(activations.Shape.C(), mostActivationChannels)
	box := activationBox
	if channels >= crowded {
		box = crowdedBox
	}
	grey := stimulusBar(stimuli, images, tone)
	bar := &colorBar{label: "activation strength", colors: bwr(-limit, limit)}
	rows := make([][]panel, images)
	for n := range rows {
		rows[n] = append(rows[n], grey.panel(planeOf(stimuli, n, 0), stimulusTitles[n], box))
		for c := range channels {
			p := bar.panel(planeOf(activations, n, c), channelTitles[c], box)
			p.xAxis, p.yAxis = n == images-1, c == 0
			rows[n] = append(rows[n], p)
		}
	}
	bar.nan = bar.nan || grey.nan
	return &Picture{
		rows: rows,
		bar:  bar,
		notes: notes(rows[0], part{channels, len(channelTitles), "channels"},
			part{images, len(stimulusTitles), "images"}),
	}, nil
}

// stimulusBar returns the colour bar for the images of t that are drawn: the first ones, as many as shown says.
func stimulusBar(t *conv.Tensor, shown int, tone Tone) *colorBar {
	lo, hi := extent(t.Images(0, shown).Data)
	return &colorBar{label: "pixel value", colors: tone.colors(lo, hi)}
}

// part says how many of some things are drawn.
type part struct {
	shown, all int
	what       string
}

// notes says what the picture leaves out: images, channels or filters that are not drawn, and the detail of panels that
// are reduced.
func notes(panels []panel, parts ...part) []string {
	var all []string
	for _, p := range parts {
		if p.shown < p.all {
			all = append(all, fmt.Sprintf("%d of %d %s", p.shown, p.all, p.what))
		}
	}
	block := 1
	for _, p := range panels {
		block = max(block, p.block)
	}
	if block > 1 {
		all = append(all, fmt.Sprintf("reduced: a pixel is the mean of up to %d×%d values", block, block))
	}
	return all
}

// wrap breaks panels into rows of at most columns panels, as evenly as possible.
func wrap(panels []panel, columns int) [][]panel {
	return interleave([][]panel{panels}, columns)
}

// interleave breaks blocks of equal length into rows of at most columns panels, as evenly as possible. The first row of
// every block comes first, then the second row of every block.
func interleave(blocks [][]panel, columns int) [][]panel {
	n := len(blocks[0])
	bands := (n + columns - 1) / columns
	columns = (n + bands - 1) / bands
	var rows [][]panel
	for lo := 0; lo < n; lo += columns {
		for _, block := range blocks {
			rows = append(rows, block[lo:min(lo+columns, n)])
		}
	}
	return rows
}
