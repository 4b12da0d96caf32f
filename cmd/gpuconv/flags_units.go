package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gpuconv/param"

	"github.com/spf13/pflag"
)

// Units of lengths and spatial frequencies. Kinds of stimuli and filters count in pixels, and so do all tables. People
// who think in degrees of visual angle, or in parts of the image, say so with --size-unit, --sf-unit and --ppd.

// unitSettings are the settings that say in which units lengths and spatial frequencies are.
func unitSettings() []setting {
	return []setting{
		{"sf-unit", "what --sf counts cycles per: pixel, image (its width) or degree (default pixel)"},
		{"size-unit", "unit of lengths and places, such as sigma, aperture-radius and x, and of the --size of filters: pixel,\n" +
			"image (its width) or degree (default pixel)"},
		{"ppd", "pixels per degree, for --size-unit and --sf-unit degree"},
	}
}

// registerUnits adds the flags of unitSettings, and makes them settings of kinds.
func (f *kindFlags) registerUnits(flags *pflag.FlagSet) {
	defer inGroup(flags, groupKind)()
	for _, s := range unitSettings() {
		if s.name == "ppd" && flags.Lookup("channels") != nil { // filters: the population v1 has one too
			s.help += ", and for v1 (default 28)"
		}
		flags.String(s.name, "", s.help)
		f.settings = append(f.settings, s.name)
	}
}

// isFrequency reports whether a parameter is in cycles per pixel. TestUnits compares it with what help says.
func isFrequency(name string) bool { return name == "sf" || name == "sf2" }

// isLength reports whether a parameter is in pixels.
func isLength(name string) bool {
	return name == "x" || name == "y" || name == "side" || strings.HasPrefix(name, "sigma") ||
		strings.HasPrefix(name, "aperture-")
}

// units are the factors by which lengths become pixels, and spatial frequencies cycles per pixel.
type units struct{ length, frequency float64 }

// takeUnits reads the units. parameters are those of the kind; columns is the width of the images, or 0 if there are
// none.
func (s *settings) takeUnits(parameters []param.Parameter, columns int) (u units, err error) {
	own := slices.ContainsFunc(parameters, func(p param.Parameter) bool { return p.Name == "ppd" })
	lengths, frequencies := s.values["size-unit"], s.values["sf-unit"]
	inDegrees := lengths == "degree" || frequencies == "degree"
	ppd, given := s.values["ppd"]
	if !own {
		delete(s.values, "ppd")
	}
	degree := 1.0
	for _, key := range []string{"sf-unit", "size-unit"} {
		unit, _ := s.take(key)
		switch {
		case !slices.Contains([]string{"", "pixel", "image", "degree"}, unit):
			return u, misread(s.flag(key), unit, errors.New("want pixel, image or degree"))
		case unit == "image" && columns == 0:
			return u, refused(s.flag(key), unit, errors.New("want pixel or degree, there are no images here; "+
				"gpuconv run --filter takes image"))
		}
	}
	if given != inDegrees && !(own && given) {
		return u, misread(s.flag("ppd"), ppd, errors.New(
			"want pixels per degree with size-unit or sf-unit degree, and only then"))
	}
	if inDegrees {
		if degree, err = param.ParseNumber(ppd); err != nil || !(degree > 0) || degree > 1e9 {
			return u, misread(s.flag("ppd"), ppd, errors.New("want a number above 0"))
		}
	}
	pixels := map[string]float64{"": 1, "pixel": 1, "image": float64(columns), "degree": degree}
	return units{pixels[lengths], 1 / pixels[frequencies]}, nil
}

// scale changes the values of axes to pixels.
func (u units) scale(axes []param.Axis) {
	for i, axis := range axes {
		switch {
		case isFrequency(axis.Name):
			axes[i].Values = axis.Values.Scaled(u.frequency)
		case isLength(axis.Name):
			axes[i].Values = axis.Values.Scaled(u.length)
		}
	}
}

// mostSize is the largest filter that --size asks for in degrees or images, in pixels.
const mostSize = 1 << 15

// takeSize reads how many rows and columns filters have: a whole number of pixels, or a number in another unit, which
// is rounded to whole pixels. It returns 0 if none is given.
func (s *settings) takeSize(u units) (int, error) {
	if u.length == 1 {
		return s.takeInt("size")
	}
	text, given := s.take("size")
	if !given {
		return 0, nil
	}
	v, err := param.ParseNumber(text)
	pixels := math.Round(v * u.length)
	if err != nil || !(pixels >= 1 && pixels <= mostSize) {
		return 0, misread(s.flag("size"), text, fmt.Errorf("want a number that makes 1 to %d pixels", mostSize))
	}
	return int(pixels), nil
}

// sizeText is the flag --size of filters: a whole number of pixels or, with --size-unit, any number.
type sizeText struct {
	at   *int // 0 if the number is not whole
	text string
}

// Set implements [pflag.Value].
func (s *sizeText) Set(text string) error {
	if n, err := param.ParseWhole(text); err == nil {
		*s.at, s.text = n, strconv.Itoa(n)
		return nil
	}
	_, err := param.ParseNumber(text)
	*s.at, s.text = 0, strings.TrimSpace(text)
	return err
}

func (s *sizeText) String() string { return s.text }

// Type implements [pflag.Value]. Help shows it.
func (s *sizeText) Type() string { return "size" }

// wanted says what the flag takes, for errors.
func (s *sizeText) wanted() string { return "a whole number, or with --size-unit any number" }
