package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sort"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/figure"
	"gpuconv/machine"
	"gpuconv/param"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// Problem returns the convolution of the job. Its batch is a portion of the images, see [batch.Portion]. It returns a
// [*conv.ShapeError] if Spec does not fit the images and filters.
func (j Job) Problem() (conv.Problem, error) {
	p := conv.Problem{Spec: j.Spec, Src: j.Images.Shape(), Weight: j.Bank.Weight.Shape, Bias: j.Bias != nil}
	if j.Chunks {
		return batch.Chunk(p)
	}
	return batch.Portion(p)
}

// Weight returns the weights that the images are cross-correlated with: the bank's filters, turned by 180° if Flip is
// set.
func (j Job) Weight() *conv.Tensor {
	if j.Flip {
		return j.Bank.Weight.Flipped()
	}
	return j.Bank.Weight
}

// Activations returns the shape of activations.npy, [images, channels, rows, columns], or with a Summary that of
// [Summary.Of]. p is the job's [Job.Problem].
func (j Job) Activations(p conv.Problem) (conv.Shape, error) {
	maps, err := j.maps(p)
	if err != nil || j.Summary == nil {
		return maps, err
	}
	return j.Summary.Of(maps)
}

// maps returns the shape of the maps of all images, before a summary is made of them.
func (j Job) maps(p conv.Problem) (conv.Shape, error) {
	dst, err := p.Dst()
	return dst.WithN(j.Images.Shape().N()), err
}

// program is what [Job.Memory] adds for the program, a driver and the largest picture.
const program = 192 << 20

// Fit returns p with the largest batch, up to its own, with which Run takes at most this many bytes beside the program,
// a driver and the pictures. plan and each are how many bytes the backend takes beside what Memory counts: for its
// plan, and for each image of a batch. The error names the least number of bytes that is enough.
func (j Job) Fit(p conv.Problem, bytes, plan, each float64) (conv.Problem, error) {
	at := func(images int) float64 {
		p.Src = p.Src.WithN(images)
		need, err := j.Memory(p)
		if err != nil {
			return math.Inf(1)
		}
		return need - program + plan + each*float64(images)
	}
	most := p.Src.N()
	if _, err := j.Memory(p); err != nil {
		return p, err
	}
	images := most - sort.Search(most, func(i int) bool { return at(most-i) <= bytes })
	if least := at(1); images == 0 {
		return p, fmt.Errorf("want %s at least for a portion of one image", machine.Size(math.Ceil(least/1e5)*1e5))
	}
	p.Src = p.Src.WithN(images)
	return p, nil
}

// Memory estimates the bytes that Run takes, in Go and outside of it, on a backend that computes in float32. p is the
// job's [Job.Problem], or what [Job.Fit] returns.
func (j Job) Memory(p conv.Problem) (float64, error) {
	image, err := p.Dst()
	if err != nil {
		return 0, err
	}
	src, dst := p.Src.Image().Bytes(), image.Image().Bytes()
	portion, workers := float64(p.Src.N()), float64(runtime.GOMAXPROCS(0))
	padded := p.Src.Image()
	padded[2], padded[3] = padded[2]+p.Weight.H(), padded[3]+p.Weight.W()
	// three portions in Go, one on the device
	need := program + (4*portion+float64(len(j.shown())))*(src+dst)
	if j.Summary != nil {
		numbers, err := j.Summary.Of(image)
		if err != nil {
			return 0, err
		}
		// at most one portion of maps in Go: see atOnce
		need += portion * (3*numbers.Image().Bytes() - 2*dst)
	}
	// the judge's float64 values and magnitudes: see judgeBytes
	if !j.Check.Sample {
		need += 4 * float64(judged(p)) * dst
	}
	need += 4 * p.Weight.Bytes() // in Go, in the plans of the backend and the judge, and packed
	need += stimuli.TableMemory(j.Images)
	// a row of the table of filters, and a name for pictures
	need += 400 * float64(p.Weight.N())
	if images, ok := j.Images.(interface{ Memory() float64 }); ok {
		need += images.Memory() // for drawing or decoding
	}
	if page := j.Look.Drawn.Page; page != (figure.Page{}) {
		need += 3 * page.Memory() // three pictures, at the same time
	}
	return need + workers*padded.Bytes(), nil // each core of the CPU engine pads the image that it convolves
}

