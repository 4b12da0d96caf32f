package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	if k.portion, err = batch.InChunk(on.Problem); err != nil {
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
		return nil, k.unfinishedAt(k.history.done(), err)
	}
	return k, nil
}

// begin reads the journal, or writes its first line.
func (k *keeper) begin() (err error) {
	job := begun{Schema: schema, Images: k.outputs.N(), Chunk: k.on.Problem.Src.N(), Settings: k.now}
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
	if err := k.add(entry{Process: time.Now().UTC().Truncate(time.Millisecond)}); err != nil {
		return err
	}
	return k.journal.Sync()
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

// writing is a chunk that is being written, portion by portion.
type writing struct {
	*chunk
	at      *places
	encoder *npy.Encoder
	before  tally
	found   NotFinite // in its maps
	numbers NotFinite // of a summary
}

// write writes and judges a portion. It returns its chunk once that is written, and nil before. The chunk does not count
// yet.
func (k *keeper) write(ctx context.Context, w *watched, first int, src, dst *conv.Tensor) (*chunk, error) {
	if first%k.on.Problem.Src.N() == 0 {
		k.writing = k.newWriting(w, first)
	}
	now := k.writing
	if err := k.put(ctx, w, now, first, src, dst); err != nil || first+src.Shape.N() < now.First+now.Images {
		return nil, err
	}
	return k.written(w, now)
}

// newWriting begins with a chunk.
func (k *keeper) newWriting(w *watched, first int) *writing {
	images := min(k.on.Problem.Src.N(), k.outputs.N()-first)
	now := &writing{chunk: &chunk{First: first, Images: images},
		at: &places{to: k.file, pieces: k.layout.Pieces(first, images), each: k.job.Format.Kind != npy.NPY}}
	now.encoder = k.job.Format.NewEncoder(now.at)
	if k.job.Summary == nil {
		now.before = w.check.tally()
	}
	return now
}

// put writes the outputs of a portion, and looks at its maps. Of a job with a summary the maps are gone, and were looked
// at before.
func (k *keeper) put(ctx context.Context, w *watched, now *writing, first int, src, dst *conv.Tensor) error {
	if k.job.Summary != nil {
		return put(now.encoder, dst, &now.numbers)
	}
	return inParts(w.check.atOnce(), first, src, dst, func(_ int, _, dst *conv.Tensor) error {
		return put(now.encoder, dst, &now.found)
	}, func(first int, src, dst *conv.Tensor) error {
		if err := w.gallery.look(first, src, dst); err != nil {
			return err
		}
		return w.check.look(ctx, first, src, dst)
	})
}

// written returns what the journal will say of a chunk. A wrong output is an error: the chunk does not count.
func (k *keeper) written(w *watched, now *writing) (c *chunk, err error) {
	c = now.chunk
	if k.job.Summary != nil {
		maps := k.reduced.take(c.First)
		now.found, c.Judged = maps.NotFinite, maps.judged
		c.Numbers = notFinite{now.numbers.NaN, now.numbers.Infinite}
	} else if c.Judged, err = w.check.judgement(now.before, c.Images); err != nil {
		return nil, err
	}
	c.At = time.Now().UTC().Truncate(time.Millisecond)
	c.CRC32C, c.Overflown, c.NaN, c.Infinite = now.at.sum, now.encoder.Overflown(), now.found.NaN, now.found.Infinite
	if now.at.each {
		c.Pieces = now.at.sums
	}
	return c, nil
}

// found is what the maps of a chunk have shown, before their numbers are written.
type found struct {
	NotFinite
	judged judgement
}

// places writes at places in the file, one after the other, and computes the checksums of what it writes.
type places struct {
	to     io.WriterAt
	pieces []npy.Piece
	each   bool       // whether sums are computed: a .npy needs none, and they cost a tenth of a second for 600 MB
	sums   []npy.Sums // of the pieces that are begun
	done   int64      // bytes written of the last of these
	sum    uint32     // of all
}

// Write implements [io.Writer].
func (p *places) Write(data []byte) (n int, err error) {
	for n < len(data) && err == nil {
		if len(p.sums) == 0 || p.done == p.pieces[len(p.sums)-1].Bytes {
			p.sums, p.done = append(p.sums, npy.Sums{}), 0
		}
		last := len(p.sums) - 1
		part := data[n:min(int64(len(data)), int64(n)+p.pieces[last].Bytes-p.done)]
		var wrote int
		wrote, err = p.to.WriteAt(part, p.pieces[last].At+p.done)
		p.sum = whole.Checksum(p.sum, part[:wrote])
		if p.each {
			p.sums[last].Add(part[:wrote])
		}
		n, p.done = n+wrote, p.done+int64(wrote)
	}
	return n, err
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
func (k *keeper) unfinished(err error) error { return k.unfinishedAt(k.done(), err) }

func (k *keeper) unfinishedAt(done int, err error) error {
	path := k.folder.Path()
	if err == nil || done == 0 || !whole.IsUnfinished(path) {
		return err
	}
	return &UnfinishedError{Unfinished{whole.Unfinished(path), done, k.outputs.N(), k.on.Problem.Src.N()}, err}
}
