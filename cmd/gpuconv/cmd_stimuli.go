package main

import (
	"context"
	"fmt"
	"io"

	"gpuconv/batch"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/stimuli"
	"gpuconv/whole"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// stimuliFlags are the flags of gpuconv stimuli. They ask for a preset, a kind or files.
type stimuliFlags struct {
	kindFlags
	preset   presetFlag
	stimulus stimulusFlags
	sf       string
	inputs   inputs
	output   string
	dry      bool
	saving   saving
}

func newStimuli() *cobra.Command {
	var f stimuliFlags
	cmd := &cobra.Command{
		Use:   "stimuli --output FILE.npy",
		Short: "Write stimuli as a float32 array [N, 1, H, W], and a table of them as CSV",
		Long: "stimuli draws a preset, a kind of pattern or image files. It writes FILE.npy and, beside it, FILE.csv with a\n" +
			"row of parameters for each image.\n\n" + kindsHelp() + "\n" +
			"A parameter takes a number, a list or a range start:stop:step. Images are enumerated with the parameters in\n" +
			"the order of the table, the last varying fastest. A drift moves right at orientation 0, down at 90.\n\n" +
			orientationHelp,
		Example: "  gpuconv stimuli --preset nma --orientations -90:90:6 --output gratings.npy\n" +
			"  gpuconv stimuli --kind grating --orientation 0:180:5 --sf 0.05,0.1 --phase 0:360:45 --output s.npy\n" +
			"  gpuconv stimuli --kind grating --drift 0.125 --frame 0:8:1 --aperture raised-cosine --output drift.npy\n" +
			"  gpuconv run --orientations 0:180:45 --output out\n" +
			"  gpuconv stimuli --input out/gratings.png --output picture.npy",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd)
		},
	}
	f.register(cmd.Flags())
	f.saving.register(cmd)
	return cmd
}

func kindsHelp() string {
	text := "Kinds:\n"
	for _, k := range stimuli.Kinds() {
		text += fmt.Sprintf("  %-18s %s\n", k.Name, k.Summary)
	}
	return text
}

func (f *stimuliFlags) register(flags *pflag.FlagSet) {
	f.preset.register(flags)
	f.stimulus.register(flags)
	flags.SetNormalizeFunc(alias("orientation", "orientations"))
	flags.StringVar(&f.sf, "sf", "",
		"spatial frequency: for kinds a list in cycles/pixel or --sf-unit; for presets a number, "+
			"as the tutorial\ncounts it, in radians per pixel of the full 640×480 image (default 0.0357, 1 divided "+
			"by 28)")
	flags.StringVar(&f.kind, "kind", "", "a kind of pattern instead of a preset")
	fileFlag(flags, &f.input, "input",
		"what gpuconv run --stimulus takes, instead of a preset: a picture; a folder of pictures, or a pattern such as\n"+
			"img*.png, in the order of their names, img2 before img10; a .npy or .npz:key array; or a .txt list of these.\n"+
			"All images must have one size")
	f.inputs.register(flags)
	f.inputs.images.register(flags)
	flags.StringVar(&f.output, "output", "", "the .npy file to write")
	registerDryRun(flags, &f.dry)
	f.settings = []string{"orientation", "sf"}
	for _, s := range canvasSettings() {
		flags.String(s.name, "", s.help)
		f.settings = append(f.settings, s.name)
	}
	f.registerUnits(flags)
	for _, s := range switchSettings() {
		flags.Bool(s.name, false, s.help)
		f.settings = append(f.settings, s.name)
	}
	for _, k := range stimuli.Kinds() {
		f.registerParameters(flags, k.New().Parameters())
	}
	for w := range stimuli.RaisedCosine + 1 {
		windowed := stimuli.Grating{Look: stimuli.Look{Aperture: stimuli.Aperture{Window: w}}}
		f.registerParameters(flags, windowed.Parameters())
	}
}

// alias gives the flag called name a second name, other.
func alias(other, name string) func(*pflag.FlagSet, string) pflag.NormalizedName {
	return func(_ *pflag.FlagSet, typed string) pflag.NormalizedName {
		if typed == other {
			typed = name
		}
		return pflag.NormalizedName(typed)
	}
}

