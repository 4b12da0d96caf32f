package main

import (
	"fmt"
	"io"

	"gpuconv/experiment"
	"gpuconv/fault"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reads is the annotation of flags, and of commands, that name files to read.
const reads = "gpuconv-reads"

// fileFlag adds a flag that names a file to read, or a folder of them. TestHostileFiles gives each such flag files that
// are not valid. TestFlagsOfFiles finds flags that should be added here and are not.
func fileFlag(flags *pflag.FlagSet, value *string, name, usage string) {
	flags.StringVar(value, name, "", usage)
	flags.Lookup(name).Annotations = map[string][]string{reads: nil}
}

// filesFlag is like [fileFlag], for a flag that may be given several times.
func filesFlag(flags *pflag.FlagSet, values *[]string, name, usage string) {
	flags.StringArrayVar(values, name, nil, usage)
	flags.Lookup(name).Annotations = map[string][]string{reads: nil}
}

// fileArguments is [fileFlag] for a command whose arguments are files to read.
func fileArguments(cmd *cobra.Command) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[reads] = ""
	return cmd
}

// inputs reads files, and collects notes on them for the user. The notes are printed when the job is done, so that a
// job that fails prints one line on stderr.
type inputs struct {
	strict    bool
	images    imageFlags
	notes     []string
	overflown bool // a note says that numbers became infinite
}

func (in *inputs) register(flags *pflag.FlagSet) {
	defer inGroup(flags, groupInput)()
	flags.BoolVar(&in.strict, "strict", false,
		"refuse files with numbers that float32 cannot hold; without it a float64 of 1e300\n"+
			"becomes infinite, an integer above 2²⁴ is rounded, and a line says how many\n"+
			"(a float64 of magnitude 2⁻¹⁵⁰, 7e-46, or less becomes 0 either way, without a line)")
}

// note adds a line for stderr about a file.
func (in *inputs) note(path, format string, args ...any) {
	in.notes = append(in.notes, fmt.Sprintf("note: %s: %s", fault.Printable(path), fmt.Sprintf(format, args...)))
}

// say adds lines for stderr that are not about one file.
func (in *inputs) say(lines []string) {
	for _, line := range lines {
		in.notes = append(in.notes, "note: "+line)
	}
}

// notFinite notes how many outputs in a file are NaN or infinite, if any are. It notes nothing if none is NaN and an
// earlier note says that numbers of the inputs became infinite.
func (in *inputs) notFinite(path string, found experiment.NotFinite) {
	if in.worthNoting(found) {
		in.note(path, "%v", found)
	}
}

func (in *inputs) worthNoting(found experiment.NotFinite) bool {
	return found.NaN > 0 || found.Infinite > 0 && !in.overflown
}

// noteFound notes what a run found: in the outputs that its file has, or in the maps and in the numbers of them that
// its file has.
func (in *inputs) noteFound(path string, r *experiment.Report) {
	of, what := r.NotFinite, "outputs"
	if r.Summary != nil {
		of, what = r.Numbers, "numbers"
		if in.worthNoting(r.NotFinite) {
			in.say([]string{"in the maps, which are not kept: " + r.NotFinite.String()})
		}
	}
	if in.worthNoting(of) {
		in.note(path, "%s", of.Of(what))
	}
	if r.Overflown > 0 {
		in.note(path, "%d of %d %s exceed float16's range, 65504, and became infinite", r.Overflown, of.Outputs, what)
	}
}

// print writes the notes, each on a line, and forgets them.
func (in *inputs) print(stderr io.Writer) {
	for _, n := range in.notes {
		printLine(stderr, "gpuconv: %s", oneLine(n))
	}
	in.notes = nil
}
