package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/machine"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// How much the program says: the flags --quiet and --verbose, which every verb has.

// loudness is how much a screen shows.
type loudness struct {
	muted bool      // nothing but the error that ends the program
	told  bool      // also what [tell] says
	began time.Time // tell counts seconds from then
}

func registerLoudness(flags *pflag.FlagSet) {
	flags.Bool("quiet", false,
		"print errors only, and the results of verbs that write no file; no progress and no notes")
	flags.Bool("verbose", false,
		"say on stderr, with the seconds since the start, what is read, chosen, begun and written, and how much\n"+
			"memory it took")
}

// prints are flags that ask for something on stdout, also beside files that are written.
var prints = []string{"dump-shader", "list", "print-interface", "dry-run"}

// setLoudness reads --quiet and --verbose.
func setLoudness(cmd *cobra.Command) error {
	quiet, verbose := cmd.Flags().Changed("quiet"), cmd.Flags().Changed("verbose")
	stdout, isOut := cmd.OutOrStdout().(*screen)
	stderr, isErr := cmd.ErrOrStderr().(*screen)
	switch {
	case quiet && verbose:
		return usage(fmt.Errorf("--quiet with --verbose: want one of them"))
	case !isOut || !isErr:
		return nil
	case quiet:
		stderr.mute(true)
		stdout.mute(writesFiles(cmd) && !slices.ContainsFunc(prints, cmd.Flags().Changed))
	case verbose:
		stderr.told, stderr.began = true, time.Now()
		tell(stderr, "%v, %d threads of %s", describeProgram(), runtime.GOMAXPROCS(0), machine.Processor())
		cmd.SetContext(input.Watch(cmd.Context(), told(stderr)))
	}
	return nil
}

// told returns a function that tells of each file that is read, once. Pictures are opened twice: for their sizes, and
// when they are drawn.
func told(stderr io.Writer) func(path string, bytes int64) {
	var mu sync.Mutex
	known := map[string]bool{}
	return func(path string, bytes int64) {
		mu.Lock()
		defer mu.Unlock()
		if !known[path] {
			known[path] = true
			tell(stderr, "reads %s, %d bytes", fault.Printable(path), bytes)
		}
	}
}

// tell says something on stderr with --verbose, and how many seconds after the start.
func tell(stderr io.Writer, format string, args ...any) {
	if s, ok := stderr.(*screen); ok && s.told {
		printLine(s, "gpuconv: %8.3f s  %s", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// tellEnd tells how much memory the program has taken.
func tellEnd(stderr io.Writer) {
	reserved := ""
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		reserved = ", of " + machine.Size(float64(limit)) + " reserved"
	}
	tell(stderr, "ends; the most memory was %s%s", machine.Size(machine.PeakMemory()), reserved)
}

// tellPlan tells how a convolution is computed, and why not otherwise.
func tellPlan(stderr io.Writer, s session) {
	d := describeBackend(s).Of(s.plan)
	tile := ""
	if d.Tile != "" {
		tile = ", tile " + d.Tile
	}
	tell(stderr, "computes with %s%s, %s at a time; the plan takes %s", d.Algorithm, tile, counted(d.Chunk, "image"),
		machine.Size(float64(d.PlanBytes)))
	for _, r := range d.Rejected {
		tell(stderr, "not with %s: %s", r.Algorithm, r.Reason)
	}
}
