package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"gpuconv/param"

	"github.com/spf13/pflag"
)

// kindFlags ask for stimuli or filters of a kind or from a file, instead of those of a preset.
//
// A flag of a kind, such as --sf or --sigma, is a parameter that the kind's struct in package stimuli or filters lists.
// registerParameters adds it as a text, chosen collects the texts that were typed, and settings.axes in
// flags_settings.go parses them. Presets have an --sf of their own: registerSF in flags_preset.go.
type kindFlags struct {
	kind, input string
	settings    []string // flags that are settings of kinds
}

// registerParameters adds a flag for each parameter that has none yet.
func (f *kindFlags) registerParameters(flags *pflag.FlagSet, parameters []param.Parameter) {
	defer inGroup(flags, groupKind)()
	for _, p := range parameters {
		if flags.Lookup(p.Name) == nil {
			flags.String(p.Name, "", p.Help)
			f.settings = append(f.settings, p.Name)
		}
	}
}

// chosen returns the settings of the kind that is asked for, or nil for a file or a preset. It refuses flags that do
// not go together. presets names the flags that only presets have, and shared names the settings that both presets and
// kinds have.
func (f *kindFlags) chosen(flags *pflag.FlagSet, presets, shared []string) (*settings, error) {
	given := map[string]string{}
	for _, name := range f.settings {
		if flags.Changed(name) {
			given[name] = flags.Lookup(name).Value.String()
		}
	}
	switch {
	case f.kind != "" && f.input != "":
		return nil, usage(errors.New("--kind, --input: want one of them"))
	case f.input != "":
		return nil, refuseFlags(flags, "--input", slices.AppendSeq(slices.Clone(presets), maps.Keys(given)))
	case f.kind != "":
		s := &settings{kind: f.kind, values: given, flag: func(key string) string { return key }}
		return s, refuseFlags(flags, "--kind", presets)
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(shared, key) {
			return nil, refused(key, "", errors.New("want --kind with it"))
		}
	}
	return nil, nil
}

// refuseFlags returns an error if one of the named flags was typed. They have no meaning together with the flag other.
func refuseFlags(flags *pflag.FlagSet, other string, names []string) error {
	slices.Sort(names)
	for _, name := range names {
		if flags.Changed(name) {
			return refused(name, "", fmt.Errorf("has no meaning with %s", other))
		}
	}
	return nil
}
