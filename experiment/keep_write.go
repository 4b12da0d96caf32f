package experiment

import (
	"context"
	"io"
	"time"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/whole"
)

// A chunk of a kept job is written portion by portion, and judged on the way.

// writing is a chunk that is being written, portion by portion.
type writing struct {
	*chunk
	at      *places
	encoder *npy.Encoder
	before  tally
	found   NotFinite // in its maps
	numbers NotFinite // of a summary
}

// write writes and judges a portion. It returns its chunk once that is written, and nil before. The chunk does not
// count yet.
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

// put writes the outputs of a portion, and looks at its maps. Of a job with a summary the maps are gone, and were
// looked at before.
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
