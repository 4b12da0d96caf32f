package main

import (
	"slices"

	"gpuconv/bench"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/figure"
	"gpuconv/filters"
	"gpuconv/gpu"
	"gpuconv/stimuli"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// choices returns the values that a shell may offer for a flag of a verb, or nil if there is no list of them.
func choices(verb, flag string) []string {
	switch flag {
	case "backend":
		switch verb {
		case "bench":
			return []string{"gpu", "cpu", "reference", "gpu,cpu"}
		case "verify":
			return []string{"gpu", "cpu", "gpu,cpu"}
		}
		return []string{"auto", "gpu", "cpu", "reference"}
	case "algorithm":
		if verb == "run" || verb == "conv" || verb == "info" {
			return append(gpu.AlgorithmNames(), cpu.AlgorithmNames()...)
		}
		return gpu.AlgorithmNames()
	case "tiles":
		return gpu.ClassNames()
	case "device":
		if verb == "verify" {
			return []string{"any", "gpu", "software", everyDevice}
		}
		return []string{"any", "gpu", "software"}
	case "context":
		return []string{"egl", "glfw"}
	case "precision":
		return []string{conv.Exact.String(), conv.Fast.String()}
	case "sf-unit", "size-unit":
		return []string{"pixel", "image", "degree"}
	case "padding":
		return []string{"half", "same", "same-upper", "same-lower", "valid"}
	case "padding-mode":
		return []string{"zeros", "reflect", "replicate", "circular", "symmetric"}
	case "activation":
		return []string{"none", "relu", "energy"}
	case "pool":
		return []string{"none", "max:2", "avg:2", "max:3:2"}
	case "preset":
		return []string{"nma", "nma-t3"}
	case "suite":
		return bench.SuiteNames()
	case "format":
		if verb == "run" {
			return []string{"npy", "npz", "zarr"}
		}
		return []string{"text", "go"}
	case "figures":
		return figure.Formats()
	case "kind":
		if verb == "filters" {
			return kindNames(filters.Kinds(), func(k filters.Kind) string { return k.Name })
		}
		return kindNames(stimuli.Kinds(), func(k stimuli.Kind) string { return k.Name })
	}
	return nil
}

func kindNames[K any](kinds []K, name func(K) string) (names []string) {
	for _, k := range kinds {
		names = append(names, name(k))
	}
	return names
}

// completes reports whether a shell asks what may come next on its command line.
func completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completeValues lets a shell offer the values of flags. It offers files for flags that name files, and for no others.
func completeValues(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		completeValues(c)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, isInput := f.Annotations[reads]; isInput || slices.Contains(outputFlags(cmd), f) {
			return
		}
		values := choices(cmd.Name(), f.Name)
		complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values, cobra.ShellCompDirectiveNoFileComp
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
			panic(err) // a flag was registered twice
		}
	})
}
