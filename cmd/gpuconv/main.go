// Gpuconv convolves images with filter banks on any GPU that speaks OpenGL 4.3.
// Run gpuconv --help for its verbs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// revision is the git hash of the source, set by the Makefile with -ldflags -X.
// Without it, what go build recorded is used.
var revision string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran and failed
	exitUsage  = 2 // the call was wrong
)

// usageError marks an error of the call itself, for exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usage marks err as an error of the call; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// execute runs one command line and returns its exit code. Errors become one
// line on stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	running := false
	root := newRoot(&running)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; nothing was written")
	}
	fmt.Fprintln(stderr, "gpuconv:", strings.Join(strings.Fields(err.Error()), " "))
	if !running || errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// newRoot returns the command gpuconv. running is set when a verb's own work
// begins: what fails earlier is cobra's refusal of the call.
func newRoot(running *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "gpuconv",
		Short: "2-D convolution on the GPU, without CUDA and without Python",
		Long: "gpuconv convolves images with filter banks in OpenGL 4.3 compute shaders, without CUDA, Python or a display.\n\n" +
			"Exit code 0: done; 1: it ran and failed; 2: the call was wrong.",
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 1,
		PersistentPreRun:           func(*cobra.Command, []string) { *running = true },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newRun(), newStimuli(), newFilters(), newInfo())
	return root
}
