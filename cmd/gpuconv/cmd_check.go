package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	return folderCommand(&cobra.Command{
		Use:   "check DIR",
		Short: "Whether a folder of gpuconv run is whole and unchanged",
		Long: "check reads every file of a folder that gpuconv run wrote, and compares its size and checksum\n" +
			"(CRC-32C) with those in run.json. A line on stdout names each file that is missing or has changed.\n" +
			"check finds damage by a power cut, a disk or a copy, but not a forgery: a forger can change run.json\n" +
			"too. Files that the run did not write are only counted. check changes nothing.\n\n" +
			"Exit code 0: all is as it was written; 1: a file is missing or has changed, or there is no run.json;\n" +
			"2: the call was wrong.",
		Example: "  gpuconv run --orientations 0:180:45 --output out\n" +
			"  gpuconv check out",
	}, "check: want one folder of gpuconv run", checkRun)
}

// checkRun compares a folder with its run.json.
func checkRun(ctx context.Context, folder string, stdout io.Writer) error {
	if err := wantFolder(folder, "of gpuconv run"); err != nil {
		return err
	}
	if _, err := os.Lstat(folder); err != nil && whole.IsUnfinished(folder) {
		u, err := experiment.ReadUnfinished(ctx, folder)
		if err != nil {
			return aboutFolder(ctx, folder, err)
		}
		return &fault.Error{Argument: folder, Rule: "it is not complete: " + u.String() +
			"; gpuconv run --resume continues it"}
	}
	a, err := experiment.AuditFolder(ctx, folder)
	if err != nil || ctx.Err() != nil {
		return aboutFolder(ctx, folder, err)
	}
	return printAudit(stdout, folder, a)
}

// printAudit prints what is wrong in a folder. Its error says how many files are.
func printAudit(stdout io.Writer, folder string, a *experiment.Audit) error {
	for _, wrong := range a.Wrong {
		printLine(stdout, "wrong     %v", wrong)
	}
	var bytes int64
	for _, f := range a.Files {
		bytes += f.Bytes
	}
	others := ""
	if len(a.Others) > 0 {
		others = fmt.Sprintf("; %d others are not of the run", len(a.Others))
	}
	printLine(stdout, "checked   %s: %d files of %d bytes, %d wrong%s", fault.Printable(folder), len(a.Files), bytes,
		len(a.Wrong), others)
	if len(a.Wrong) > 0 {
		return &fault.Error{Argument: folder, Rule: fmt.Sprintf("%d of %d files differ from run.json",
			len(a.Wrong), len(a.Files))}
	}
	return nil
}
