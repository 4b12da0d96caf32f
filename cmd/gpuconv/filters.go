package main

import (
	"fmt"

	"gpuconv/npy"

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
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tutorial3, err := preset.tutorial3()
			if err != nil {
				return err
			}
			bank, _, err := filter.bank(tutorial3)
			if err != nil {
				return err
			}
			if err := writeFile(output, bank.Shape[:], func(w *npy.Writer) error { return w.Write(bank.Data) }); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s %v\n", output, bank.Shape)
			return nil
		},
	}
	preset.register(cmd.Flags())
	filter.register(cmd.Flags())
	cmd.Flags().StringVar(&output, "output", "", "the .npy file to write")
	return cmd
}
