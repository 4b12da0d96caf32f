package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gpuconv/param"
	"gpuconv/stimuli"
)

// canvasSettings are the settings of a stimulus that take a single value. Unlike parameters, they cannot be swept.
func canvasSettings() []setting {
	return []setting{
		{"image-size", "rows and columns in pixels: 64, or 48,64 for H,W (default 64)"},
		{"supersample", "samples along each side of a pixel, averaged to avoid jagged edges (default 1)"},
		{"aperture", "none, circle, annulus, gaussian or raised-cosine: the window that the pattern is seen through"},
	}
}

// switchSettings are the settings of a stimulus that are on or off.
func switchSettings() []setting {
	return []setting{
		{"centred", "subtract the mean from the pixels, so that grey is 0"},
		{"allow-aliasing", "let patterns be finer than half a cycle per pixel"},
	}
}

// setting is a setting of stimuli, with the help that its flag shows.
type setting struct{ name, help string }

// stimulus makes the set of images that s asks for.
func (s *settings) stimulus() (stimuli.Set, error) {
	kinds := stimuli.Kinds()
	at := slices.IndexFunc(kinds, func(k stimuli.Kind) bool { return k.Name == s.kind })
	if at < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return nil, unknown(s.flag("kind"), s.kind, names)
	}
	canvas, err := s.canvas()
	if err != nil {
		return nil, err
	}
	fresh, err := s.pattern(kinds[at])
	if err != nil {
		return nil, err
	}
	parameters := fresh().Parameters()
	unit, err := s.takeUnits(parameters, canvas.Columns)
	if err != nil {
		return nil, err
	}
	if err := s.checkAperture(parameters); err != nil {
		return nil, err
	}
	axes, err := s.axes(parameters)
	if err != nil {
		return nil, err
	}
	unit.scale(axes)
	product, err := stimuli.NewProduct(canvas, fresh, axes...)
	if err != nil {
		return nil, refused(s.flag("kind"), s.kind, plain(s.permitting(err)))
	}
	return product, nil
}

// checkAperture refuses parameters that the chosen aperture does not have, and says which apertures have them.
func (s *settings) checkAperture(parameters []param.Parameter) error {
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		named := func(p param.Parameter) bool { return p.Name == key }
		if !strings.HasPrefix(key, "aperture-") || slices.ContainsFunc(parameters, named) {
			continue
		}
		var windows []string
		for w := range stimuli.RaisedCosine + 1 {
			windowed := stimuli.Grating{Look: stimuli.Look{Aperture: stimuli.Aperture{Window: w}}}
			if slices.ContainsFunc(windowed.Parameters(), named) {
				windows = append(windows, w.String())
			}
		}
		if len(windows) > 0 {
			return refused(s.flag(key), "", fmt.Errorf("want it with --%s %s", s.flag("aperture"), either(windows)))
		}
	}
	return nil
}

// permitting adds to an aliasing error the setting that allows such fine patterns.
func (s *settings) permitting(err error) error {
	var aliasing *stimuli.AliasingError
	if errors.As(err, &aliasing) {
		permitted := *aliasing
		permitted.Permit = "--" + s.flag("allow-aliasing")
		err = &permitted
	}
	return plain(err)
}

func (s *settings) canvas() (c stimuli.Canvas, err error) {
	c.Rows, c.Columns = 64, 64
	if text, given := s.take("image-size"); given {
		size, err := parsePair(s.flag("image-size"), text, 1)
		if err != nil {
			return c, err
		}
		c.Rows, c.Columns = size[0], size[1]
	}
	if c.Supersample, err = s.takeInt("supersample"); err != nil {
		return c, err
	}
	c.AllowAliasing, err = s.takeBool("allow-aliasing")
	return c, err
}

// pattern returns a function that makes patterns of a kind, with the settings centred and aperture applied.
func (s *settings) pattern(kind stimuli.Kind) (func() stimuli.Pattern, error) {
	centred, err := s.takeBool("centred")
	if err != nil {
		return nil, err
	}
	name, given := s.take("aperture")
	if !given {
		name = stimuli.Open.String()
	}
	window, err := stimuli.ParseWindow(name)
	if err != nil {
		return nil, refused(s.flag("aperture"), "", plainError{err, "aperture"})
	}
	looks := stimuli.LookOf(kind.New()) != nil
	if !looks && centred {
		err := fmt.Errorf("%s has no mean to subtract: want another kind", kind.Name)
		return nil, refused(s.flag("centred"), "", err)
	} else if !looks && window != stimuli.Open {
		return nil, refused(s.flag("aperture"), name, fmt.Errorf("%s has no aperture: want none", kind.Name))
	}
	return func() stimuli.Pattern {
		pattern := kind.New()
		if look := stimuli.LookOf(pattern); look != nil {
			look.Centred, look.Aperture.Window = centred, window
		}
		return pattern
	}, nil
}
