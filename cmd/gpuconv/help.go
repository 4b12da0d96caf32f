package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// groupOf is the annotation of flags that has the title of their group in help.
const groupOf = "gpuconv-group"

// The titles of groups, in the order of help. A flag without a group is in the last.
const (
	groupPreset      = "Preset"
	groupInput       = "Input"
	groupKind        = "Kind"
	groupConvolution = "Convolution"
	groupBackend     = "Backend"
	groupCheck       = "Check"
	groupPictures    = "Pictures"
	groupOutput      = "Output"
	groupOthers      = "Further flags"
)

var groups = []string{groupPreset, groupInput, groupKind, groupConvolution, groupBackend, groupCheck, groupPictures,
	groupOutput, groupOthers}

// fewFlags is how many flags are listed without groups.
const fewFlags = 12

// inGroup returns a function that puts all flags that were added since inGroup was called into a group. Its use is:
// defer inGroup(…)().
func inGroup(flags *pflag.FlagSet, title string) func() {
	old := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { old[f.Name] = true })
	return func() {
		flags.VisitAll(func(f *pflag.Flag) {
			if old[f.Name] || f.Annotations[groupOf] != nil {
				return
			}
			if f.Annotations == nil {
				f.Annotations = map[string][]string{}
			}
			f.Annotations[groupOf] = []string{title}
		})
	}
}

// titleOf returns the group of a flag of cmd.
func titleOf(cmd *cobra.Command, f *pflag.Flag) string {
	_, isInput := f.Annotations[reads]
	switch {
	case f.Annotations[groupOf] != nil:
		return f.Annotations[groupOf][0]
	case slices.Contains(outputFlags(cmd), f):
		return groupOutput
	case isInput:
		return groupInput
	}
	return groupOthers
}

// flagUsages describes the flags of cmd in groups, in lines that fit into the given columns; 0 does not break lines.
func flagUsages(cmd *cobra.Command, columns int) string {
	flags := cmd.LocalFlags()
	of := map[string]*pflag.FlagSet{}
	count := 0
	flags.VisitAll(func(f *pflag.Flag) {
		count++
		title := titleOf(cmd, f)
		if of[title] == nil {
			of[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
		}
		of[title].AddFlag(f)
	})
	if count <= fewFlags {
		return "Flags:\n" + strings.TrimRight(flags.FlagUsagesWrapped(columns), "\n")
	}
	var texts []string
	for _, title := range groups {
		if of[title] != nil {
			texts = append(texts, title+":\n"+strings.TrimRight(of[title].FlagUsagesWrapped(columns), "\n"))
		}
	}
	return strings.Join(texts, "\n\n")
}

// terminalColumns returns the width of the terminal that out writes to. It returns 0 if out does not write to a
// terminal, or if the terminal has fewer than 60 columns.
func terminalColumns(out io.Writer) int {
	terminal, ok := terminalOf(out)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(terminal.Fd()))
	if err != nil || columns < 60 {
		return 0
	}
	return min(columns, 120)
}

// useGroups makes help list flags in groups.
func useGroups(root *cobra.Command) {
	const flat = "Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}"
	cobra.AddTemplateFunc("flagUsages", func(cmd *cobra.Command) string { return flagUsages(cmd, terminalColumns(cmd.OutOrStdout())) })
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(), flat, "{{flagUsages .}}", 1))
}

// similar suggests existing names in place of a typed one that does not exist. It returns the first words of an error,
// or "" if no name is similar.
func similar(typed, dashes string, names []string) string {
	others := &cobra.Command{SuggestionsMinimumDistance: 1 + len(typed)/5} // letters that are wrong
	for _, name := range names {
		others.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	found := others.SuggestionsFor(typed)
	for i, name := range found {
		found[i] = dashes + name
	}
	if typed == "" || len(found) == 0 {
		return ""
	}
	return "did you mean " + either(found) + "? "
}
