package main

import (
	"context"
	"errors"
	"io"
	"os"

	"gpuconv/fault"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

// folderCommand completes a command whose only argument is a folder. want is the error for anything else.
func folderCommand(cmd *cobra.Command, want string,
	run func(ctx context.Context, folder string, stdout io.Writer) error) *cobra.Command {
	cmd.Args = oneFolder(want)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return run(cmd.Context(), args[0], cmd.OutOrStdout())
	}
	return fileArguments(cmd)
}

// oneFolder accepts one argument, a folder.
func oneFolder(want string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usage(errors.New(want))
		}
		return nil
	}
}

// wantFolder refuses what is not a folder. which says what folder would be right.
func wantFolder(folder, which string) error {
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return usage(&fault.Error{Argument: folder, Rule: "want a folder " + which + ", this is a " + whole.Kind(info)})
	}
	return nil
}

// aboutFolder returns an error that names the folder once and says what err says. If ctx is done, it returns ctx's
// error.
func aboutFolder(ctx context.Context, folder string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &fault.Error{Argument: folder, Err: plainError{err: err, named: folder}}
}

// plainly returns err without the name of the package that reports it. If ctx is done, it returns ctx's error.
func plainly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return plain(err)
}
