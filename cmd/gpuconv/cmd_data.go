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
	"gpuconv/figure"
	"gpuconv/tuning"
	"gpuconv/tuning/report"
	"gpuconv/whole"

	"github.com/spf13/cobra"
)

// dataFlags are the flags of gpuconv data.
type dataFlags struct {
	download, url, md5, sha256, input, output string
	retry, within                             time.Duration
	dry                                       bool
	saving                                    saving
	inputs                                    inputs
	figures                                   figureFlags
}

func newData() *cobra.Command {
	var f dataFlags
	cmd := &cobra.Command{
		Use:   "data --download FILE.npz | --input FILE.npz [--output DIR]",
		Short: "The Stringer recordings: what mouse neurons answered to gratings",
		Long: "data fetches and reads the recordings of the Neuromatch tutorials, " + dataset.Name + `:
responses of some 20,000 neurons of mouse visual cortex to gratings (Stringer et al., Cell 2021), as means over bins
of 6°, one for each half of the trials. Any .npz of the same layout is read: resp_train and resp_test
[stimuli, neurons], and stimuli, the orientations in degrees.

--download continues where an earlier call was cut off, and checks the file's checksum. --input describes a file. With
--output it writes cells.csv as gpuconv tuning does, aligned.csv, rdm.csv, population.json and pictures. The figures in
cells.csv are of resp_test. aligned.csv has the mean response over neurons in resp_test, in degrees from the orientation
that each neuron prefers in resp_train, so that noise does not look like tuning.`,
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
	flags.StringVar(&f.md5, "md5", dataset.MD5, "the MD5 checksum the file must have, or none to accept any; with "+
		"--input\nchecked only if it is given")
	flags.StringVar(&f.sha256, "sha256", "",
		"the SHA-256 checksum the file must have; it replaces the default of --md5")
	flags.DurationVar(&f.retry, "pause", time.Second,
		"how long to wait before a retry of a download; twice as long after each retry that brings nothing, up to 1m")
	flags.DurationVar(&f.within, "max-time", 0, "how long a download may take, such as 10m; 0: as long as bytes arrive")
	fileFlag(flags, &f.input, "input", "the file to read")
	flags.StringVar(&f.output, "output", "", "the folder to write, new or empty")
	registerDryRun(flags, &f.dry)
	f.inputs.register(flags)
	f.saving.register(cmd)
	f.figures.register(flags)
	return cmd
}

func (f *dataFlags) run(ctx context.Context, stdout, stderr io.Writer, checked bool) error {
	if err := f.checkSums(); err != nil {
		return err
	}
	look, _, err := f.figures.look(false)
	if err != nil {
		return err
	}
	switch {
	case (f.download == "") == (f.input == ""):
		return usage(errors.New("want --download FILE to fetch the recordings, or --input FILE to read them"))
	case f.download != "" && f.output != "":
		return usage(errors.New("--output with --download: want --input, once the file is there"))
	case f.download != "" && f.inputs.strict:
		return refused("strict", "", errors.New("it is about numbers in files, want --input with it"))
	case f.retry <= 0:
		return refused("pause", f.retry.String(), errors.New("want a time above 0"))
	case f.within < 0:
		return refused("max-time", f.within.String(), errors.New("want a time of 0 or more"))
	case f.download != "":
		return f.fetch(ctx, stdout, stderr, f.wanted(checked, true))
	}
	return f.read(ctx, stdout, stderr, f.wanted(checked, false), look.Page)
}

// checkSums refuses what cannot be a checksum.
func (f *dataFlags) checkSums() error {
	for _, c := range []struct {
		flag, text string
		digits     int
	}{{"md5", f.md5, 32}, {"sha256", f.sha256, 64}} {
		none := c.text == "" || c.text == "none"
		if !none && (len(c.text) != c.digits || strings.Trim(strings.ToLower(c.text), "0123456789abcdef") != "") {
			return misread(c.flag, c.text, fmt.Errorf("want %d hexadecimal digits, or none", c.digits))
		}
	}
	return nil
}

// wanted returns the checksums that the file must have. named says that --md5 was given. If it was not, the tutorial's
// MD5 counts only for a download without --sha256.
func (f *dataFlags) wanted(named, download bool) dataset.Wanted {
	w := dataset.Wanted{MD5: f.md5, SHA256: f.sha256}
	if w.SHA256 == "none" {
		w.SHA256 = ""
	}
	if w.MD5 == "none" || !named && (!download || w.SHA256 != "") {
		w.MD5 = ""
	}
	return w
}

// fetch downloads the file. If it is there already, with the wanted checksums, fetch only says so. It refuses to
// replace any other file.
func (f *dataFlags) fetch(ctx context.Context, stdout, stderr io.Writer, wanted dataset.Wanted) error {
	if what, _ := whole.Obstacle(f.download); what != "" {
		return refused("download", f.download, errors.New("want the file to write, this is a "+what))
	}
	if info, err := os.Stat(f.download); err == nil && info.Size() > dataset.MostSize {
		return failed("download", f.download,
			errors.New("is there, and too large to be the file wanted: want a new name, or remove it"))
	}
	if _, err := os.Stat(f.download); err == nil {
		sums, err := dataset.Sum(ctx, f.download)
		if err != nil {
			return failed("download", f.download, err)
		}
		if !wanted.Any() && wanted.Check(f.download, sums) == nil {
			printLine(stdout, "%s is there, with the checksums %v", fault.Printable(f.download), sums)
			return nil
		}
		return failed("download", f.download,
			errors.New("is there, and not the file wanted: want a new name, or remove it"))
	}
	fetch := dataset.Fetch{URL: f.url, Path: f.download, Wanted: wanted, Within: f.within, Pause: f.retry,
		Saving: f.saving.options()}
	if f.dry {
		return printLine(stdout, "dry run   nothing is fetched: %s would be the file of %s, %d bytes of it are there",
			fault.Printable(f.download), fault.Printable(f.url), fetch.Kept())
	}
	bar := newByteProgress(stderr, "downloading")
	fetch.Progress = bar.set
	if kept := fetch.Kept(); kept > 0 {
		printLine(stdout, "resuming  %s has %d bytes", fault.Printable(fetch.Part()), kept)
	}
	err := dataset.Download(ctx, fetch)
	bar.stop()
	if err != nil {
		return f.unfetched(ctx, err, fetch)
	}
	sums, err := dataset.Sum(context.WithoutCancel(ctx), f.download) // the file is in its place
	if err != nil {
		return failed("download", f.download, err)
	}
	printLine(stdout, "wrote     %s, %d bytes, %v", fault.Printable(f.download), sums.Size, sums)
	return nil
}

// unfetched adds to the error of a download how many bytes are kept, and where.
func (f *dataFlags) unfetched(ctx context.Context, err error, fetch dataset.Fetch) error {
	kept := fetch.Kept()
	if ctx.Err() == nil {
		err = failed("download", "", err)
		if kept == 0 || errors.As(err, new(*whole.Error)) { // another process writes it, or the file has appeared
			return err
		}
		return fmt.Errorf("%w; %d bytes are kept in %s, the same command continues there", err, kept,
			fault.Printable(fetch.Part()))
	}
	if kept == 0 {
		return err // main says that nothing was written
	}
	return fmt.Errorf("interrupted; %d bytes are kept in %s, the same command continues there", kept,
		fault.Printable(fetch.Part()))
}

// read describes a file and, with --output, analyses its population. Pictures are drawn on a page.
func (f *dataFlags) read(ctx context.Context, stdout, stderr io.Writer, wanted dataset.Wanted, page figure.Page) error {
	if f.output != "" {
		if err := f.saving.output("output", f.output).checkFolder(); err != nil {
			return err
		}
	}
	stimuli, neurons, err := dataset.Layout(ctx, f.input)
	if err != nil {
		return failed("input", "", err)
	}
	if err := reserveRecordings(stimuli, neurons, page); err != nil {
		return err
	}
	sums, err := dataset.Sum(ctx, f.input)
	if err != nil {
		return failed("input", "", err)
	}
	if err := wanted.Check(f.input, sums); err != nil {
		return failed("input", f.input, err)
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
		if err := f.inputs.noteKnownLoss("input", f.input+":"+l.Key, l.DType, l.Loss, l.Elements); err != nil {
			return err
		}
	}
	known := "not the tutorial's file"
	if sums.MD5 == dataset.MD5 {
		known = "the tutorial's file"
	}
	printLine(stdout, "file      %s, %d bytes, %v, %s", fault.Printable(f.input), sums.Size, sums, known)
	printLine(stdout, "layout    resp_train and resp_test [%d %d]: stimuli, neurons; orientations from %.4g° to %.4g°",
		len(r.Orientation), r.Neurons, slices.Min(r.Orientation), slices.Max(r.Orientation))
	p, err := populationOf(ctx, r, sums)
	if err == nil {
		p.Drawn, p.Formats, err = f.figures.look(false)
	}
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

// reserveRecordings refuses recordings that do not fit in memory: both halves, their curves, the results for each
// neuron, the matrix of dissimilarities with its table, and a picture on a page.
func reserveRecordings(stimuli, neurons int, page figure.Page) error {
	const pictures, value, neuron = 128 << 20, 100, 4000 // bytes
	n, cells := float64(stimuli), float64(neurons)
	return reserve(fmt.Sprintf("recordings of %d neurons and %d stimuli", neurons, stimuli),
		pictures+page.Memory()+cells*(neuron+value*n)+32*n*n)
}

// populationOf analyses recordings. If their orientations are means over bins, it takes the middle of each bin in place
// of the mean: see [dataset.Recordings.Bins].
func populationOf(ctx context.Context, r *dataset.Recordings, source dataset.Sums) (report.Population, error) {
	p := report.Population{
		Origin: report.Origin{Command: os.Args, Program: describeProgram()}, Source: source,
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
	if f.dry {
		var files unwritten
		if _, err := p.Write(ctx, &files); err != nil {
			return err
		}
		files.print(stdout, f.output)
		return nil
	}
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
