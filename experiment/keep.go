package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/parallel"
	"gpuconv/npy"
	"gpuconv/whole"
)

// A job whose folder is kept (see whole.Options.KeepFolder) is cut into chunks, each some portions of the images. A
// chunk counts when its activations are synced, no judged output was wrong, and its line in the journal is synced. The
// next process reads the finished chunks, compares their checksums, and does the rest.

// ArrayName is the name of the file of activations.
func (j Job) ArrayName() string { return j.Format.Name(arrayName) }

// runKept does what RunOn does, in a folder that is kept.
func (j Job) runKept(ctx context.Context, on Prepared, out *whole.Folder, r *Report) (*Report, error) {
	k, err := j.newKeeper(ctx, on, out)
	if err != nil {
		return nil, err
	}
	w, err := j.watch(ctx, on)
	if err == nil {
		j.phase(Convolving)
		err = k.convolve(ctx, &w)
		w.check.close()
	}
	if err != nil {
		return nil, k.unfinished(err)
	}
	r.Settings, r.Resumed, r.InMemory = k.now, &k.resumed, k.portion.Src.N()
	r, err = j.finish(ctx, on, out, r, w)
	return r, k.unfinished(err)
}

// keeper does a job whose folder is kept.
type keeper struct {
	job     Job
	on      Prepared
	folder  *whole.Folder
	journal *whole.Journal
	file    *whole.Grown
	layout  *npy.Layout  // of the file
	portion conv.Problem // what is convolved at a time: a part of a chunk, whose size is that of on.Problem's batch
	maps    conv.Shape   // of all images
	outputs conv.Shape   // of all images: maps, or numbers of them
	chunks  []*chunk     // the finished ones, by their number
	history *history
	resumed Resumed
	now     []Setting
	reduced reducedChunks // with a Summary
	writing *writing      // the chunk that is being written
}

// newKeeper reads the journal of a folder. It refuses one of a job with other settings.
func (j Job) newKeeper(ctx context.Context, on Prepared, out *whole.Folder) (*keeper, error) {
	k := &keeper{job: j, on: on, folder: out, journal: out.Journal()}
	var err error
	if k.maps, err = j.maps(on.Problem); err != nil {
		return nil, err
	}
	if k.outputs, err = j.Activations(on.Problem); err != nil {
		return nil, err
	}
	if k.portion, err = portionOf(on); err != nil {
		return nil, err
	}
	images, size := k.outputs.N(), on.Problem.Src.N()
	if k.layout, err = chunked(j.Format, on.Problem, images).Layout(arrayName, k.outputs[:]...); err != nil {
		return nil, err
	}
	if k.now, err = j.settings(on); err != nil {
		return nil, err
	}
	k.chunks = make([]*chunk, (images+size-1)/size)
	if err := k.begin(); err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: whole.Unfinished(out.Path()), Err: err}
	}
	if k.file, err = out.Grow(); err != nil {
		return nil, err
	}
	if err := k.verify(ctx); err != nil {
		_ = k.file.Close()
		return nil, k.unfinishedWith(maps.Values(k.history.chunks), err)
	}
	return k, nil
}

// portionOf returns what is convolved at a time: a part of a chunk. A plan that cuts a chunk itself gets all of it: a
// GPU overlaps the transfers of its pieces.
func portionOf(on Prepared) (conv.Problem, error) {
	if d, ok := on.Plan.(conv.Describer); ok {
		if images := d.Describe().Chunk; 0 < images && images < on.Problem.Src.N() {
			return on.Problem, nil
		}
	}
	return batch.InChunk(on.Problem)
}

// begin reads the journal, or writes its first line. A power cut may take what it writes until a chunk counts.
func (k *keeper) begin() (err error) {
	job := begun{Schema: schema, Images: k.outputs.N(), Chunk: k.on.Problem.Src.N(), Settings: k.now,
		Each: shapeBytes(k.outputs, k.job.Format)}
	if len(k.journal.Lines) == 0 && k.journal.Changed == 0 {
		if err := k.add(entry{Job: &job}); err != nil {
			return err
		}
		k.history = &history{job: job, chunks: map[int]chunk{}}
	} else if k.history, err = readHistory(k.journal); err != nil {
		return err
	} else if err := differ(k.history.job.all(), job.all()); err != nil {
		return err
	}
	k.resumed.Processes = k.history.processes + 1
	return k.add(entry{Process: time.Now().UTC().Truncate(time.Millisecond)})
}

