//go:build man

package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// unshipped returns the verb man, which writes the man pages into a folder. Only make man and make dist build it.
func unshipped() []*cobra.Command {
	var date string
	man := &cobra.Command{
		Use:    "man FOLDER",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			when, err := time.Parse(time.DateOnly, date)
			if err != nil {
				return err
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "gpuconv", Manual: "User Commands", Date: &when}, args[0])
		},
	}
	man.Flags().StringVar(&date, "date", "1970-01-01", "the date of the pages")
	return []*cobra.Command{man}
}
