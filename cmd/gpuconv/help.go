package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

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
		return "Flags:\n" + usages(flags, columns)
	}
	var texts []string
	for _, title := range groups {
		if of[title] != nil {
			texts = append(texts, title+":\n"+usages(of[title], columns))
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

// helpText is the help of a verb, in lines that fit into the given columns; 0 does not break lines. Examples keep their
// lines, so that they can be copied.
func helpText(cmd *cobra.Command, columns int) string {
	cmd.InitDefaultHelpFlag()
	long := cmd.Long
	if long == "" {
		long = cmd.Short
	}
	parts := []string{wrapped(strings.TrimSpace(long), columns), "Usage:\n  " + cmd.UseLine()}
	if cmd.HasAvailableSubCommands() {
		parts[1] += "\n  " + cmd.CommandPath() + " [command]"
	}
	if len(cmd.Aliases) > 0 {
		parts = append(parts, "Aliases:\n  "+cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		parts = append(parts, "Examples:\n"+cmd.Example)
	}
	if verbs := verbList(cmd); verbs != "" {
		parts = append(parts, wrapped("Available Commands:\n"+verbs, columns))
	}
	if cmd.HasAvailableLocalFlags() {
		parts = append(parts, flagUsages(cmd, columns))
	}
	if cmd.HasAvailableInheritedFlags() {
		parts = append(parts, "Of every verb:\n"+usages(cmd.InheritedFlags(), columns))
	}
	if cmd.HasAvailableSubCommands() {
		parts = append(parts, fmt.Sprintf("Use \"%s [command] --help\" for more information about a command.",
			cmd.CommandPath()))
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// verbList lists the verbs below cmd, one a line.
func verbList(cmd *cobra.Command) string {
	var lines []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			lines = append(lines, fmt.Sprintf("  %-*s %s", c.NamePadding(), c.Name(), c.Short))
		}
	}
	return strings.Join(lines, "\n")
}

// usages describes flags. If it breaks lines, it first joins the lines of each usage.
func usages(flags *pflag.FlagSet, columns int) string {
	if columns > 0 {
		joined := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.VisitAll(func(f *pflag.Flag) {
			one := *f
			one.Usage = strings.ReplaceAll(f.Usage, "\n", " ")
			joined.AddFlag(&one)
		})
		flags = joined
	}
	return strings.TrimRight(flags.FlagUsagesWrapped(columns), "\n")
}

// wrapped breaks the lines of a text that are longer than columns, and joins the lines of each paragraph before that. A
// line that begins with a space is an entry of a list: its further lines are indented as far as the text after its
// first word.
func wrapped(text string, columns int) string {
	if columns == 0 {
		return text
	}
	var lines []string
	open := false // the last line is text that the next one may continue
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		isText := line != "" && line[0] != ' '
		if isText && open {
			lines[len(lines)-1] += " " + line
		} else {
			lines = append(lines, line)
		}
		open = isText
	}
	for i, line := range lines {
		lines[i] = cutLine(line, columns)
	}
	return strings.Join(lines, "\n")
}

// cutLine breaks one line at spaces.
func cutLine(line string, columns int) string {
	entry := entryOf.FindString(line)
	indent := utf8.RuneCountInString(entry)
	text, column := entry, indent
	for word := range strings.FieldsSeq(line[len(entry):]) {
		length := utf8.RuneCountInString(word)
		switch {
		case column == indent:
		case column+1+length > columns:
			text += "\n" + strings.Repeat(" ", indent)
			column = indent
		default:
			text += " "
			column++
		}
		text += word
		column += length
	}
	return text
}

// entryOf matches the first word of an entry of a list, with the spaces around it.
var entryOf = regexp.MustCompile(`^ +\S+ +`)

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