// Prepared is the plan of a job, and the backend that made it.
type Prepared struct {
	Problem conv.Problem  // the job's [Job.Problem]; its batch is the number of images in a portion
	Plan    conv.Plan     // of Problem and the job's [Job.Weight]
	Backend Backend       // for the report; RunOn adds how Plan describes itself
	Opening time.Duration // how long it took to open the backend and to make Plan
}

// Run convolves the job on a backend and writes the files into a folder, which must be new or empty. If it returns an
// error, nothing is written. It returns as soon as ctx is done; the portion that is then being computed continues in
// the background, see [batch.Await]. Once all files are in place it returns the report, even if ctx is done or the plan
// fails to close.
//
// Errors: a [*conv.ShapeError] if Spec does not fit, a [*whole.Error] if a file or folder cannot be written, a
// [*WrongError], and errors of the backend and of ctx.
func (j Job) Run(ctx context.Context, backend conv.Backend, folder string) (*Report, error) {
	p, err := j.Problem()
	if err != nil {
		return nil, err
	}
	out, err := whole.CreateFolder(folder)
	if err != nil {
		return nil, err
	}
	defer out.Discard()
	opening := time.Now()
	if j.Origin.Started.IsZero() {
		j.Origin.Started = opening
	}
	var plan conv.Plan
	err = batch.Await(ctx, func() (err error) {
		plan, err = conv.Expecting(backend, j.Total()).Plan(p, j.Weight(), j.Bias)
		return err
	})
	if err != nil {
		return nil, err
	}
	r, err := j.RunOn(ctx, Prepared{Problem: p, Plan: plan, Opening: time.Since(opening)}, out)
	if err != nil && ctx.Err() != nil {
		return nil, err // and leave the plan open: it may still be computing
	}
	closeErr := plan.Close()
	if err != nil {
		return nil, errors.Join(err, closeErr)
	}
	return r, nil // the folder is complete, so a failure to close does not matter
}

// RunOn does what Run does, with a plan and a folder that the caller has made. It commits the folder and leaves the
// plan open. If RunOn returns an error, the caller discards the folder.
//
// If the folder is kept ([whole.Options.KeepFolder], whose grown file is [Job.ArrayName]), RunOn continues with what
// former processes did, and an error after the first finished chunk is an [*UnfinishedError]. It refuses what was begun
// with other settings.
func (j Job) RunOn(ctx context.Context, on Prepared, out *whole.Folder) (*Report, error) {
	if j.Origin.Started.IsZero() {
		j.Origin.Started = time.Now()
	}
	r, err := j.newReport(on)
	if err != nil {
		return nil, err
	}
	if out.Kept() {
		return j.runKept(ctx, on, out, r)
	}
	j.phase(Convolving)
	w, err := j.convolve(ctx, on, out)
	if err != nil {
		return nil, err
	}
	if err := w.check.verdict(); err != nil {
		return nil, err
	}
	return j.finish(ctx, on, out, r, w)
}

// illustrate writes the pictures and the tables, all at the same time. It returns how long the pictures took.
func (j Job) illustrate(ctx context.Context, on Prepared, out *whole.Folder, g *gallery) (took time.Duration,
	err error) {
	j.phase(Drawing)
	err = both(func() error { return timed(&took, func() error { return j.draw(ctx, on, g, out) }) },
		func() error { return j.writeTables(on.Problem, out) })
	return took, err
}

func timed(took *time.Duration, f func() error) error {
	begun := time.Now()
	err := f()
	*took = time.Since(begun)
	return err
}

// finish writes run.json, and commits the folder.
func (j Job) finish(ctx context.Context, on Prepared, out *whole.Folder, r *Report, w watched) (*Report, error) {
	r.Seconds.Pictures = seconds(w.drawing)
	r.complete(w, on.Plan)
	r.Notes = append(r.Notes, j.Bank.Notes...)
	if images, ok := j.Images.(stimuli.Noter); ok {
		r.Notes = append(r.Notes, images.Notes()...)
	}
	if err := r.write(out); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil { // interrupted meanwhile: leave nothing behind
		return nil, err
	}
	if err := out.Commit(); err != nil {
		return nil, err
	}
	return r, nil
}

