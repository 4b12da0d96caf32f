package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"gpuconv/bench"
	"gpuconv/conv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// benchProblems are one's own problems: those of --problem, and the flags that describe one.
type benchProblems struct {
	texts []string // the values of --problem; described means that the flags describe the problem
	problemFlags
}

// described is what pflag stores for a --problem that is given without a value: other flags then describe the problem.
const described = "flags"

func (p *benchProblems) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&p.texts, "problem", nil,
		"time this instead of a suite; can be given several times. One of: nine numbers\n"+
			"N,Cin,H,W,Cout,K,pad,stride,groups; axes such as 'n=1,64,4096 k=3,5,7 out=6', whose every combination\n"+
			"is a case; or no value: then the flags of gpuconv conv describe the problem, and if --input and\n"+
			"--weight are files, their numbers are used")
	flags.Lookup("problem").NoOptDefVal = described
	p.registerShapes(flags)
}

// take takes the command's arguments as values of --problem: pflag reads --problem VALUE, without =, as a flag without
// a value and an argument. It refuses other arguments, and flags that make no sense together.
func (p *benchProblems) take(cmd *cobra.Command, args []string) error {
	named := cmd.Flags().Changed("problem")
	var texts []string
	bare := 0
	for _, text := range p.texts {
		if text == described {
			bare++
		} else {
			texts = append(texts, text)
		}
	}
	if len(args) > bare {
		return flagsOnly(cmd, args[bare:])
	}
	if named && cmd.Flags().Changed("suite") {
		return refused("problem", "", errors.New("leave out --suite, it has its own problems"))
	}
	p.texts = append(texts, args...)
	if bare > len(args) {
		p.texts = append(p.texts, described)
	}
	if len(p.texts) > 1 && (p.input != "" || p.weight != "" || p.bias != "") {
		return refused("problem", p.texts[0],
			errors.New("several problems cannot share --input, --weight and --bias: leave these out, or give one "+
				"--problem without a value"))
	}
	return withoutProblem(cmd.Flags(), named)
}

// suite returns the problems as a suite.
func (p *benchProblems) suite(ctx context.Context) (bench.Suite, error) {
	var all []bench.Case
	for _, text := range p.texts {
		cases, err := p.cases(ctx, text)
		if err != nil {
			return bench.Suite{}, err
		}
		for _, c := range cases {
			if _, err := c.Problem.Dst(); err != nil {
				return bench.Suite{}, usage(plain(err))
			}
			if c.Problem.Src.N() < 1 {
				return bench.Suite{}, refused("problem", "", fmt.Errorf("images %v: want at least one", c.Problem.Src))
			}
		}
		all = append(all, cases...)
	}
	return bench.NewOwnSuite(all), nil
}

// cases returns the cases of one text: of sizes in order, of axes, or of the flags, with the numbers of --input and
// --weight if these are files.
func (p *benchProblems) cases(ctx context.Context, text string) ([]bench.Case, error) {
	switch {
	case strings.Contains(text, "="):
		return p.parseAxes(text)
	case text == described && isFile(p.input) && isFile(p.weight):
		own := convFlags{input: p.input, weight: p.weight, bias: p.bias, spec: p.spec}
		c, err := own.given(ctx, func(q conv.Problem, bytes float64) error { return judgeBench(q, bytes) })
		return []bench.Case{{Problem: c.Problem, Data: &c}}, err
	case text == described:
		text = ""
	}
	q, err := p.problem(ctx, text)
	return []bench.Case{{Problem: q}}, err
}

// isFile reports whether there is a file with this name. It is true of a folder too, which reading refuses.
func isFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// judgeBench refuses a problem that is not valid, or does not fit in memory with its images and outputs. bytes is what
// reading the images takes in addition to them.
func judgeBench(p conv.Problem, bytes float64) error {
	dst, err := p.Dst()
	if err != nil {
		return usage(plain(err))
	}
	return reserve(fmt.Sprintf("timing images of %v to %v", p.Src, dst),
		bytes+2*p.Src.Bytes()+dst.Bytes()+copies*p.Weight.Bytes())
}

// arguments returns the flags with which another process makes the same cases.
func (f *benchFlags) arguments(flags *pflag.FlagSet) []string {
	args := []string{"--cases", f.cases}
	for _, text := range f.own.texts {
		args = append(args, "--problem="+text)
	}
	if len(f.own.texts) == 0 {
		args = append(args, "--suite", f.suite)
	}
	for _, name := range append([]string{"input", "weight", "bias"}, ownFlags...) {
		if flags.Changed(name) {
			args = append(args, "--"+name+"="+flags.Lookup(name).Value.String())
		}
	}
	return args
}
