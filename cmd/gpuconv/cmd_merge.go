package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"gpuconv/experiment"
	"gpuconv/fault"

	"github.com/spf13/cobra"
)

// mergeFlags are the flags of gpuconv merge.
type mergeFlags struct {
	output  string
	virtual bool
	saving  saving
}

func newMerge() *cobra.Command {
	var f mergeFlags
	cmd := fileArguments(&cobra.Command{
		Use:   "merge DIR --output OUT",
		Short: "Join the shards of gpuconv run --shard",
		Long: "merge joins the shards in DIR, which gpuconv run --shard wrote: activations.npy has the images of all, in their\n" +
			"order, with the bits of one run without shards. It compares each shard with its checksums on the way, and writes\n" +
			"the tables and run.json, but no pictures. The shards stay as they are.\n\n" +
			"With --virtual nothing is copied: " + experiment.ReferencesName + " says where each image is in the\n" +
			"shards' files, and zarr reads it as one array. The shards must then stay where they are.\n\n" +
			"If shards are missing, the error lists them in the form that sbatch --array takes.",
		Example: "  gpuconv run --orientations 0:180:5 --shard 1/2 --output sweep\n" +
			"  gpuconv run --orientations 0:180:5 --shard 2/2 --output sweep\n" +
			"  gpuconv merge sweep --output sweep/all",
		Args: oneFolder("merge: want one folder with shards of gpuconv run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	})
	cmd.Flags().StringVar(&f.output, "output", "", "the folder to write, new or empty")
	cmd.Flags().BoolVar(&f.virtual, "virtual", false,
		"in place of activations.npy write only where its parts are, for zarr")
	f.saving.register(cmd)
	return cmd
}

func (f *mergeFlags) run(ctx context.Context, folder string, stdout, stderr io.Writer) error {
	shards, err := experiment.ReadShards(ctx, folder)
	if err != nil {
		return plainly(ctx, err)
	}
	if experiment.IsShard(filepath.Base(filepath.Clean(f.output))) {
		return refused("output", f.output, errors.New("want another name: this one is of a shard"))
	}
	out, err := f.saving.output("output", f.output).createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	bar := newProgressOf(stderr, "merging", "shards", len(shards.All))
	defer bar.stop()
	merge := experiment.Merge
	if f.virtual {
		merge = experiment.MergeVirtual
	}
	r, err := merge(ctx, folder, out.Folder, bar.set)
	switch {
	case errors.As(err, new(*fault.Error)): // about a shard
		return plainly(ctx, err)
	case err != nil:
		return out.blame(plainly(ctx, err))
	}
	bar.stop()
	printLine(stdout, "merged    %s of %s: each is as its run.json has it", counted(r.Merged.Shards, "shard"),
		fault.Printable(folder))
	tables := "stimuli.csv, filters.csv, cells.csv"
	if r.Summary != nil {
		tables += ", values.csv"
	}
	printLine(stdout, "wrote     %s %v, %s, run.json",
		fault.Printable(filepath.Join(f.output, r.ActivationsFile)), r.ActivationsShape, tables)
	return nil
}
