package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gpuconv/batch"
	"gpuconv/dataset"
	"gpuconv/fault"
	"gpuconv/tuning"
	"gpuconv/tuning/report"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

// dataFlags are the flags of gpuconv data.
type dataFlags struct {
	download, url, md5, input, output string
	retry                             time.Duration
	saving                            saving
	inputs                            inputs
}

func newData() *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use:   "data --download FILE.npz | --input FILE.npz [--output DIR]",
		Short: "The Stringer recordings: what mouse neurons answered to gratings",
		Long: "data fetches and reads the recordings of the Neuromatch tutorials, " + dataset.Name + `:
responses of some 20,000 neurons of mouse visual cortex to gratings (Stringer et al., Cell 2021), in bins of 6°, halves
of the trials apart. Any .npz of the same layout is read: resp_train and resp_test [stimuli, neurons], stimuli.

--download goes on where an earlier call was cut off, and checks the MD5 checksum. --input describes a file. With
--output it writes cells.csv as gpuconv tuning does, aligned.csv (the mean curve around each neuron's preferred
orientation), rdm.csv, population.json and pictures. Preferred orientations are those of resp_train, all else is from
resp_test, so that noise makes no tuning.`,
		Example: "  gpuconv data --download stringer.npz\n" +
			"  gpuconv data --input stringer.npz --output population",
		Args: flagsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.Flags().Changed("md5"))
		},
	}
	flags := cmd.Flags()
	fileFlag(flags, &f.download, "download", "fetch the recordings into this file")
	flags.StringVar(&f.url, "url", dataset.URL, "where to fetch them")
	flags.StringVar(&f.md5, "md5", dataset.MD5, "the checksum the file must have; none takes any")
	flags.DurationVar(&f.retry, "pause", time.Second,
		"before the first retry of a download, twice as long before each further one")
	fileFlag(flags, &f.input, "input", "the file to read")
	flags.StringVar(&f.output, "output", "", "the folder to write, new or empty")
	f.inputs.register(flags)
	f.saving.register(cmd)
	return cmd
}

func (f *dataFlags) run(ctx context.Context, stdout, stderr io.Writer, checked bool) error {
	if f.md5 == "none" {
		f.md5 = ""
	}
	switch sum := strings.ToLower(f.md5); {
	case f.md5 != "" && (len(sum) != 32 || strings.Trim(sum, "0123456789abcdef") != ""):
		return misread("md5", f.md5, errors.New("want 32 hexadecimal digits, or none"))
	case (f.download == "") == (f.input == ""):
		return usage(errors.New("want --download FILE to fetch the recordings, or --input FILE to read them"))
	case f.download != "" && f.output != "":
		return usage(errors.New("--output with --download: want --input, once the file is there"))
	case f.download != "" && f.inputs.strict:
		return refused("strict", "", errors.New("it is about numbers in files, want --input with it"))
	case f.retry <= 0:
		return refused("pause", f.retry.String(), errors.New("want a time above 0"))
	case f.download != "":
		return f.fetch(ctx, stdout, stderr)
	}
	return f.read(ctx, stdout, stderr, checked)
}

// fetch downloads the file, unless it is there.
func (f *dataFlags) fetch(ctx context.Context, stdout, stderr io.Writer) error {
	if what, _ := whole.Obstacle(f.download); what != "" {
		return refused("download", f.download, errors.New("want the file to write, this is a "+what))
	}
	if info, err := os.Stat(f.download); err == nil && info.Size() > dataset.MostSize {
		return failed("download", f.download,
			errors.New("is there, and too large to be the file wanted: want a new name, or remove it"))
	}
	if _, err := os.Stat(f.download); err == nil {
		sum, _, err := dataset.Sum(ctx, f.download)
		if err == nil && strings.EqualFold(sum, f.md5) {
			printLine(stdout, "%s is there, with the MD5 checksum %s", fault.Printable(f.download), sum)
			return nil
		}
		return failed("download", f.download,
			errors.New("is there, and not the file wanted: want a new name, or remove it"))
	}
	bar := newByteProgress(stderr, "downloading")
	fetch := dataset.Fetch{URL: f.url, Path: f.download, MD5: f.md5, Pause: f.retry, Progress: bar.set,
		Saving: f.saving.options()}
	if kept := fetch.Kept(); kept > 0 {
		printLine(stdout, "resuming  %s has %d bytes", fault.Printable(fetch.Part()), kept)
	}
	err := dataset.Download(ctx, fetch)
	bar.stop()
	if err != nil {
		return f.unfetched(ctx, err, fetch)
	}
	sum, size, err := dataset.Sum(ctx, f.download)
	if err != nil {
		return err
	}
	printLine(stdout, "wrote     %s, %d bytes, MD5 %s", fault.Printable(f.download), size, sum)
	return nil
}

