package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/param"
	"gpuconv/verify"

	"github.com/spf13/pflag"
)

// choiceFlags choose which cases gpuconv verify runs, and when it stops.
type choiceFlags struct {
	cases, shard, seed, known string
	list, failFast            bool
	maxFailures               int
	timeLimit                 time.Duration
}

func (f *choiceFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.cases, "cases", "", "only cases whose name matches this regular expression: "+
		"'/7x7/.*mode=reflect'")
	flags.BoolVar(&f.list, "list", false, "print the names of the cases, and verify nothing; no device is opened, "+
		"so batches around the size of its chunks are missing")
	flags.StringVar(&f.shard, "shard", "", "only this part of the cases, for machines that share them: 2/8")
	flags.StringVar(&f.seed, "seed", "0", "draw other numbers for the same cases")
	fileFlag(flags, &f.known, "known", "a list of failures that are expected: CASE or WHO | CASE to a line, * for "+
		"any text")
	flags.BoolVar(&f.failFast, "fail-fast", false, "stop at the first case that fails, as with --max-failures 1")
	wholeVar(flags, &f.maxFailures, "max-failures", 0, "stop after this many cases have failed; 0 never stops")
	flags.DurationVar(&f.timeLimit, "time-limit", 0,
		"stop after this time, such as 90s, with the reports of what was done; 0 never stops")
}

// validate refuses flags that make no sense.
func (f *choiceFlags) validate() error {
	switch {
	case f.maxFailures < 0:
		return refused("max-failures", fmt.Sprint(f.maxFailures), errors.New("want 1 or more, or 0 for no limit"))
	case f.timeLimit < 0:
		return refused("time-limit", f.timeLimit.String(), errors.New("want a time, or 0 for no limit"))
	case f.failFast && f.maxFailures > 1:
		return refused("max-failures", fmt.Sprint(f.maxFailures),
			errors.New("--fail-fast stops after 1: want one of them"))
	}
	_, err := f.choice()
	return err
}

// choice says which cases the flags choose.
func (f *choiceFlags) choice() (*verify.Choice, error) {
	names, err := regexp.Compile(f.cases)
	if err != nil {
		return nil, misread("cases", f.cases, fmt.Errorf("want a regular expression: %w", err))
	}
	c := &verify.Choice{Names: names}
	if c.Seed, err = param.ParseSeed(f.seed); err != nil {
		return nil, misread("seed", f.seed, err)
	}
	if f.shard != "" {
		if c.Shard, err = verify.ParseShard(f.shard); err != nil {
			return nil, misread("shard", f.shard, err)
		}
	}
	return c, nil
}

// choose keeps only the chosen cases in the runs. It refuses flags that choose no case.
func (f *choiceFlags) choose(runs []verify.Runner) ([]verify.Runner, error) {
	c, err := f.choice()
	if err != nil {
		return nil, err
	}
	var chosen []verify.Runner
	first := ""
	for _, r := range runs {
		if first == "" && len(r.Cases) > 0 {
			first = r.Cases[0].Name
		}
		if r.Cases = c.Of(r.Cases); r.Records() > 0 {
			chosen = append(chosen, r)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case c.Matched() == 0:
		return nil, misread("cases", f.cases, fmt.Errorf(
			"no case has such a name: the first is %s", fault.Printable(first)))
	case f.shard == "":
		return nil, refused("cases", f.cases, errors.New("they are only for software renderers"))
	}
	return nil, refused("shard", f.shard, errors.New("no case is in this part: want fewer parts"))
}

// all reports whether the flags choose all cases.
func (f *choiceFlags) all() bool { return f.cases == "" && f.shard == "" }

// failures returns how many cases may fail before the run stops; 0 means any number.
func (f *choiceFlags) failures() int {
	if f.failFast {
		return 1
	}
	return f.maxFailures
}

// knownFailures reads the file of --known. It returns nil if there is none.
func (f *choiceFlags) knownFailures(ctx context.Context) (*verify.Known, error) {
	if f.known == "" {
		return nil, nil
	}
	text, err := input.ReadFile(ctx, input.List, f.known)
	if err != nil {
		return nil, refused("known", f.known, err)
	}
	known, err := verify.ReadKnown(bytes.NewReader(text))
	return known, refused("known", f.known, err)
}

// printCases prints the name of each case once. The same name may be in several runs with different subjects.
func printCases(w io.Writer, runs []verify.Runner) {
	seen := map[string]bool{}
	for _, r := range runs {
		for _, c := range r.Cases {
			if !seen[c.Name] {
				seen[c.Name] = true
				printLine(w, "%s", fault.Printable(c.Name))
			}
		}
	}
}
