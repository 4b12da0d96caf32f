package main

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"gpuconv/bench"
	"gpuconv/fault"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

// benchReportFlags are the flags of gpuconv bench report.
type benchReportFlags struct {
	pictures     benchPictures
	json, format string
	wide         bool
}

func newBenchReport() *cobra.Command {
	var f benchReportFlags
	cmd := &cobra.Command{
		Use:   "report IN.json…",
		Short: "A table, a page and pictures of stored reports, several as one",
		Long: "report shows what gpuconv bench --json and bench/peers/peers.py wrote. Several reports from one\n" +
			"machine and one revision of gpuconv become one, and cases that several of them timed are\n" +
			"pooled, block by block. To see how the CPU engine scales over cores, run gpuconv bench\n" +
			"--backend cpu with GOMAXPROCS=1, 2, 4 and so on, and report the runs together.",
		Example: "  gpuconv bench --suite seed --cases n=1/ --backend cpu --json first.json\n" +
			"  gpuconv bench --suite seed --cases n=64/ --backend cpu --json second.json\n" +
			"  gpuconv bench report first.json second.json --html report.html --plots plots\n" +
			"  gpuconv bench report first.json second.json --json both.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("bench report: want at least one report, as gpuconv bench --json writes them"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args, cmd.OutOrStdout()) },
	}
	f.pictures.add(cmd)
	cmd.Flags().StringVar(&f.json, "json", "", "write the reports as one")
	cmd.Flags().StringVar(&f.format, "format", "text", "text, or go: Go's benchmark format, for benchstat")
	cmd.Flags().BoolVar(&f.wide, "wide", false, "print all columns of the table, also beyond 120 characters")
	return fileArguments(cmd)
}

func (f *benchReportFlags) run(ctx context.Context, paths []string, stdout io.Writer) error {
	if f.format != "text" && f.format != "go" {
		return misread("format", f.format, errors.New("want text or go"))
	}
	if err := f.pictures.saving.output("json", f.json).checkFile(); err != nil {
		return err
	}
	if err := f.pictures.validate(); err != nil {
		return err
	}
	r, err := mergedBench(ctx, paths)
	if err != nil {
		return err
	}
	if f.json != "" {
		if err := f.pictures.saving.output("json", f.json).writeFile(r.Write); err != nil {
			return err
		}
	}
	if err := f.pictures.write(r); err != nil {
		return err
	}
	return (&benchFlags{format: f.format, wide: f.wide}).print(r, stdout)
}

// mergedBench reads reports and merges them into one.
func mergedBench(ctx context.Context, paths []string) (bench.Report, error) {
	var all []bench.Report
	for _, path := range paths {
		r, err := readBench(ctx, path)
		if err != nil {
			return bench.Report{}, err
		}
		all = append(all, r)
	}
	r, err := bench.Merge(all...)
	return r, plain(err)
}

// readBench reads a report that the command line names. Its errors begin with path, and a missing file is an error of
// usage.
func readBench(ctx context.Context, path string) (bench.Report, error) {
	r, err := loadBench(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, usage(&fault.Error{Argument: path, Err: whole.Cause(err)})
	case err != nil:
		return r, &fault.Error{Argument: path, Err: whole.Cause(err)}
	}
	return r, nil
}

// loadBench reads a report. Its errors do not begin with path. If the file cannot be read, the error may be a
// [*fs.PathError], whose text has the path too.
func loadBench(ctx context.Context, path string) (bench.Report, error) {
	text, err := readReport(ctx, path)
	if err != nil {
		return bench.Report{}, err
	}
	return bench.Read(text)
}