func (k *keeper) add(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return k.journal.Add(line)
}

// verify reads the chunks that the journal lists, on all cores, and takes those whose checksum is right.
func (k *keeper) verify(ctx context.Context) error {
	firsts := make([]int, 0, len(k.history.chunks))
	for first := range k.history.chunks {
		firsts = append(firsts, first)
	}
	slices.Sort(firsts)
	var next atomic.Int64
	group := parallel.NewGroup()
	for range min(runtime.GOMAXPROCS(0), len(firsts)) {
		group.Go(func() error {
			buffer := make([]byte, verifyBytes)
			for i := int(next.Add(1)) - 1; i < len(firsts); i = int(next.Add(1)) - 1 {
				c := k.history.chunks[firsts[i]]
				sum, err := k.sum(ctx, c, buffer)
				if err != nil {
					return err
				}
				if sum == c.CRC32C {
					k.chunks[c.First/k.on.Problem.Src.N()] = &c
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, first := range firsts {
		c := k.history.chunks[first]
		if k.chunks[c.First/k.on.Problem.Src.N()] == nil {
			k.resumed.Redone += c.Images
		}
	}
	k.resumed.Images = k.done()
	return nil
}

// verifyBytes is how many bytes of a chunk are read at a time.
const verifyBytes = 1 << 20

// sum returns the checksum of a chunk in the file. Bytes beyond the end of the file count as missing, so that the sum
// is wrong.
func (k *keeper) sum(ctx context.Context, c chunk, buffer []byte) (sum uint32, err error) {
	for _, p := range k.layout.Pieces(c.First, c.Images) {
		for left, at := p.Bytes, p.At; left > 0; {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			n, err := k.file.ReadAt(buffer[:min(left, int64(len(buffer)))], at)
			if err != nil && err != io.EOF {
				return ^c.CRC32C, nil // a part of the disk that cannot be read: write it again
			}
			if n == 0 {
				return ^c.CRC32C, nil
			}
			sum, left, at = whole.Checksum(sum, buffer[:n]), left-int64(n), at+int64(n)
		}
	}
	return sum, nil
}

// done returns how many images count.
func (k *keeper) done() (n int) {
	for _, c := range k.chunks {
		if c != nil {
			n += c.Images
		}
	}
	return n
}

// rest returns the chunks that do not count.
func (k *keeper) rest() []batch.Part {
	parts, size := []batch.Part{}, k.on.Problem.Src.N()
	for i, c := range k.chunks {
		if c == nil {
			parts = append(parts, batch.Part{First: i * size, N: min(size, k.outputs.N()-i*size)})
		}
	}
	return parts
}

// convolve does the rest of the job, completes the file, and writes the pictures and tables. w has the checker and the
// gallery.
func (k *keeper) convolve(ctx context.Context, w *watched) error {
	err := k.stream(ctx, w)
	if err != nil {
		_ = k.file.Close()
	}
	return err
}

func (k *keeper) stream(ctx context.Context, w *watched) (err error) {
	if k.job.Format.Kind == npy.NPY { // now and not at the end, so that the last sync is that of a chunk
		if _, err := k.layout.WriteFrame(k.file, make([]npy.Sums, k.layout.Regions())); err != nil {
			return err
		}
	}
	drawn := &examplesOf{Source: awaitedSource{k.job.Images, ctx}, gallery: w.gallery, begins: func(first int) error {
		if first%k.on.Problem.Src.N() != 0 {
			return nil
		}
		return k.add(entry{Begins: &first})
	}}
	job := batch.Job{Source: drawn, Problem: k.portion, Plan: awaitedPlan{k.on.Plan, ctx}, Parts: k.rest()}
	if w.painting != nil {
		job.Painting = drawn.painted(*w.painting)
	}
	if k.job.Progress != nil {
		job.Progress = func(done int) { k.job.Progress(k.resumed.Images + done) }
	}
	if k.job.Summary != nil {
		by, err := k.job.Summary.onDevice(k.on.Plan, k.on.Problem, w.painting)
		if err != nil {
			return err
		}
		defer by.close(ctx)
		w.stats.onDevice = by != nil
		job.Reduce = k.reduction(ctx, w, by)
	}
	written := k.newCounting()
	job.Sink = func(first int, src, dst *conv.Tensor) error {
		c, err := k.write(ctx, w, first, src, dst)
		if err != nil || c == nil {
			return err
		}
		return written.add(c)
	}
	w.stats.Stats, err = job.Run(ctx)
	if err == nil {
		err = drawn.until(k.outputs.N())
	}
	if err == nil {
		err = k.readShown(ctx, w.gallery)
	}
	if err != nil {
		return written.end(err)
	}
	return both(func() error {
		if err := written.end(nil); err != nil { // waits for the disk
			return err
		}
		return k.complete(w)
	}, func() (err error) {
		w.drawing, err = k.job.illustrate(ctx, k.on, k.folder, w.gallery)
		return err
	})
}

// complete adds up what all processes found, and commits the file.
func (k *keeper) complete(w *watched) error {
	sums := make([]npy.Sums, k.layout.Regions())
	w.check.result, w.check.images, w.check.sampled = compare.Result{}, 0, &sampled{rate: 1}
	w.stats.NotFinite = NotFinite{Outputs: k.maps[0] * k.maps[1] * k.maps[2] * k.maps[3]}
	if k.job.Summary != nil {
		w.stats.Numbers.Outputs = k.outputs[0] * k.outputs[1] * k.outputs[2] * k.outputs[3]
	}
	for _, c := range k.chunks {
		for i, p := range k.layout.Pieces(c.First, c.Images) {
			of := npy.Sums{CRC32C: c.CRC32C}
			if i < len(c.Pieces) {
				of = c.Pieces[i]
			}
			sums[p.Region].Join(of, p.Bytes)
		}
		w.stats.NotFinite.NaN += c.NaN
		w.stats.NotFinite.Infinite += c.Infinite
		w.stats.Numbers.NaN += c.Numbers.NaN
		w.stats.Numbers.Infinite += c.Numbers.Infinite
		w.stats.Overflown += c.Overflown
		w.check.result.Merge(c.Judged.result(), 0)
		w.check.images += c.Judged.Images
		w.check.sampled.add(c.Judged)
	}
	var to io.WriterAt
	if k.job.Format.Kind != npy.NPY {
		to = k.file
	}
	sum, err := k.layout.WriteFrame(to, sums)
	if err != nil {
		return err
	}
	return k.file.Commit(whole.Sum{Bytes: k.layout.Size(), CRC32C: fmt.Sprintf("%08x", sum)})
}

// readShown reads the activations that the pictures show from the file, so that pictures are the same however often the
// run was cut.
func (k *keeper) readShown(ctx context.Context, g *gallery) error {
	if k.job.Summary != nil {
		return k.convolveShown(ctx, g)
	}
	for row, n := range g.shown {
		image := g.activations.Images(row, row+1)
		at := k.layout.Pieces(n, 1)[0]
		r, err := npy.NewRaw(npy.Raw{Name: k.job.Format.Name(arrayName), Shape: image.Shape[:],
			DType: map[bool]string{false: "f4", true: "f2"}[k.job.Format.Half],
			Src:   io.NewSectionReader(k.file, at.At, at.Bytes)})
		if err != nil {
			return err
		}
		if err := r.Read(image.Data); err != nil {
			return err
		}
	}
	return nil
}

// unfinished adds to an error what is kept. If nothing is, or if the folder is gone, it returns err as it is.
func (k *keeper) unfinished(err error) error {
	return k.unfinishedWith(func(yield func(chunk) bool) {
		for _, c := range k.chunks {
			if c != nil && !yield(*c) {
				return
			}
		}
	}, err)
}

func (k *keeper) unfinishedWith(chunks iter.Seq[chunk], err error) error {
	path := k.folder.Path()
	if err == nil || !whole.IsUnfinished(path) {
		return err
	}
	u := Unfinished{Folder: whole.Unfinished(path), Of: k.outputs.N(), Chunk: k.on.Problem.Src.N()}
	u.Done, u.Gone = kept(chunks, shapeBytes(k.outputs, k.job.Format), path, k.job.ArrayName())
	if u.Done+u.Gone == 0 {
		return err
	}
	return &UnfinishedError{u, err}
}
