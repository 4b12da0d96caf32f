//go:build !man

package main

import "github.com/spf13/cobra"

// unshipped returns no verbs: see root_man.go.
func unshipped() []*cobra.Command { return nil }
