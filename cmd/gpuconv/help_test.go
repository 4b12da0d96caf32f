package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestHelpListsAllFlags: whether in groups or not, help lists each flag of a verb once.
func TestHelpListsAllFlags(t *testing.T) {
	unraced(t)
	grouped := 0
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.InitDefaultHelpFlag()
		text := flagUsages(cmd, 80)
		if strings.Contains(text, groupOutput+":\n") {
			grouped++
		}
		var found []string
		for line := range strings.Lines(text) {
			flag := strings.TrimPrefix(strings.TrimSpace(line), "-h, ")
			if !strings.HasPrefix(line, "      -") && !strings.HasPrefix(line, "  -") {
				continue
			}
			flag, _, _ = strings.Cut(strings.TrimPrefix(flag, "--"), " ")
			flag, _, _ = strings.Cut(flag, "[")
			found = append(found, strings.TrimSpace(flag))
		}
		var want []string
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		slices.Sort(found)
		slices.Sort(want)
		if !slices.Equal(found, want) {
			t.Errorf("%s: help lists %q, want %q", name, found, want)
		}
	})
	if grouped < 4 {
		t.Errorf("%d verbs have groups of flags", grouped)
	}
}

// TestGroupsAreListed: every group that a flag is in is one that help prints.
func TestGroupsAreListed(t *testing.T) {
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if title := titleOf(cmd, f); !slices.Contains(groups, title) {
				t.Errorf("%s --%s is in the group %q", name, f.Name, title)
			}
		})
	})
}

// TestChoicesAreInHelp: help names each value that a shell is offered for a flag, except kinds, which have a list of
// their own.
func TestChoicesAreInHelp(t *testing.T) {
	unraced(t)
	offered := 0
	each(newRoot(), func(cmd *cobra.Command, name string) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			for _, value := range choices(cmd.Name(), f.Name) {
				offered++
				for part := range strings.SplitSeq(value, ",") {
					if !strings.Contains(f.Usage, part) && f.Name != "kind" {
						t.Errorf("%s --%s: help does not name %s: %s", name, f.Name, part, f.Usage)
					}
				}
			}
		})
	})
	if offered < 80 {
		t.Errorf("%d values are offered", offered)
	}
}
