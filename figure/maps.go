package figure

import (
	"fmt"
	"image"
	"math"

	"gpuconv/conv"
)

// Maps are images with their activations, for [Activations].
type Maps struct {
	Stimuli        *conv.Tensor // [N 1 H W]
	StimulusTitles []string     // nil numbers them
	Activations    *conv.Tensor // [N K Hout Wout]
	ChannelTitles  []string     // nil numbers them
	// Limit is the activation at the ends of the colour scale; the tutorial's is 3. 0 means the largest finite
	// magnitude that is drawn or, with a range for each channel, that of the channel.
	Limit    float64
	Positive bool   // no activation is below 0, as with ReLU or energy: the colours begin at 0
	Label    string // what the activations are, beside the colour bar; "" means activation strength
	// Field, if it is not empty, is drawn on each stimulus: the pixels that one output sees. Y counts rows, and X
	// counts columns. Field may reach beyond the image. If it covers the whole image, it is not drawn.
	Field image.Rectangle
}

// Activations draws a row for each image: the stimulus as [Stimuli] draws it, then its activations, channel by channel.
// Only the first row has the titles of the channels. The colours go from −Limit to Limit, or from 0 if no activation is
// below 0. With [Each] every channel has a limit of its own. At most 20 images and 12 channels are drawn. Activations
// refuses what Stimuli refuses, activations of another number of images, and a limit that is neither 0 nor a number
// above 0 in the range of float32.
func Activations(m Maps, look Look) (*Picture, error) {
	stimuli, err := checkImages("stimuli", m.Stimuli, "stimulus titles", m.StimulusTitles, "stimulus")
	if err != nil {
		return nil, err
	}
	titles, err := checkActivations(m.Activations, m.Stimuli.Shape, m.ChannelTitles)
	if err != nil {
		return nil, err
	}
	if m.Limit != 0 && !(m.Limit >= math.SmallestNonzeroFloat32 && m.Limit <= math.MaxFloat32) {
		return nil, fmt.Errorf("figure: limit %v: want a number above 0 in the range of float32, or 0 for the largest",
			m.Limit)
	}
	images := min(m.Stimuli.Shape.N(), mostActivationRows)
	channels := min(m.Activations.Shape.C(), mostActivationChannels)
	box := activationBox
	if channels >= crowded {
		box = crowdedBox
	}
	ranges := m.ranges(look, images, channels)
	if image.Rect(0, 0, m.Stimuli.Shape.W(), m.Stimuli.Shape.H()).In(m.Field) {
		m.Field = image.Rectangle{} // it would frame the whole image
	}
	stimuli, common := apart(stimuli[:images])
	return look.Page.fitted(func(g grain) *Picture {
		grey := stimulusBar(m.Stimuli, images, look.Tone, g)
		bar := ranges.bar(g)
		rows := make([][]panel, images)
		for n := range rows {
			p := grey.panel(planeOf(m.Stimuli, n, 0), stimuli[n], box)
			p.field = m.Field
			rows[n] = append(rows[n], p)
			for c := range channels {
				title := ""
				if n == 0 {
					title = ranges.title(titles[c], c)
				}
				p := ranges.panel(bar, c, planeOf(m.Activations, n, c), title, box)
				p.x.shown, p.y.shown = n == images-1, c == 0
				rows[n] = append(rows[n], p)
			}
		}
		said := append(notes(rows[0], part{channels, len(titles), "channels"},
			part{images, m.Stimuli.Shape.N(), "images"}), inCommon(common)...)
		if !m.Field.Empty() {
			said = append(said, "the box on a stimulus is what the output in the middle sees")
		}
		if grey.nan {
			said = append(said, "magenta on a stimulus is NaN")
		}
		return &Picture{rows: rows, bar: bar, notes: said}
	})
}

// ranges returns the ranges of the channels.
func (m Maps) ranges(look Look, images, channels int) ranges {
	label := m.Label
	if label == "" {
		label = "activation strength"
	}
	largest, most := make([]float64, channels), m.Limit
	for c := range channels {
		var data []float32
		for n := range images {
			data = append(data, m.Activations.Plane(n, c)...)
		}
		largest[c] = largestMagnitude(data)
		if m.Limit == 0 {
			most = max(most, largest[c])
		}
	}
	if m.Limit != 0 && look.Scale == Automatic {
		look.Scale = All
	}
	return newRanges(look, label, largest, most, m.Positive)
}

// ranges are the ranges of values of a picture's panels: one for all, or one for each.
type ranges struct {
	look     Look
	label    string
	largest  []float64 // of each
	most     float64
	each     bool
	positive bool // they begin at 0
}

func newRanges(look Look, label string, largest []float64, most float64, positive bool) ranges {
	return ranges{look, label, largest, most, look.Scale.each(largest), positive}
}

// colors returns the colours of values up to limit.
func (r ranges) colors(limit float64) colorMap {
	if r.positive {
		return r.look.Colours.unsigned(limit)
	}
	return r.look.Colours.signed(limit)
}

// bar returns the colour bar. With a range for each panel, it counts in shares of that range.
func (r ranges) bar(g grain) *colorBar {
	if r.each {
		return &colorBar{label: r.label + " / largest", colors: r.colors(1), grain: g}
	}
	return &colorBar{label: r.label, colors: r.colors(r.most), grain: g}
}

// title returns the title of filter k, with its range if it has its own.
func (r ranges) title(title string, k int) string {
	switch {
	case !r.each:
		return title
	case r.positive:
		return fmt.Sprintf("%s, 0 … %.2g", title, r.largest[k])
	}
	return fmt.Sprintf("%s, ±%.2g", title, r.largest[k])
}

// panel draws a plane of filter k.
func (r ranges) panel(bar *colorBar, k int, p plane, title string, box int) panel {
	if !r.each {
		return bar.panel(p, title, box)
	}
	own := &colorBar{colors: r.colors(r.largest[k]), grain: bar.grain}
	drawn := own.panel(p, title, box)
	bar.nan, bar.below, bar.above = bar.nan || own.nan, bar.below || own.below, bar.above || own.above
	return drawn
}

// stimulusBar returns the colour bar for the images of t that are drawn: the first ones, as many as shown says.
func stimulusBar(t *conv.Tensor, shown int, tone Tone, g grain) *colorBar {
	lo, hi := extent(t.Images(0, shown).Data)
	return &colorBar{label: "pixel value", colors: tone.colors(lo, hi), grain: g}
}
