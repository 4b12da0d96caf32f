// Package figure draws stimuli, filters and activations of a convolutional layer like the pictures of the tutorial from
// which gpuconv grew (Neuromatch Academy, W1D5 tutorial 2: show_stimulus, plot_weights and plot_example_activations).
// It also draws curves and matrices.
//
// [Stimuli] draws a batch of images, [Filters] a bank of weights, and [Activations] images with their activations. Each
// returns a [Picture], which [Picture.Save] stores as PNG, SVG or PDF. A [Look] says how they are drawn and how large.
// [Matrix] draws a matrix, such as one of dissimilarities, and [Failure] a wrong output. [Plots] draws curves, such as
// tuning curves and histograms ([Histogram]), into several pairs of axes. [Graph] is one large pair of axes for
// measurements with error bars.
//
// # How numbers become pixels
//
// Row 0 of an array is at the top, as in matplotlib's imshow. An image that is smaller than its panel is enlarged by an
// integer factor (nearest neighbour), so that each value is a square of one colour. An image that is larger than its
// panel is reduced by an integer factor: each pixel shows the mean of a block of values, and a note in the picture says
// so. Nothing else is interpolated.
//
// Values outside the range of the colour bar, including infinities, have the colour of its nearer end. The bar then has
// an arrow at that end, like matplotlib's with extend. NaN has a colour that no value has: black, magenta or light
// blue, depending on the map. A swatch below the bar shows it. [Colours] lists the maps.
//
// If a batch or bank is large, only the first few panels are drawn, and a note says how many are drawn and how many
// there are.
package figure

import (
	"fmt"

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

// Stimuli draws images [N 1 H W], five to a row and at most 50, each under its title. If titles is nil, they are
// numbered. The parts of titles, between commas, that all titles have in common become a note. The greys cover the
// range from the smallest to the largest value that is drawn. With [Light] the smallest is black and the largest white;
// with [Ink], as in the tutorial, it is the other way round. Stimuli refuses an empty batch, images of several
// channels, titles whose number is not that of the images, and what a [Page] does not allow.
func Stimuli(images *conv.Tensor, titles []string, look Look) (*Picture, error) {
	titles, err := checkImages("images", images, "titles", titles, "image")
	if err != nil {
		return nil, err
	}
	shown := min(images.Shape.N(), mostStimuli)
	short, common := apart(titles[:shown])
	return look.Page.fitted(func(g grain) *Picture {
		bar := stimulusBar(images, shown, look.Tone, g)
		var panels []panel
		for n := range shown {
			panels = append(panels, bar.panel(planeOf(images, n, 0), short[n], stimulusBox))
		}
		return &Picture{
			rows:  wrap(panels, g.columns(stimulusColumns)),
			bar:   bar,
			notes: append(notes(panels, part{shown, len(titles), "images"}), inCommon(common)...),
		}
	})
}

// Filters draws the weights [K C KH KW] of a bank, each filter under its title. If titles is nil, the filters are
// numbered as channels. In the tutorial's colours (bwr), blue is negative, white is 0 and red is positive. The range is
// symmetric about 0, up to the largest absolute weight of the whole bank or, as look.Scale says, of each filter. A
// filter of several input channels is a column with one panel for each. At most 8 input channels and 64 panels are
// drawn. Filters refuses an empty bank, titles whose number is not that of the filters, and what a [Page] does not
// allow.
func Filters(weight *conv.Tensor, titles []string, look Look) (*Picture, error) {
	titles, err := checkFilters(weight, titles)
	if err != nil {
		return nil, err
	}
	inputs := min(weight.Shape.C(), mostInputs)
	shown := min(weight.Shape.N(), mostFilters/inputs)
	ranges := newRanges(look, "weight", largestOf(weight, shown), largestMagnitude(weight.Data), false)
	return look.Page.fitted(func(g grain) *Picture {
		bar := ranges.bar(g)
		blocks := make([][]panel, inputs)
		for n := range shown {
			for c := range inputs {
				title := ranges.title(titles[n], n)
				if weight.Shape.C() > 1 {
					title = fmt.Sprintf("%s, in %d", title, c)
				}
				blocks[c] = append(blocks[c], ranges.panel(bar, n, planeOf(weight, n, c), title, filterBox))
			}
		}
		return &Picture{
			rows: interleave(blocks, g.columns(filterColumns)),
			bar:  bar,
			notes: notes(blocks[0], part{shown, len(titles), "filters"},
				part{inputs, weight.Shape.C(), "input channels"}),
		}
	})
}

// largestOf returns the largest finite magnitudes in the first images of a tensor.
func largestOf(t *conv.Tensor, shown int) (all []float64) {
	for n := range shown {
		all = append(all, largestMagnitude(t.Images(n, n+1).Data))
	}
	return all
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
