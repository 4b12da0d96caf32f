package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gpuconv/bench"

	"github.com/spf13/cobra"
)

// compareFlags are the flags of gpuconv bench compare.
type compareFlags struct {
	threshold           float64
	failOn              string
	json, csv, markdown string
	saving              saving
}

func newBenchCompare() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Is it faster, slower, equivalent or undecided? Ratios of two reports; exit code 1 if slower",
		Long: "compare sets the times of two reports of gpuconv bench against each other, and gives a verdict for\n" +
			"each case, and for the geometric mean of all cases (geomean):\n\n" +
			"  slower, faster  the times differ (p below 5 %, with Holm's correction for all cases), and by more\n" +
			"                  than the threshold\n" +
			"  equivalent      the 90 % interval lies within ± the threshold (two one-sided tests)\n" +
			"  undecided       none of these; a line says how many more rounds, or how quiet a machine, would\n" +
			"                  decide. nvbench calls this AMBG, benchstat ~\n\n" +
			"A verdict other than undecided must hold for the time, and for the calibrated time: the time divided\n" +
			"by that of fixed work run beside it. So a machine that was busier in one run does not count as a change. Without\n" +
			"this work, as on hardware GPUs, the time is enough. n is the number of rounds in the old report and\n" +
			"in the new one: 10+10. Cases that are missing, failed or new are listed.\n\n" +
			"Exit code 1: something is slower beyond the threshold, is wrong, or has a verdict that --fail-on\n" +
			"names; or the reports have no case and backend in common.",
		Example: "  gpuconv bench --suite seed --cases n=1/ --backend cpu --json old.json\n" +
			"  gpuconv bench --suite seed --cases n=1/ --backend cpu --json new.json\n" +
			"  gpuconv bench compare old.json new.json\n" +
			"  gpuconv bench compare old.json new.json --threshold 0.05 --csv changes.csv\n" +
			"  gpuconv bench compare old.json new.json --fail-on undecided,missing",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(fmt.Errorf("bench compare: want two reports, OLD.json and NEW.json, got %d", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	numberVar(cmd.Flags(), &f.threshold, "threshold", 0.03, "ignore changes smaller than this fraction")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "",
		"exit with code 1 also on undecided, missing, or both: undecided,missing")
	cmd.Flags().StringVar(&f.json, "json", "", "write the comparison")
	cmd.Flags().StringVar(&f.csv, "csv", "", "write the comparison as a table for spreadsheets")
	cmd.Flags().StringVar(&f.markdown, "markdown", "", "write the comparison as a table in Markdown")
	f.saving.register(cmd)
	return fileArguments(cmd)
}

// validate refuses flags that make no sense.
func (f *compareFlags) validate() error {
	if !(f.threshold >= 0 && f.threshold < 10) {
		return refused("threshold", fmt.Sprint(f.threshold),
			errors.New("want a fraction from 0 to below 10, such as 0.03"))
	}
	for _, name := range strings.Split(f.failOn, ",") {
		if f.failOn != "" && name != "undecided" && name != "missing" {
			return misread("fail-on", f.failOn, errors.New("want undecided, missing or undecided,missing"))
		}
	}
	for _, file := range f.files(bench.Comparison{}) {
		if err := file.output.checkFile(); err != nil {
			return err
		}
	}
	return nil
}

// compareFile is a file to write, and what writes it.
type compareFile struct {
	output
	write func(io.Writer) error
}

// files lists the files of a comparison that were asked for.
func (f *compareFlags) files(c bench.Comparison) (all []compareFile) {
	for _, x := range []struct {
		flag, path string
		write      func(io.Writer) error
	}{{"json", f.json, c.WriteJSON}, {"csv", f.csv, c.Table().WriteCSV}, {"markdown", f.markdown, c.WriteMarkdown}} {
		if x.path != "" {
			all = append(all, compareFile{f.saving.output(x.flag, x.path), x.write})
		}
	}
	return all
}

func (f *compareFlags) run(cmd *cobra.Command, paths []string) error {
	if err := f.validate(); err != nil {
		return err
	}
	var reports [2]bench.Report
	for i, path := range paths {
		var err error
		if reports[i], err = readBench(cmd.Context(), path); err != nil {
			return err
		}
	}
	return f.conclude(bench.Compare(reports[0], reports[1], f.threshold), cmd.OutOrStdout())
}

// conclude prints the comparison. It returns an error if the reports have nothing in common, if something is slower or
// wrong, or if the comparison shows something that --fail-on names.
func (f *compareFlags) conclude(c bench.Comparison, stdout io.Writer) error {
	if c.Common() == 0 {
		return errors.New("the two reports have no case and backend in common")
	}
	for _, file := range f.files(c) {
		if err := file.writeFile(file.write); err != nil {
			return err
		}
	}
	if err := c.WriteTable(stdout); err != nil {
		return err
	}
	if bad := c.Count(bench.Slower) + c.Count(bench.Wrong); bad > 0 {
		return fmt.Errorf("%d of %d times are slower by more than %.3g %%, or wrong", bad, c.Times(), 100*f.threshold)
	}
	for _, x := range []struct {
		name    string
		verdict bench.Verdict
	}{{"undecided", bench.Undecided}, {"missing", bench.Gone}} {
		if n := c.Count(x.verdict); n > 0 && slices.Contains(strings.Split(f.failOn, ","), x.name) {
			return fmt.Errorf("%d of %d times are %s, and --fail-on names that", n, c.Times(), x.name)
		}
	}
	return nil
}
