package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/filters"
	"gpuconv/npy"
	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// filtersFlags are the flags of gpuconv filters. They ask for a preset, a kind or a file.
type filtersFlags struct {
	kindFlags
	preset presetFlag
	filter filterFlags
	output string
	dry    bool
	inputs inputs
	saving saving
}

func newFilters() *cobra.Command {
	var f filtersFlags
	cmd := &cobra.Command{
		Use:   "filters --output FILE.npy",
		Short: "Write a filter bank as a float32 array [filters, 1, K, K], and a table of it as CSV",
		Long: "filters makes the filters of a preset or of a kind, or reads weights from a file. It writes FILE.npy, or\n" +
			"FILE.npz with the array \"weight\", and, beside it, FILE.csv with a row of parameters for each filter. Weights\n" +
			"are laid out as PyTorch's conv.weight: [filters, channels, rows, columns].\n\n" +
			filterKindsHelp() + "\n" +
			"A parameter takes a number, a list or a range start:stop:step. Filters are enumerated with the parameters in\n" +
			"the order of the table, the last varying fastest.\n\n" + orientationHelp,
		Example: "  gpuconv filters --preset nma --channels 6 --size 7 --output bank.npy\n" +
			"  gpuconv filters --kind gabor --orientation 0:180:22.5 --sf 0.1,0.2 --quadrature --balanced --output bank.npy\n" +
			"  gpuconv filters --kind dog --sigma 1,2 --sign 1,-1 --output centres.npy\n" +
			"  gpuconv filters --kind v1 --count 64 --seed 1 --quadrature --output v1.npz",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd)
		},
	}
	f.register(cmd.Flags())
	f.saving.register(cmd)
	return cmd
}

func filterKindsHelp() string {
	text := "Kinds:\n"
	for _, k := range filters.Kinds() {
		text += fmt.Sprintf("  %-20s %s\n", k.Name, k.Summary)
	}
	return text
}

func (f *filtersFlags) register(flags *pflag.FlagSet) {
	f.preset.register(flags)
	f.filter.register(flags)
	flags.SetNormalizeFunc(alias("orientations", "orientation"))
	flags.StringVar(&f.kind, "kind", "", "a kind of filters instead of a preset")
	fileFlag(flags, &f.input, "input", "weights to copy instead of a preset: .npy, .npz:key, .safetensors:name or "+
		".pt:name")
	flags.StringVar(&f.output, "output", "", "the .npy or .npz file to write")
	registerDryRun(flags, &f.dry)
	f.inputs.register(flags)
	flags.Bool("quadrature", false,
		"two of each filter, a quarter of a cycle apart: --activation energy makes a complex cell of them")
	flags.Bool("balanced", false, "change the weights of each filter so that they sum to 0")
	size := flags.Lookup("size")
	size.Value = &sizeText{at: &f.filter.size, text: size.DefValue}
	f.settings = []string{"size", "quadrature", "balanced"}
	f.registerUnits(flags)
	for _, k := range filters.Kinds() {
		f.registerParameters(flags, k.Parameters)
	}
}

func (f *filtersFlags) run(cmd *cobra.Command) error {
	if err := f.file().checkArrays(); err != nil {
		return err
	}
	b, err := f.bank(cmd.Context(), cmd.Flags())
	if err != nil {
		return err
	}
	if err := checkDisk(fmt.Sprintf("filters %v", b.Weight.Shape), f.output, b.Weight.Shape.Bytes()); err != nil {
		return err
	}
	if f.dry {
		printLine(cmd.OutOrStdout(), "dry run   nothing is written")
		printLine(cmd.OutOrStdout(), "shapes    weights %v", b.Weight.Shape)
		printMemory(cmd.OutOrStdout(), beside+2*b.Weight.Shape.Bytes()+rowBytes*float64(b.Weight.Shape.N()))
		printFiles(cmd.OutOrStdout(), []string{f.output, f.file().tableFile()}, b.Weight.Shape.Bytes())
		return nil
	}
	if err := writeBank(cmd.Context(), f.file(), b); err != nil {
		return err
	}
	f.inputs.say(b.Notes)
	f.inputs.print(cmd.ErrOrStderr())
	printLine(cmd.OutOrStdout(), "wrote %s %v", fault.Printable(f.output), b.Weight.Shape)
	return nil
}

func (f *filtersFlags) file() output { return f.saving.output("output", f.output) }

// bank returns the weights that the flags ask for.
func (f *filtersFlags) bank(ctx context.Context, flags *pflag.FlagSet) (*experiment.Bank, error) {
	s, err := f.chosen(flags, []string{"preset", "channels"}, []string{"size"})
	switch {
	case err != nil:
		return nil, err
	case s != nil:
		return s.filterBank(ctx, 0)
	case f.input != "":
		return f.inputs.readBank(ctx, "input", f.input, f.judge)
	}
	if text := flags.Lookup("size").Value.String(); text != strconv.Itoa(f.filter.size) {
		return nil, refused("size", text, errors.New("want a whole number of at least 2"))
	}
	tutorial3, err := f.preset.tutorial3()
	if err != nil {
		return nil, err
	}
	return f.filter.bank(ctx, tutorial3)
}

// judge refuses weights from a file that do not fit on the disk. It also refuses them if they do not fit in memory
// together with the table, which has a row for each filter.
func (f *filtersFlags) judge(weight conv.Shape) error {
	what := fmt.Sprintf("filters %v", weight)
	if err := checkDisk(what, f.output, weight.Bytes()); err != nil {
		return err
	}
	return reserve(what, weight.Bytes()+rowBytes*float64(weight.N()))
}

// writeBank writes the weights and, beside them, their table.
func writeBank(ctx context.Context, to output, b *experiment.Bank) error {
	array := &npy.Array{Shape: b.Weight.Shape[:], Data: b.Weight.Data}
	return to.withTable(ctx, b.Table, func() error {
		return to.create(func(file *whole.File) error {
			if strings.HasSuffix(to.path, ".npz") {
				return npy.FillNPZ(file, npy.Named{Name: "weight", Array: array})
			}
			return npy.Fill(file, array)
		})
	})
}
