package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/whole"

	"github.com/spf13/pflag"
)

// run --from does a run again: run.json keeps each flag that was typed, and the checksums of what was written.

// again holds the parts of a run.json that --from needs.
type again struct {
	Flags   map[string][]string `json:"flags"`
	Command []string            `json:"command"`
	Backend experiment.Backend  `json:"backend"`
	Files   []whole.Sum         `json:"files"`
}

// notAgain are the flags that run.json does not keep. They say where and how to write, not what.
var notAgain = []string{"output", "resume", "retries", "shard", "shards", "from", "no-sync", "help", "dry-run", "quiet",
	"verbose"}

// typedFlags returns the values of each flag that was typed, for run.json.
func typedFlags(flags *pflag.FlagSet) map[string][]string {
	typed := map[string][]string{}
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(notAgain, f.Name) {
			return
		}
		if several, ok := f.Value.(pflag.SliceValue); ok {
			typed[f.Name] = several.GetSlice()
			return
		}
		typed[f.Name] = []string{f.Value.String()}
	})
	return typed
}

// readAgain reads the run.json of --from and sets the flags of that run, except those that were typed now. If that run
// chose its backend itself, readAgain asks for the same backend by name, because another one may round differently.
func readAgain(ctx context.Context, path string, flags *pflag.FlagSet) (*again, error) {
	text, err := input.ReadFile(ctx, input.Provenance, path)
	if err != nil {
		return nil, failed("from", "", &fault.Error{Argument: path, Err: whole.Cause(err)})
	}
	var a again
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, refused("from", path, fmt.Errorf("want the run.json of a run: %w", err))
	}
	if a.Flags == nil {
		rule := "has no flags: want a run.json that this version wrote"
		if len(a.Command) > 0 {
			rule += "; its command was " + fault.Printable(strings.Join(a.Command, " "))
		}
		return nil, refused("from", path, errors.New(rule))
	}
	if _, ok := a.Flags["backend"]; !ok && a.Backend.Name != "" && !flags.Changed("device") {
		a.Flags["backend"] = []string{a.Backend.Name}
	}
	for name, values := range a.Flags {
		f := flags.Lookup(name)
		if f == nil || slices.Contains(notAgain, name) {
			return nil, refused("from", path, fmt.Errorf("flag %q: want the flags of gpuconv run", name))
		}
		if f.Changed {
			continue
		}
		for _, value := range values {
			if err := flags.Set(name, value); err != nil {
				return nil, refused("from", path, errors.New(
					"its flag "+fault.Printable(name)+" has a value that is refused: "+fault.Printable(value)))
			}
		}
	}
	return &a, nil
}

// compare says whether a run has written the same bits as the one that --from names.
func (a *again) compare(files []whole.Sum) string {
	for _, was := range a.Files {
		if !strings.HasPrefix(was.Name, "activations.n") && !strings.HasPrefix(was.Name, "activations.z") {
			continue
		}
		if slices.Contains(files, was) {
			return "same      " + was.Name + " has the same bits as in the run that --from names"
		}
		return "differs   " + was.Name + " has other bits than in the run that --from names: another device, driver " +
			"or version, other input files or other flags"
	}
	return ""
}