// watched is what a job keeps while its images stream through the plan.
type watched struct {
	check    *checker
	gallery  *gallery
	painting *batch.Painting // nil if the host draws the images
	stats    Written
	drawing  time.Duration // how long the pictures took
}

// watch makes what watches a job's images.
func (j Job) watch(ctx context.Context, on Prepared) (w watched, err error) {
	maps, err := j.maps(on.Problem)
	if err != nil {
		return w, err
	}
	if w.gallery, err = newGallery(j.shown(), on.Problem.Src, maps); err != nil {
		return w, err
	}
	if w.check, err = newChecker(on, j.Weight(), j.Bias, maps.N(), j.Check); err != nil {
		return w, err
	}
	if w.painting = newPainting(ctx, j.Images, on.Plan); w.painting != nil {
		w.gallery.pixels, w.check.pixels = w.painting.Draw, w.painting.Draw
	}
	if j.Summary == nil { // otherwise maps are judged while portions are written
		w.check.begin = func() { j.phase(Judging) }
		w.check.end = func() { j.phase(Convolving) }
	}
	return w, nil
}

// wants returns what the next look at maps of this shape needs: single outputs, as indices into them, and whole images.
func (w watched) wants(first int, maps conv.Shape) (single, whole []int) {
	single, whole = w.check.wants(first, maps)
	return single, append(whole, w.gallery.wants(first, maps.N())...)
}

// convolve streams the activations of all images into activations.npy. On the way it checks some of them, and keeps
// those that the pictures show. Unless one is wrong, it writes pictures and tables while the disk completes the file.
func (j Job) convolve(ctx context.Context, on Prepared, out *whole.Folder) (w watched, err error) {
	if w, err = j.watch(ctx, on); err != nil {
		return w, err
	}
	defer w.check.close()
	file, err := out.Create(j.Format.Name(arrayName))
	if err != nil {
		return w, err
	}
	stream := Stream{Images: j.Images, Problem: on.Problem, Plan: on.Plan, Progress: j.Progress, Format: j.Format,
		Summary: j.Summary, wants: w.wants, painting: w.painting, atOnce: w.check.atOnce()}
	stream.Look = func(first int, src, dst *conv.Tensor) error {
		if err := w.gallery.look(first, src, dst); err != nil {
			return err
		}
		return w.check.look(ctx, first, src, dst)
	}
	stream.meanwhile = func() (err error) {
		if w.check.verdict() == nil {
			w.drawing, err = j.illustrate(ctx, on, out, w.gallery)
		}
		return err
	}
	w.stats, err = stream.Write(ctx, file)
	return w, err
}

// writeTables writes stimuli.csv, filters.csv and cells.csv, and values.csv for a summary.
func (j Job) writeTables(p conv.Problem, out *whole.Folder) error {
	err := out.Write("stimuli.csv", func(w io.Writer) error { return stimuli.WriteTable(w, j.Images) })
	if err != nil {
		return err
	}
	if err := out.Write("filters.csv", j.Bank.Table.WriteCSV); err != nil {
		return err
	}
	if err := out.Write("cells.csv", j.cellTable().WriteCSV); err != nil || j.Summary == nil {
		return err
	}
	maps, err := j.maps(p)
	if err != nil {
		return err
	}
	return out.Write(ValuesName, j.Summary.table(maps).WriteCSV)
}

// ValuesName is the name of the table of the numbers of a [Summary].
const ValuesName = "values.csv"

// cellTable has a row for each channel of activations.npy: its name, and the filter that it is made of. With
// [conv.Energy] these are two, filter and filter_2. Filters have the numbers of filters.csv. The first column, cell, is
// that of the tables of gpuconv tuning.
func (j Job) cellTable() *param.Table {
	names := j.cells()
	t := &param.Table{Subject: "cell", Columns: []param.Column{{Name: "name", Words: names}, {Name: "filter"},
		{Name: "filter_2"}}}
	for k := range names {
		first, second := float64(k), math.NaN()
		if j.Spec.Activation == conv.Energy {
			first, second = float64(2*k), float64(2*k+1)
		}
		t.Columns[1].Numbers, t.Columns[2].Numbers = append(t.Columns[1].Numbers, first),
			append(t.Columns[2].Numbers, second)
	}
	return t
}
