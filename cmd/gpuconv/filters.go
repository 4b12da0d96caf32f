package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newFilters() *cobra.Command {
	var preset presetFlag
	var filter filterFlags
	var output string
	cmd := &cobra.Command{
		Use:     "filters --output FILE.npy",
		Short:   "Write a filter bank as a float32 array [filters, 1, K, K]",
		Example: "  gpuconv filters --preset nma --channels 6 --size 7 --output bank.npy",
		Args:    flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := outputFile(output).check(); err != nil {
				return err
			}
			tutorial3, err := preset.tutorial3()
			if err != nil {
				return err
			}
			bank, _, err := filter.bank(cmd.Context(), tutorial3)
			if err != nil {
				return err
			}
			if err := checkDisk(fmt.Sprintf("filters %v", bank.Shape), output, bytesOf(bank.Shape)); err != nil {
				return err
			}
			err = outputFile(output).fill(cmd.Context(), bank.Shape[:], func(write writer) error { return write(bank.Data) })
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s %v\n", printable(output), bank.Shape)
			return nil
		},
	}
	preset.register(cmd.Flags())
	filter.register(cmd.Flags())
	cmd.Flags().StringVar(&output, "output", "", "the .npy file to write")
	return cmd
}
