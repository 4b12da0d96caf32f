// Gpuconv convolves images with filter banks on any GPU that supports OpenGL 4.3. gpuconv --help lists its commands,
// which are called verbs here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/gpu/probe"
	"gpuconv/guest"
	"gpuconv/machine"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

func main() { gpu.Main(func() { os.Exit(run()) }) }

// run connects the program with its process: arguments, streams, and the signals that end it.
func run() int {
	machine.SpareAddresses()
	probe.Child() // does not return in a child process that tries drivers
	guest.Child() // nor in one that runs a shader of the user's
	// A reader that goes away (gpuconv run … | head) must not kill a job that writes files.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, ends...)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		cancel()
		echoes, over := time.After(echo), time.After(grace)
		for heard := false; ; {
			select {
			case <-echoes:
				heard = true
			case <-signals:
				if heard {
					end("ended at once by a second signal")
				}
			case <-over:
				end(fmt.Sprintf("interrupted, and ended because something took more than %v to stop", grace))
			}
		}
	}()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// echo is how long after a signal another one counts as the same. The command timeout, and other programs that start
// this one, send a signal to the process and again to its group.
const echo = 100 * time.Millisecond

// grace is how long a verb may take, after a signal, to stop and to remove its unfinished files. Only a verb that waits
// for the system takes longer, for instance for a disk that is gone.
var grace = 4 * time.Second

// end prints a line on stderr and ends the process. It does so even if nobody reads stderr.
func end(why string) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		fmt.Fprintf(os.Stderr, "gpuconv: %s; files that begin with .partial may be left\n", why)
	}()
	select {
	case <-said:
	case <-time.After(time.Second / 4):
	}
	os.Exit(exitFailed)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran and failed
	exitUsage  = 2 // the call was wrong
)

// execute runs one command line and returns its exit code. An error becomes one line on stderr, and so does a
// panic.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	stdout, stderr := newScreen(out), newScreen(errs)
	defer stderr.flush()
	log.SetOutput(io.Discard) // some libraries, such as net/http, log what concerns no user
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if completes(args) {
		completeValues(root)
	}
	var cmd *cobra.Command
	err := fault.Guard(func() (err error) { cmd, err = root.ExecuteContextC(ctx); return err })
	tellEnd(stderr)
	stderr.mute(false) // for the error
	lost := stdout.flush()
	if err == nil {
		err = unprinted(cmd, lost)
	}
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = interrupted(err)
	}
	printLine(stderr, "gpuconv: %s", oneLine(err.Error()))
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// unprinted returns the error of a verb that did its work but could not print on stdout, because of lost. If the verb
// wrote files, it is not an error that the reader of stdout went away.
func unprinted(cmd *cobra.Command, lost error) error {
	files := writesFiles(cmd)
	if lost == nil || files && errors.Is(lost, syscall.EPIPE) {
		return nil
	}
	e := &fault.Error{Argument: "stdout", Err: whole.Cause(lost)}
	if files {
		e.Rule = "its files are written, its lines are not"
	}
	return e
}
