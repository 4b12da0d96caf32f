// Package page makes one HTML page about a folder that package experiment wrote: what was asked, on which device it was
// computed, how it compares with the reference, how fast it was, its pictures, and a viewer of images with their
// activations. The page is one file that loads nothing else.
//
// [Read] reads a folder. [Run.Look] adds the viewer, [Run.ReadTuning] what gpuconv tuning made of the run.
// [Run.WriteHTML] writes the page. However large the run is, the page is bounded, and says what was left out.
package page

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/whole"
)

// Run is what a page shows. Read fills it.
type Run struct {
	Folder string // as the user calls it
	Report *experiment.Report
	// Images, Filters and Cells are the tables of the folder.
	Images, Filters, Cells *param.Table
	Pictures               []Picture
	Viewer                 *Viewer // nil: Look was not called
	Tuning                 *Tuning // nil: there is none
	// RoofNow says that Report.Roof was measured for the page, and not in the run.
	RoofNow bool
	Notes   []string // what is missing on the page, and why
	problem conv.Problem
	array   string // the file of activations
}

// Read reads a folder that gpuconv run wrote: run.json, the tables and the pictures. It does not check whether files
// have changed: see [experiment.AuditFolder].
//
// Errors: those of [experiment.ReadReport]; numbers of run.json that contradict each other; a run made with --keep; a
// table or a picture that is missing, unreadable or does not fit run.json; the error of ctx. Read does not open the
// array of activations: [Run.Look] does.
func Read(ctx context.Context, folder string) (*Run, error) {
	report, err := experiment.ReadReport(ctx, folder)
	if err != nil {
		return nil, err
	}
	r := &Run{Folder: folder, Report: report}
	if err := r.judge(); err != nil {
		return nil, &fault.Error{Package: "page", Argument: "run.json", Err: err}
	}
	for _, table := range []struct {
		name, subject string
		rows          int
		at            **param.Table
	}{{"stimuli.csv", "image", report.StimuliShape.N(), &r.Images},
		{"filters.csv", "filter", report.FiltersShape.N(), &r.Filters},
		{"cells.csv", "cell", report.ActivationsShape.C(), &r.Cells}} {
		if *table.at, err = readTable(ctx, filepath.Join(folder, table.name), table.subject); err != nil {
			return nil, &fault.Error{Package: "page", Argument: table.name, Err: err}
		}
		if got := (*table.at).Len(); got != table.rows {
			return nil, fault.New("page", table.name, "", "%d rows: want %d, as run.json says", got, table.rows)
		}
	}
	var names []string
	for _, f := range report.Files {
		names = append(names, f.Name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return order(a) - order(b) })
	return r, r.addPictures(ctx, folder, names, &r.Pictures)
}

// order is the place of a picture on the page: what was shown, the filters, then what they answer.
func order(name string) int {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	return slices.Index([]string{"gratings", "stimuli", "filters", "activations"}, base)
}

// judge refuses a report whose numbers contradict each other. Any program may have written run.json.
func (r *Run) judge() error {
	report := r.Report
	known := slices.ContainsFunc([]npy.Kind{npy.NPY, npy.NPZ, npy.Zarr}, func(k npy.Kind) bool {
		return npy.Format{Kind: k}.Name("activations") == report.ActivationsFile
	})
	if !known {
		return fmt.Errorf("activations_file %s: want activations.npy, .npz or .zarr.zip",
			fault.Printable(report.ActivationsFile))
	}
	if report.Summary != nil {
		return fmt.Errorf("keep %v: want a run with whole maps", report.Summary)
	}
	r.array = filepath.Join(r.Folder, report.ActivationsFile)
	r.problem = conv.Problem{Src: report.StimuliShape, Weight: report.FiltersShape, Bias: report.Bias,
		Spec: conv.Spec{Stride: report.Stride, Dilation: report.Dilation, Groups: report.Groups,
			Padding: conv.Padding{Top: report.PaddingAll[0], Bottom: report.PaddingAll[1], Left: report.PaddingAll[2],
				Right: report.PaddingAll[3]}}}
	if _, err := r.problem.Sums(); err != nil {
		return err
	}
	for _, n := range report.ActivationsShape {
		if n < 1 {
			return fmt.Errorf("activations_shape %v: want numbers of at least 1", report.ActivationsShape)
		}
	}
	if report.ActivationsShape.N() != report.StimuliShape.N() {
		return fmt.Errorf("activations_shape %v for stimuli %v: want as many images", report.ActivationsShape,
			report.StimuliShape)
	}
	return nil
}