func (f *stimuliFlags) run(cmd *cobra.Command) error {
	if err := f.file().checkArray(); err != nil {
		return err
	}
	images, err := f.images(cmd.Context(), cmd.Flags())
	if err != nil {
		return err
	}
	defer closeSets([]stimuli.Set{images})
	if f.dry {
		return f.foresee(cmd.OutOrStdout(), images)
	}
	if err := f.inputs.rehearseAll(cmd.Context(), "input", images); err != nil {
		return err
	}
	if err := writeStimuli(cmd.Context(), f.file(), images); err != nil {
		return ofFiles("input", images, err)
	}
	f.inputs.allDrawn("input", images)
	if noted, ok := images.(stimuli.Noter); ok {
		f.inputs.say(noted.Notes())
	}
	f.inputs.print(cmd.ErrOrStderr())
	printLine(cmd.OutOrStdout(), "wrote %s %v", fault.Printable(f.output), images.Shape())
	return nil
}

func (f *stimuliFlags) file() output { return f.saving.output("output", f.output) }

// images returns the set that the flags ask for.
func (f *stimuliFlags) images(ctx context.Context, flags *pflag.FlagSet) (stimuli.Set, error) {
	if f.input == "" {
		if err := f.inputs.images.refuse(flags, "want --input with it"); err != nil {
			return nil, err
		}
	}
	s, err := f.chosen(flags, []string{"preset", "patch", "res"}, []string{"orientation", "sf"})
	switch {
	case err != nil:
		return nil, err
	case s != nil:
		return s.stimulus()
	case f.input != "":
		o, err := f.inputs.openSources(ctx, "input", []string{f.input}, 0)
		if err != nil {
			return nil, err
		}
		return o.oneSize(f.input)
	}
	return f.presetSweep(flags.Changed("sf"))
}

func (f *stimuliFlags) presetSweep(given bool) (stimuli.Set, error) {
	tutorial3, err := f.preset.tutorial3()
	if err != nil {
		return nil, err
	}
	if err := f.stimulus.parseSF(f.sf, given); err != nil {
		return nil, err
	}
	return f.stimulus.sweep(tutorial3)
}

// foresee says what would be written.
func (f *stimuliFlags) foresee(stdout io.Writer, images stimuli.Set) error {
	need, err := checkStimuli(f.file(), images)
	if err != nil {
		return err
	}
	printLine(stdout, "dry run   nothing is written")
	printLine(stdout, "shapes    images %v", images.Shape())
	printMemory(stdout, need+beside)
	printFiles(stdout, []string{f.output, f.file().tableFile()}, images.Shape().Bytes())
	return nil
}

// checkStimuli refuses images that do not fit on the disk or in memory. It returns the bytes that they take in memory.
func checkStimuli(to output, images stimuli.Set) (float64, error) {
	all := images.Shape()
	what := fmt.Sprintf("%d images of %d×%d", all.N(), all.H(), all.W())
	if err := checkDisk(what, to.path, all.Bytes()); err != nil {
		return 0, err
	}
	need := all.WithN(batch.PortionOf(all)).Bytes() + 200*float64(all.N())
	if drawn, ok := images.(interface{ Memory() float64 }); ok {
		need += drawn.Memory()
	}
	return need, checkMemory(fmt.Sprintf("an image of %d×%d", all.H(), all.W()), need)
}

// writeStimuli draws all images into a file, some at a time, and writes their table beside it.
func writeStimuli(ctx context.Context, to output, images stimuli.Set) error {
	need, err := checkStimuli(to, images)
	if err != nil {
		return err
	}
	all := images.Shape()
	if err := reserve(fmt.Sprintf("an image of %d×%d", all.H(), all.W()), need); err != nil {
		return err
	}
	table, err := images.Table()
	if err != nil {
		return usage(plain(err))
	}
	return to.withTable(ctx, table, func() error {
		return to.create(func(file *whole.File) error { return experiment.Draw(ctx, images, file) })
	})
}
