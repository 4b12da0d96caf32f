package main

import (
	"errors"
	"fmt"
	"io"

	"gpuconv/fault"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newRoot returns the command gpuconv with its verbs.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gpuconv",
		Short: "2-D convolution on the GPU, without CUDA and without Python",
		Long: "gpuconv convolves images with filter banks in OpenGL 4.3 compute shaders, without CUDA, Python or a display.\n\n" +
			"Compiled programs, the list of working drivers and the results of autotune are kept for the next run, " +
			"in a folder that gpuconv info names. The environment variable " + cacheVariable + " names another folder, " +
			"or none if it is off.\n\n" +
			"Exit code 0: done; 1: it ran and failed; 2: the call was wrong.",
		Version:               describeProgram().String(),
		SilenceUsage:          true,
		SilenceErrors:         true,
		DisableFlagsInUseLine: true,
		Args:                  knownVerb,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := distinctOutputs(cmd); err != nil {
				return err
			}
			return setLoudness(cmd)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	registerLoudness(root.PersistentFlags())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		io.WriteString(cmd.OutOrStdout(), helpText(cmd, terminalColumns(cmd.OutOrStdout())))
	})
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(misparsed)
	root.AddCommand(newRun(), newStatus(), newMerge(), newReport(), newCheck(), newConv(), newVerify(), newBench(),
		newAutotune(), newStimuli(), newFilters(), newTuning(), newData(), newInfo(), newCI(), newVersion())
	root.AddCommand(unshipped()...)
	root.SetHelpCommand(newHelp(root))
	return root
}

// newHelp is cobra's help command, except that it refuses verbs that do not exist.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [verb]",
		Short: "Show the flags and an example of a verb",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil {
				err = knownVerb(root, rest)
			}
			if err != nil {
				return err
			}
			cmd.InitDefaultHelpFlag() // so that its help lists --help too
			return cmd.Help()
		},
	}
}

// knownVerb refuses a first argument that is not a verb.
func knownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range root.Root().Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			verbs = append(verbs, c.Name())
		}
	}
	return usage(fmt.Errorf("verb %q: %swant %s", args[0], similar(args[0], "", verbs), either(verbs)))
}

// flagsOnly refuses arguments that are not flags.
func flagsOnly(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(fmt.Errorf("%s %q: want flags only, as %s --help shows", cmd.Name(), args[0], cmd.CommandPath()))
}

// misparsed words an error of pflag as this program does. cmd may be nil if the error cannot be about an unknown flag.
func misparsed(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			name = "-" + short
		}
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		return usage(fmt.Errorf("%s: no such flag; %s%s --help lists them", name,
			similar(unknown.GetSpecifiedName(), "--", known), cmd.CommandPath()))
	case errors.As(err, &missing):
		return refused(missing.GetSpecifiedName(), "", fmt.Errorf("want %s after it", wanted(missing.GetFlag())))
	case errors.As(err, &invalid):
		var number *fault.Error // of package param, which says what is wrong with a number
		if errors.As(invalid, &number) {
			return misread(invalid.GetFlag().Name, invalid.GetValue(), errors.New(number.Rule))
		}
		return misread(invalid.GetFlag().Name, invalid.GetValue(), fmt.Errorf("want %s", wanted(invalid.GetFlag())))
	}
	return usage(err)
}

// wanted says what kind of value a flag takes.
func wanted(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	if of, ok := flag.Value.(interface{ wanted() string }); ok {
		return of.wanted()
	}
	return "a value"
}
