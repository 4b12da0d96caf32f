// Gpuconv convolves images with filter banks on any GPU that speaks OpenGL 4.3. Run gpuconv --help for its verbs.
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

	"gpuconv/gpu"
	"gpuconv/gpu/probe"
)

func main() { gpu.Main(func() { os.Exit(run()) }) }

// run connects the program with its process: arguments, streams, and the signals that end it.
func run() int {
	probe.Child() // does not return in a child that tries drivers
	// A reader that goes away (gpuconv run … | head) must not kill a job that writes files.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	return execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it ran and failed
	exitUsage  = 2 // the call was wrong
)

// execute runs one command line and returns its exit code. An error becomes one line on stderr.
func execute(ctx context.Context, args []string, out, errs io.Writer) int {
	stdout, stderr := newScreen(out), newScreen(errs)
	defer stdout.flush()
	defer stderr.flush()
	log.SetOutput(stderr) // libraries write to it
	root := newRoot()
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
	fmt.Fprintln(stderr, "gpuconv:", oneLine(err.Error()))
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}
