package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

// newVersion returns the verb version. gpuconv --version prints the same line.
func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Show the revision of the source, the Go version and the platform",
		Example: "  gpuconv version\n  gpuconv version --json",
		Args:    flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			program := describeProgram()
			if !asJSON {
				return printLine(cmd.OutOrStdout(), "%v", program)
			}
			text, err := json.MarshalIndent(program, "", "  ")
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(append(text, '\n'))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