// unfetched says what is left of a download.
func (f *dataFlags) unfetched(ctx context.Context, err error, fetch dataset.Fetch) error {
	kept := fetch.Kept()
	if ctx.Err() == nil {
		err = failed("download", "", err)
		if kept == 0 {
			return err
		}
		return fmt.Errorf("%w; %d bytes are kept in %s, the same command goes on there", err, kept,
			fault.Printable(fetch.Part()))
	}
	if kept == 0 {
		return err // main says that nothing was written
	}
	return fmt.Errorf("interrupted; %d bytes are kept in %s, the same command goes on there", kept,
		fault.Printable(fetch.Part()))
}

// read describes a file and, with --output, analyses its population.
func (f *dataFlags) read(ctx context.Context, stdout, stderr io.Writer, checked bool) error {
	if f.output != "" {
		if err := f.saving.output("output", f.output).checkFolder(); err != nil {
			return err
		}
	}
	stimuli, neurons, err := dataset.Layout(ctx, f.input)
	if err != nil {
		return failed("input", "", err)
	}
	if err := reserveRecordings(stimuli, neurons); err != nil {
		return err
	}
	sum, size, err := dataset.Sum(ctx, f.input)
	if err != nil {
		return failed("input", "", err)
	}
	if checked && f.md5 != "" && !strings.EqualFold(sum, f.md5) {
		return failed("input", f.input, fmt.Errorf("MD5 checksum %s: want %s", sum, f.md5))
	}
	var r *dataset.Recordings
	err = batch.Await(ctx, func() (err error) { r, err = dataset.Open(ctx, f.input); return err })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return failed("input", "", err)
	}
	for _, l := range r.Lost {
		if err := f.inputs.lose("input", f.input+":"+l.Key, l.DType, l.Loss, l.Elements); err != nil {
			return err
		}
	}
	known := "not the tutorial's file"
	if sum == dataset.MD5 {
		known = "the tutorial's file"
	}
	printLine(stdout, "file      %s, %d bytes, MD5 %s, %s", fault.Printable(f.input), size, sum, known)
	printLine(stdout, "layout    resp_train and resp_test [%d %d]: stimuli, neurons; orientations from %.4g° to %.4g°",
		len(r.Orientation), r.Neurons, slices.Min(r.Orientation), slices.Max(r.Orientation))
	p, err := populationOf(ctx, r)
	if err != nil {
		return err
	}
	if err := p.WriteText(stdout); err != nil {
		return err
	}
	if f.output != "" {
		if err := f.write(ctx, p, stdout); err != nil {
			return err
		}
	}
	f.inputs.print(stderr)
	return nil
}

// reserveRecordings refuses what does not fit into memory: both halves, their curves, what is found
// for each neuron, and the matrix of dissimilarities with its table.
func reserveRecordings(stimuli, neurons int) error {
	const pictures, value, neuron = 128 << 20, 100, 4000 // bytes
	n, cells := float64(stimuli), float64(neurons)
	return reserve(fmt.Sprintf("recordings of %d neurons and %d stimuli", neurons, stimuli),
		pictures+cells*(neuron+value*n)+32*n*n)
}

// populationOf analyses recordings, at the middles of their bins if they have bins.
func populationOf(ctx context.Context, r *dataset.Recordings) (report.Population, error) {
	p := report.Population{
		Origin: report.Origin{Command: os.Args, Program: describeProgram()},
		Halves: tuning.Halves{Orientation: r.Orientation, Neurons: r.Neurons, Train: r.Train, Test: r.Test},
	}
	if bins, period, ok := r.Bins(); ok {
		p.Halves.Orientation, p.Halves.Period = bins, period
	}
	var err error
	p.Found, err = p.Halves.Analyse(ctx)
	return p, err
}

// write writes all files, or none.
func (f *dataFlags) write(ctx context.Context, p report.Population, stdout io.Writer) error {
	out, err := f.saving.output("output", f.output).createFolder()
	if err != nil {
		return err
	}
	defer out.Discard()
	files, err := p.Write(ctx, out)
	if err != nil {
		return out.blame(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	return printLine(stdout, "wrote     %s: %s", fault.Printable(f.output), strings.Join(files, ", "))
}
