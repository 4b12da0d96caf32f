package main

import (
	"errors"
	"fmt"

	"gpuconv/bench"

	"github.com/spf13/cobra"
)

func newBenchCompare() *cobra.Command {
	var threshold float64
	var cpuTime bool
	cmd := &cobra.Command{
		Use:   "compare OLD.json NEW.json",
		Short: "Ratios of two reports with confidence intervals; exit code 1 on a significant regression",
		Long: "compare sets the times of two reports of gpuconv bench against each other. A change is\n" +
			"significant if it exceeds the threshold, and if chance alone would show any such change in fewer\n" +
			"than 5 % of comparisons (counting all cases). Both must hold twice: for the time itself, and for\n" +
			"the calibrated time, which is divided by that of fixed work run beside it. So a machine that was\n" +
			"busier in one run does not count as a change. \"would show\" is the smallest change that would have\n" +
			"been seen with that noise.\n\n" +
			"Exit code 1: something is slower beyond the threshold, or wrong.",
		Example: "  gpuconv bench compare old.json new.json\n" +
			"  gpuconv bench compare old.json new.json --threshold 0.05 --cpu-time",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage(fmt.Errorf("bench compare: want two reports, OLD.json and NEW.json, got %d", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !(threshold >= 0 && threshold < 10) {
				return refused("threshold", fmt.Sprint(threshold),
					errors.New("want a fraction from 0 to below 10, such as 0.03"))
			}
			var reports [2]bench.Report
			for i, path := range args {
				var err error
				if reports[i], err = readBench(cmd.Context(), path); err != nil {
					return err
				}
			}
			by := bench.Wall
			if cpuTime {
				by = bench.CPUTime
			}
			c := bench.Compare(reports[0], reports[1], threshold, by)
			if len(c.Changes) == 0 {
				return errors.New("the two reports have no case and backend in common")
			}
			if err := c.WriteTable(cmd.OutOrStdout()); err != nil {
				return err
			}
			if bad := c.Count(bench.Slower) + c.Count(bench.Wrong); bad > 0 {
				return fmt.Errorf("%d of %d times are slower by more than %.3g %%, or wrong", bad, len(c.Changes),
					100*threshold)
			}
			return nil
		},
	}
	numberVar(cmd.Flags(), &threshold, "threshold", 0.03, "ignore changes smaller than this fraction")
	cmd.Flags().BoolVar(&cpuTime, "cpu-time", false,
		"compare CPU time instead of wall-clock time: for machines that run other work too")
	return fileArguments(cmd)
}