func readTable(ctx context.Context, path, subject string) (*param.Table, error) {
	f, err := input.Open(ctx, input.Table, path)
	if err != nil {
		return nil, whole.Cause(err)
	}
	defer f.Close()
	t, err := param.ReadCSV(f, subject)
	return t, err
}

// open opens the activations, and compares their shape with run.json.
func (r *Run) open(ctx context.Context) (*npy.Reader, error) {
	reader, err := npy.Open(ctx, r.array)
	if err != nil {
		return nil, err
	}
	if want := r.Report.ActivationsShape; !slices.Equal(reader.Shape(), want[:]) {
		got := reader.Shape()
		reader.Close()
		return nil, fault.New("page", r.Report.ActivationsFile, "", "shape %v: want %v, as run.json says", got, want)
	}
	return reader, nil
}

// A page has pictures of at most this many bytes in all, and at most this many of a run and as many of tuning.
const (
	mostPictureBytes = 16 << 20
	mostPictures     = 24
)

// Picture is a picture of a folder.
type Picture struct {
	Name    string // of the file
	Media   string // its type
	Content []byte
}

// addPictures reads the pictures among the files of a folder: PNG, or SVG if there is no PNG of the same name. What it
// leaves out it notes.
func (r *Run) addPictures(ctx context.Context, folder string, names []string, to *[]Picture) error {
	bytes := 0
	for _, p := range r.Pictures {
		bytes += len(p.Content)
	}
	for _, name := range names {
		base, isSVG := strings.CutSuffix(name, ".svg")
		switch {
		case filepath.Base(name) != name || !isSVG && !strings.HasSuffix(name, ".png"):
			continue
		case isSVG && slices.Contains(names, base+".png"):
			continue
		}
		p, err := readPicture(ctx, filepath.Join(folder, name), mostPictureBytes-bytes)
		switch {
		case errors.Is(err, errTooLarge) || err == nil && len(*to) == mostPictures:
			r.Notes = append(r.Notes, fmt.Sprintf("%s is left out: the page has at most %d MiB of pictures, and %d "+
				"of them", fault.Printable(name), mostPictureBytes>>20, mostPictures))
			continue
		case err != nil:
			return &fault.Error{Package: "page", Argument: name, Err: err}
		}
		bytes += len(p.Content)
		p.Name = name
		*to = append(*to, p)
	}
	return nil
}

var errTooLarge = errors.New("too large for the page")

// readPicture reads a picture of at most this many bytes.
func readPicture(ctx context.Context, path string, most int) (p Picture, err error) {
	f, err := input.Open(ctx, input.Picture, path)
	if err != nil {
		return p, whole.Cause(err)
	}
	defer f.Close()
	if f.Size() > int64(most) {
		return p, errTooLarge
	}
	p.Media = "image/png"
	if strings.HasSuffix(path, ".svg") {
		p.Media = "image/svg+xml"
	}
	if p.Content, err = io.ReadAll(f); err != nil {
		return p, whole.Cause(err)
	}
	if isPNG := strings.HasPrefix(string(p.Content), "\x89PNG\r\n\x1a\n"); p.Media == "image/png" && !isPNG {
		return p, errors.New("want a PNG, as its name says")
	}
	return p, nil
}
