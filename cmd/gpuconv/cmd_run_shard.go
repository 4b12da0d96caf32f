package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/param"
	"gpuconv/verify"

	"github.com/spf13/pflag"
)

// run --shard does a part of a job, for machines that share it. --shards takes the number of the part from the
// environment that Slurm and Kubernetes set.

// shardFlags are --shard and --shards.
type shardFlags struct {
	shard, shards string
	part          verify.Shard // what they mean; zero without them
}

func (f *shardFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.shard, "shard", "",
		"only this part of the images, into a folder of its own in DIR, as with --resume: 2/8. gpuconv merge joins "+
			"them")
	flags.StringVar(&f.shards, "shards", "",
		"how many shards there are; which one this is comes from SLURM_ARRAY_TASK_ID, which must begin at 1, or\n"+
			"JOB_COMPLETION_INDEX, which begins at 0. array: as many as the Slurm array 1-N has tasks")
}

// shard reads the flags. A shard is always kept, in a folder in that of --output.
func (f *runFlags) shard(flags *pflag.FlagSet) (err error) {
	for _, name := range []string{"shard", "shards"} { // a script's empty variable must not ask for the whole job
		if flag := flags.Lookup(name); flag.Changed && flag.Value.String() == "" {
			return refused(name, "", errors.New("want a shard; of the whole job, no flag"))
		}
	}
	if experiment.IsShard(filepath.Base(filepath.Clean(f.output))) {
		return refused("output", f.output,
			errors.New("want another name: this one is of a shard, and --shard makes it"))
	}
	if f.shards.part, err = f.shards.read(os.Getenv); err != nil || f.shards.part.Parts == 0 {
		return err
	}
	if f.output == "" {
		return f.folder().checkFolder() // it says what is missing
	}
	flags.Visit(func(flag *pflag.Flag) {
		if group := flag.Annotations[groupOf]; flag.Name == "html" || slices.Contains(group, groupPictures) {
			err = refused(flag.Name, "", errors.New("want it without --shard: shards have no pictures"))
		}
	})
	if err != nil {
		return err
	}
	f.resume = true
	f.output = filepath.Join(f.output, experiment.ShardName(f.shards.part.Part, f.shards.part.Parts))
	return nil
}

// read says which shard is asked for. getenv looks up a variable of the environment.
func (f *shardFlags) read(getenv func(string) string) (s verify.Shard, err error) {
	switch {
	case f.shard != "" && f.shards != "":
		return s, refused("shards", f.shards, errors.New("want it without --shard"))
	case f.shard != "":
		if s, err = verify.ParseShard(f.shard); err != nil {
			return s, misread("shard", f.shard, err)
		}
	case f.shards != "":
		if s, err = f.fromEnvironment(getenv); err != nil {
			return s, refused("shards", f.shards, err)
		}
	}
	if s.Parts > experiment.MostShards {
		return s, refused("shard", fmt.Sprintf("%d/%d", s.Part, s.Parts),
			fmt.Errorf("want at most %d", experiment.MostShards))
	}
	return s, nil
}

// fromEnvironment reads what a scheduler says. The number of a task of a Slurm array is that of its shard, so that an
// array of a few tasks repeats a few shards.
func (f *shardFlags) fromEnvironment(getenv func(string) string) (s verify.Shard, err error) {
	const id, index, array = "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "array"
	number := func(name string) (int, error) {
		n, err := param.ParseWhole(getenv(name))
		if err != nil {
			return 0, fmt.Errorf("%s is %q: want a whole number", name, getenv(name))
		}
		return n, nil
	}
	if f.shards == array {
		if s.Parts, err = slurmArray(getenv, number); err != nil {
			return s, err
		}
	} else if s.Parts, err = param.ParseWhole(f.shards); err != nil || s.Parts < 1 {
		return s, errors.New("want how many shards there are, or array")
	}
	name, first := id, 1
	if getenv(id) == "" {
		name, first = index, 0
	}
	if getenv(name) == "" {
		return s, fmt.Errorf("neither %s nor %s is set: want a task of an array or --shard i/n", id, index)
	}
	n, err := number(name)
	if err == nil && (n < first || n-first >= s.Parts) {
		err = fmt.Errorf("%s is %d: want --array=1-%d, or an Indexed Job of %d completions", name, n, s.Parts, s.Parts)
	}
	s.Part = n - first + 1
	return s, err
}

// slurmArray returns how many tasks a Slurm array has that begins with 1 and leaves out none.
func slurmArray(getenv func(string) string, number func(string) (int, error)) (int, error) {
	var n [4]int
	for i, name := range []string{"MIN", "MAX", "STEP", "COUNT"} {
		var err error
		if n[i], err = number("SLURM_ARRAY_TASK_" + name); err != nil {
			return 0, err
		}
	}
	if n[0] != 1 || n[2] != 1 || n[3] != n[1] {
		return 0, fmt.Errorf("the array has %d tasks from %d to %d: want --array=1-N with all of them, or --shards N",
			n[3], n[0], n[1])
	}
	return n[1], nil
}

// cut returns the part of the job that the flags ask for.
func (f *shardFlags) cut(j experiment.Job) (experiment.Job, error) {
	if f.part.Parts == 0 {
		return j, nil
	}
	j, err := j.CutShard(f.part.Part, f.part.Parts)
	return j, usage(plain(err))
}

// check refuses a shard that does not belong to those that are in the folder already.
func (f *shardFlags) check(ctx context.Context, j experiment.Job, on experiment.Prepared, folder string) error {
	if f.part.Parts == 0 {
		return nil
	}
	folder = filepath.Dir(folder)
	err := j.CheckShards(ctx, on, folder)
	if errors.As(err, new(*experiment.SettingsError)) {
		return refused("shard", "", &fault.Error{Argument: folder, Err: err})
	}
	return err
}
