package main

import (
	"time"

	"gpuconv/fault"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

// saving is the flag --no-sync, for all verbs that write files.
type saving struct {
	noSync bool
	cmd    *cobra.Command
}

func (s *saving) register(cmd *cobra.Command) {
	s.cmd = cmd
	defer inGroup(cmd.Flags(), groupOutput)()
	cmd.Flags().BoolVar(&s.noSync, "no-sync", false,
		"do not wait for the disk: for scratch files, since a power cut may destroy them")
}

// output returns the output that a flag names.
func (s *saving) output(flag, path string) output { return output{flag, path, s.options()} }

// lease is how long a folder that is kept belongs to a process that does nothing: see [whole.Options].
var lease = time.Minute

// options says how package whole writes. A line on stderr names each leftover of a killed run that is removed.
func (s *saving) options() whole.Options {
	return whole.Options{NoSync: s.noSync, Lease: lease, Removed: func(path string) {
		printLine(s.cmd.ErrOrStderr(), "gpuconv: removed %s, which a killed process left",
			fault.Printable(path))
	}}
}
