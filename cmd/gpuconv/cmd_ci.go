package main

import (
	"embed"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
)

// jobs has a job for each CI system, in its own language.
//
//go:embed jobs/*.yml
var jobs embed.FS

// jobFiles are the files of jobs by the names of the systems.
var jobFiles = map[string]string{"github": "jobs/github.yml", "gitlab": "jobs/gitlab.yml"}

// newCI returns the verb ci, which prints a job to paste.
func newCI() *cobra.Command {
	systems := slices.Sorted(maps.Keys(jobFiles))
	return &cobra.Command{
		Use:   "ci github|gitlab",
		Short: "Print a job for a CI system that runs gpuconv verify",
		Long: "ci prints a job that installs Mesa's software renderer and gpuconv, runs gpuconv verify, " +
			"and keeps its\n" +
			"report and the pictures of failures. docs/ci.md describes it.",
		Example: "  mkdir -p .github/workflows\n" +
			"  gpuconv ci github > .github/workflows/gpuconv.yml",
		DisableFlagsInUseLine: true,
		ValidArgs:             systems,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("ci: %d arguments: want %s", len(args), either(systems)))
			}
			if jobFiles[args[0]] == "" {
				return usage(fmt.Errorf("ci %q: %swant %s", args[0], similar(args[0], "", systems), either(systems)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			job, err := jobs.ReadFile(jobFiles[args[0]])
			if err == nil {
				_, err = cmd.OutOrStdout().Write(job)
			}
			return err
		},
	}
}
