package main

import (
	"errors"
	"math/rand/v2"
	"strconv"

	"gpuconv/experiment"
	"gpuconv/param"

	"github.com/spf13/pflag"
)

// checkFlag is --check of run: how much is compared with the reference.
type checkFlag experiment.Checking

// register adds --check. Each run draws its sample with another seed, so that many runs together check more outputs
// than one.
func (c *checkFlag) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupCheck)()
	*c = checkFlag{Sample: true, Seed: uint64(rand.Uint32())}
	flags.Var(c, "check",
		"what is compared with the float64 reference. sample: single outputs at random places, so many that a fault\n"+
			"in one of a thousand is found with 99.9 %, within a tenth of the job's time or 0.2 s. all: everything.\n"+
			"Or how many whole images, spread over the set; 0 for none, -1 for all")
}

// Set implements [pflag.Value].
func (c *checkFlag) Set(text string) error {
	switch text {
	case "sample":
		*c = checkFlag{Sample: true, Seed: c.Seed}
		return nil
	case "all":
		*c = checkFlag{Images: -1, Seed: c.Seed}
		return nil
	}
	n, err := param.ParseWhole(text)
	if err != nil || n < -1 {
		return errors.New("want " + c.wanted())
	}
	*c = checkFlag{Images: n, Seed: c.Seed}
	return nil
}

func (c *checkFlag) String() string {
	switch {
	case c.Sample:
		return "sample"
	case c.Images < 0:
		return "all"
	}
	return strconv.Itoa(c.Images)
}

// wanted says what the flag takes, for errors.
func (c *checkFlag) wanted() string { return "sample, all or a number of images" }

// Type implements [pflag.Value]. Help shows it.
func (c *checkFlag) Type() string { return "sample|all|N" }
