package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gpuconv/figure"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/spf13/pflag"
)

// orientationHelp is the convention of orientations, for the help of every verb that has them.
const orientationHelp = "Orientations are in degrees from vertical, clockwise: at 0 stripes are vertical, at 90 " +
	"horizontal. A filter is\n" +
	"labelled by the grating that it prefers, from 0° to below 180°, the tutorial's filters with the tutorial's own θ\n" +
	"before it: \"θ 0°, prefers 90°\". docs/stimuli.md has a picture, docs/orientation.png."

// figureFlags say how pictures are drawn.
type figureFlags struct {
	formats, colours, scale, polarity, show string
	width, dpi, fontSize                    float64
}

// register adds the flags that all pictures have.
func (f *figureFlags) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPictures)()
	flags.StringVar(&f.formats, "figures", "png", "formats of the pictures: "+strings.Join(figure.Formats(), ", ")+
		", or several with commas")
	numberVar(flags, &f.width, "width", 0, "width of each picture in mm, 10 to 2000; 0: as its panels need")
	numberVar(flags, &f.dpi, "dpi", 0, "dots per inch of PNG, 36 to 600; 0: 144")
	numberVar(flags, &f.fontSize, "font-size", 0,
		"height of text in pictures in points, 3 to 72; 0: 9, or with --width in proportion to the picture, but at\n"+
			"least 6; smaller if --width has no room")
	flags.StringVar(&f.colours, "colours", "auto",
		"colours of pictures: bwr (blue, white, red, as in the tutorial), blue-red, purple-orange or grey;\n"+
			"auto: bwr for a preset, else blue-red. Without values below 0: white to red for bwr, black body\n"+
			"for blue-red and purple-orange")
}

// registerPanels adds the flags of pictures of stimuli, filters and activations.
func (f *figureFlags) registerPanels(flags *pflag.FlagSet) {
	defer inGroup(flags, groupPictures)()
	flags.StringVar(&f.scale, "scale", "auto",
		"range of colours in pictures: all (one for all filters), each (of each filter, in its title),\n"+
			"or auto: each if the largest weight or activation of some filter is below a fifth of that of all")
	flags.StringVar(&f.polarity, "polarity", figure.Light.String(),
		"how pictures show pixels: light (larger is lighter), or dark (larger is darker, as the tutorial draws "+
			"gratings)")
	flags.StringVar(&f.show, "show", "",
		"the images in the pictures: their numbers, a list or start:stop:step, or settings such as\n"+
			"\"orientation=45 sf=0.1\"; at most 20. Without it, five that differ as much as they can")
}

// look reads the flags. preset says whether all that is drawn is a preset's.
func (f *figureFlags) look(preset bool) (l figure.Look, formats []string, err error) {
	l.Page = figure.Page{Width: f.width, DPI: f.dpi, FontSize: f.fontSize}
	for _, size := range []struct {
		flag        string
		v           float64
		least, most float64
		unit        string
	}{{"width", f.width, 10, 2000, "mm"}, {"dpi", f.dpi, 36, 600, "dots per inch"},
		{"font-size", f.fontSize, 3, 72, "points"}} {
		if size.v != 0 && !(size.v >= size.least && size.v <= size.most) {
			return l, nil, refused(size.flag, fmt.Sprint(size.v), fmt.Errorf("want %v to %v %s, or 0", size.least,
				size.most, size.unit))
		}
	}
	if dots := f.width / 25.4 * max(f.dpi, 144); dots > 12000 {
		return l, nil, refused("width", fmt.Sprint(f.width),
			fmt.Errorf("%.0f dots at %v per inch: want at most 12000", dots, max(f.dpi, 144)))
	}
	switch {
	case f.colours == "auto" && !preset:
		l.Colours = figure.BlueRed
	case f.colours != "auto":
		if l.Colours, err = parseChoice("colours", f.colours, figure.BWR, figure.BlueRed, figure.PurpleOrange,
			figure.Grey); err != nil {
			return l, nil, misread("colours", f.colours, errors.New("want auto, bwr, blue-red, purple-orange or grey"))
		}
	}
	for format := range strings.SplitSeq(f.formats, ",") {
		if !slices.Contains(figure.Formats(), format) {
			return l, nil, misread("figures", f.formats, errors.New("want png, svg, pdf, or several with commas"))
		}
		if !slices.Contains(formats, format) {
			formats = append(formats, format)
		}
	}
	return l, formats, nil
}

// panels reads the flags of pictures of stimuli, filters and activations.
func (f *figureFlags) panels(preset bool) (l figure.Look, formats []string, err error) {
	if l, formats, err = f.look(preset); err != nil {
		return l, nil, err
	}
	if l.Scale, err = parseChoice("scale", f.scale, figure.Automatic, figure.All, figure.Each); err != nil {
		return l, nil, err
	}
	l.Tone, err = parseChoice("polarity", f.polarity, figure.Light, figure.Ink)
	return l, formats, err
}

// mostShown is how many images pictures show at most.
const mostShown = 20

// images returns the numbers of the images that --show asks for, or nil.
func (f *figureFlags) images(set stimuli.Set) ([]int, error) {
	if f.show == "" {
		return nil, nil
	}
	var all []int
	var err error
	if strings.Contains(f.show, "=") {
		all, err = showSettings(f.show, set)
	} else {
		all, err = showNumbers(f.show, set.Shape().N())
	}
	if err == nil && len(all) > mostShown {
		err = refused("show", f.show, fmt.Errorf("%s: want at most %d", counted(len(all), "image"), mostShown))
	}
	return all, err
}

// showNumbers reads numbers of images.
func showNumbers(text string, images int) (all []int, err error) {
	values, err := param.ParseValues(text)
	if err != nil {
		return nil, refused("show", "", err)
	}
	for i := range min(values.Len(), mostShown+1) {
		n := int(values.At(i))
		if float64(n) != values.At(i) || n < 0 || n >= images {
			return nil, refused("show", text, fmt.Errorf("want numbers of images, from 0 to %d", images-1))
		}
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all, nil
}

// showSettings returns the numbers of the images that fit a text such as orientation=0,45 sf=0.1. An image fits if it
// has one of the given values in each named column. A name may be the beginning of a column's: sf means
// sf_cycles_per_pixel.
func showSettings(text string, set stimuli.Set) (all []int, err error) {
	table, err := set.Table()
	if err != nil {
		return nil, refused("show", text, err)
	}
	wanted := map[int]param.Values{}
	for setting := range strings.FieldsSeq(text) {
		name, values, _ := strings.Cut(setting, "=")
		at := slices.IndexFunc(table.Columns, func(c param.Column) bool {
			return c.Numbers != nil && (c.Name == name || strings.HasPrefix(c.Name, name+"_"))
		})
		if at < 0 {
			return nil, refused("show", text, fmt.Errorf("the images have no %s: want some of %s", name,
				strings.Join(table.Names(), ", ")))
		}
		if wanted[at], err = param.ParseValues(values); err != nil {
			return nil, refused("show", "", err)
		}
	}
	for i := range table.Len() {
		fits := true
		for at, values := range wanted {
			fits = fits && values.Near(table.Columns[at].Numbers[i], 1e-9) // up to rounding of the last digits
		}
		if fits {
			all = append(all, i)
		}
	}
	if all == nil {
		return nil, refused("show", text, errors.New("no image has these: want settings of stimuli.csv"))
	}
	return all, nil
}
