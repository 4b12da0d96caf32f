package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gpuconv/param"
)

// settings ask for a kind of stimulus or filter: its name, and the settings that were typed.
type settings struct {
	kind   string
	values map[string]string
	flag   func(key string) string // how an error names a setting, without dashes: sf, or stimulus sf for run
}

// parseSettings reads a kind and its settings from one text, as run takes them:
// gabor orientation=0:180:45 sf=0.1,0.2 quadrature.
func parseSettings(flag, text string) (*settings, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		const want = `want a kind and its settings, such as "gabor orientation=0:180:45 sf=0.1"`
		return nil, misread(flag, text, errors.New(want))
	}
	s := &settings{kind: words[0], values: map[string]string{}}
	s.flag = func(key string) string { return flag + " " + key }
	for _, word := range words[1:] {
		key, value, given := strings.Cut(word, "=")
		if !given {
			value = "true"
		}
		if _, twice := s.values[key]; twice || key == "" {
			return nil, misread(flag, text, fmt.Errorf("%q: want each setting once, as name=value", word))
		}
		s.values[key] = value
	}
	return s, nil
}

// take returns a setting and removes it.
func (s *settings) take(key string) (value string, given bool) {
	value, given = s.values[key]
	delete(s.values, key)
	return value, given
}

// takeBool reads a setting that is on or off.
func (s *settings) takeBool(key string) (bool, error) {
	text, given := s.take(key)
	if !given {
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, misread(s.flag(key), text, errors.New("want true or false"))
	}
	return on, nil
}

// takeInt reads a whole number of at least 1; 0 if it is not given.
func (s *settings) takeInt(key string) (int, error) {
	text, given := s.take(key)
	if !given {
		return 0, nil
	}
	n, err := param.ParseWhole(text)
	if err != nil || n < 1 {
		return 0, misread(s.flag(key), text, errors.New("want a whole number of at least 1"))
	}
	return n, nil
}

// axes reads the remaining settings as parameters, each with a list or a range of values.
func (s *settings) axes(parameters []param.Parameter) ([]param.Axis, error) {
	var axes []param.Axis
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if !slices.ContainsFunc(parameters, func(p param.Parameter) bool { return p.Name == key }) {
			err := fmt.Errorf("%s has no such parameter: want %s", s.kind, either(parameterNames(parameters)))
			return nil, refused(s.flag(key), "", err)
		}
		values, err := param.ParseValues(s.values[key])
		if err != nil {
			return nil, refused(s.flag(key), "", err)
		}
		axes = append(axes, param.Axis{Name: key, Values: values})
	}
	return axes, nil
}

func parameterNames(parameters []param.Parameter) []string {
	var names []string
	for _, p := range parameters {
		names = append(names, p.Name)
	}
	return names
}
