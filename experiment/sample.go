package experiment

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// A sample of n outputs, each drawn with the same probability, misses a fault in a share p of all outputs with the
// probability (1−p)ⁿ. With n = ln(0.001)/ln(0.999) = 6,905 outputs that is 0.001 for p = 0.001.
const (
	sampledOutputs = 8192    // judged at least, if the time allows it: more than 6,905
	sampledMACs    = 1 << 23 // or as many as take this many multiplications, about 40 ms, if those are more
	outputMACs     = 32      // the cost of an output beside its own multiplications, in multiplications
	missed         = 0.001
)

// The time that judging takes at most: a share of the time that the job has taken without it, or leastTime if that is
// more. Both are spread over the portions, so that the last images are judged as closely as the first.
const (
	shareOfJob = 0.1
	leastTime  = 200 * time.Millisecond
)

// All outputs of a job cost the same, so this cost decides how many are judged. Outputs are judged in blocks. The cost
// is the time per output of the fastest block: on a busy machine a block may have to wait, and then seems to cost more.
// The first blocks are small, and find the cost.
const (
	blockTime = 5 * time.Millisecond // about how long a block takes, at most
	probes    = 8                    // this many blocks are judged at first, even if outputs seem to be too costly
	probeTime = leastTime / 2        // but no further probe begins once blocks have taken this long
)

// sample judges single outputs of a job.
type sample struct {
	c      *checker
	judge  *compare.Sampling
	edges  edges
	seed   uint64
	random *rand.Rand
	images int     // of the job
	wanted float64 // how many outputs of each image are drawn with the same probability
	least  float64 // how many of each are judged before half of the time is kept for later images
	start  time.Time
	block  int           // how many outputs are judged at once
	blocks int           // judged so far
	each   float64       // seconds that an output costs
	waited time.Duration // how long all blocks took
	rate   float64       // the share of a portion's outputs that were drawn alike and judged; the lowest so far
	stage  stage
}

// stage is the portion that is judged at present. It may come in pieces.
type stage struct {
	drawing
	first, images int     // of the portion
	next          int     // the number of the image that is judged next
	allowed       float64 // seconds that all judging may have taken at the end of the portion
	before, least int     // how many outputs were judged before, and how many of these should be in any case
	cut           int     // the outputs before this one in the order of drawing were judged, in the pieces so far
}

// newSample prepares to judge outputs of a job of this many images.
func newSample(c *checker, images int, seed uint64) (*sample, error) {
	dst, err := c.problem.Dst()
	if err != nil {
		return nil, err
	}
	one := c.problem
	one.Src = one.Src.Image()
	each := 4*one.MACs()/dst.Image().Bytes() + outputMACs
	s := &sample{c: c, edges: newEdges(c.problem, dst, c.description),
		seed: seed, random: rand.New(rand.NewPCG(seed, 20)),
		images: max(1, images), start: time.Now(), block: runtime.GOMAXPROCS(0), rate: 1}
	s.least = sampledOutputs / float64(s.images)
	s.wanted = math.Max(s.least, sampledMACs/each/float64(s.images))
	s.judge, err = compare.NewSampling(cpu.Reference{}, compare.Case{Name: "images", Problem: c.problem,
		Weight: c.weight, Bias: c.bias})
	return s, err
}

// look judges a sample of a portion of the images, or of the next images of a portion.
func (s *sample) look(ctx context.Context, first int, src, dst *conv.Tensor) error {
	s.begin(first, dst.Shape)
	outputs, order := s.stage.take(first-s.stage.first, src.Shape.N())
	s.stage.next += src.Shape.N()
	if len(outputs) > 0 {
		if err := s.compare(ctx, first, src, dst, outputs, order); err != nil {
			return err
		}
	}
	if s.stage.next == s.stage.first+s.stage.images {
		s.rate = math.Min(s.rate, s.stage.rate())
		s.stage = stage{}
	}
	return nil
}

// begin draws outputs of the portion that begins with image first, unless this image continues a portion. outputs is
// the shape of the outputs of its first piece.
func (s *sample) begin(first int, outputs conv.Shape) {
	if s.stage.images > 0 && s.stage.next == first {
		return
	}
	n := min(s.c.problem.Src.N(), s.images-first)
	d := s.draw(outputs.WithN(n))
	s.stage = stage{drawing: d, first: first, next: first, images: n,
		allowed: s.allowed(first+n, time.Now()).Seconds(), before: s.c.result.Elements,
		least: d.upTo(int(math.Ceil(s.least * float64(n)))), cut: len(d.outputs)}
}

// upcoming returns the outputs that the next look may judge, in ascending order, as indices into its dst. outputs is
// the shape of dst.
func (s *sample) upcoming(first int, outputs conv.Shape) []int {
	s.begin(first, outputs)
	all, _ := s.stage.take(first-s.stage.first, outputs.N())
	slices.Sort(all)
	return slices.Compact(all)
}

// compare judges outputs of a portion, or of a piece of one, until there is no more time. order says where each was
// drawn, and ascends.
func (s *sample) compare(ctx context.Context, first int, src, dst *conv.Tensor, outputs, order []int) error {
	judged, err := s.judge.Batch(src, dst, s.c.description)
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for len(outputs) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := s.next(order)
		if n == 0 {
			s.stage.cut = min(s.stage.cut, order[0])
			break
		}
		begun := time.Now()
		for _, output := range outputs[:n] {
			if i := output / s.stage.image; !seen[i] {
				if err := s.c.pixels.need(src.Images(i, i+1), first+i); err != nil {
					return err
				}
				seen[i] = true
			}
		}
		result, err := judged.Compare(outputs[:n])
		if err != nil {
			return err
		}
		s.c.merge(result, first)
		outputs, order = outputs[n:], order[n:]
		s.pace(n, time.Since(begun))
	}
	s.c.images += len(seen)
	return nil
}

// next returns how many of the next outputs to judge at once; 0 if there is no time for them. order says where each was
// drawn. Until the cost of an output is known there is time: see probes.
func (s *sample) next(order []int) int {
	n := min(s.block, len(order))
	if s.blocks == 0 || s.blocks < probes && s.waited < probeTime {
		return n
	}
	at, _ := slices.BinarySearch(order[:n], s.stage.limit(s.each))
	return at
}

// limit returns how many of the portion's drawn outputs there is time for, if each takes so many seconds. Once the
// least are judged, half of the allowed time is kept for later portions. All pieces have the same limit, except that it
// may rise when outputs turn out to cost less: so the outputs of each are judged with the same probability.
func (t *stage) limit(each float64) int {
	all := t.allowed/max(each, 1e-12) - float64(t.before)
	half := t.allowed/2/max(each, 1e-12) - float64(t.before)
	return int(min(max(half, min(all, float64(t.least)), 0), float64(len(t.outputs))))
}

// rate returns the share of the portion's outputs that were drawn alike and judged, whichever piece they are in.
func (t *stage) rate() float64 {
	alike := 0
	for _, yes := range t.alike[:t.cut] {
		if yes {
			alike++
		}
	}
	return float64(alike) / float64(t.images*t.image)
}

// allowed returns how long all judging may have taken when this many images are done.
func (s *sample) allowed(done int, now time.Time) time.Duration {
	job := now.Sub(s.start) - s.c.spent
	least := float64(leastTime) * float64(done) / float64(s.images)
	return time.Duration(math.Max(shareOfJob*float64(job), least))
}

// pace learns from a block of n outputs, and chooses the size of the next.
func (s *sample) pace(n int, took time.Duration) {
	each := took.Seconds() / float64(n)
	if s.blocks == 0 || each < s.each {
		s.each = each
	}
	s.blocks, s.waited = s.blocks+1, s.waited+took
	s.block = min(max(int(blockTime.Seconds()/math.Max(each, 1e-9)), 1), 2*n+runtime.GOMAXPROCS(0))
}

// drawing holds the outputs that are drawn from a portion, in the order in which they are judged.
type drawing struct {
	outputs []int  // indices into the portion's outputs
	image   int    // how many outputs an image has
	alike   []bool // of each, whether it was drawn with the same probability as any other, and not at an edge
	order   []int  // indices into outputs, image by image
	begin   []int  // of each image, and of one after the last: where in order its outputs begin
}

// add adds an output.
func (d *drawing) add(output int, alike bool) {
	d.outputs, d.alike = append(d.outputs, output), append(d.alike, alike)
}

// sort finds the outputs of each of the images.
func (d *drawing) sort(images int) {
	d.order, d.begin = make([]int, len(d.outputs)), make([]int, images+1)
	for _, output := range d.outputs {
		d.begin[output/d.image+1]++
	}
	for i := range images {
		d.begin[i+1] += d.begin[i]
	}
	next := slices.Clone(d.begin)
	for i, output := range d.outputs {
		at := &next[output/d.image]
		d.order[*at] = i
		*at++
	}
}

// take returns the outputs of n images from image first on, with indices that begin at image first, and where each was
// drawn. They are in the order in which they were drawn.
func (d *drawing) take(first, n int) (outputs, order []int) {
	order = slices.Clone(d.order[d.begin[first]:d.begin[min(first+n, len(d.begin)-1)]])
	slices.Sort(order)
	for _, i := range order {
		outputs = append(outputs, d.outputs[i]-first*d.image)
	}
	return outputs, order
}

// upTo returns how many outputs were drawn up to the nth that was drawn with the same probability as any other.
func (d *drawing) upTo(n int) int {
	for i, alike := range d.alike {
		if n == 0 {
			return i
		}
		if alike {
			n--
		}
	}
	return len(d.alike)
}

// One in atEdges outputs is drawn at a border or a seam.
const atEdges = 4

// draw draws outputs of a portion of this shape. If as many are wanted as there are, it returns all in a random order.
func (s *sample) draw(shape conv.Shape) drawing {
	d := s.drawAny(shape)
	d.sort(shape.N())
	return d
}

func (s *sample) drawAny(shape conv.Shape) drawing {
	all := shape[0] * shape[1] * shape[2] * shape[3]
	d := drawing{image: all / shape.N()}
	wanted := int(math.Ceil(s.wanted * float64(shape.N())))
	if wanted >= all {
		for _, output := range s.random.Perm(all) {
			d.add(output, true)
		}
		return d
	}
	for drawn := 0; drawn < wanted; {
		if len(d.outputs)%atEdges == atEdges-1 {
			d.add(s.edges.draw(s.random, shape), false)
			continue
		}
		d.add(s.random.IntN(all), true)
		drawn++
	}
	return d
}

// sampled says how single outputs of a job were drawn. Processes that judged parts of the job may have drawn them in
// different ways, or judged whole images.
type sampled struct {
	any  bool    // single outputs were drawn for at least one part
	seed uint64  // of the last such part
	rate float64 // the lowest rate of all parts: see judgement
}

// add adds a part.
func (s *sampled) add(j judgement) {
	if j.Sampled {
		s.any, s.seed = true, j.Seed
	}
	s.rate = min(s.rate, j.Rate)
}

// finds returns the smallest share of wrong outputs that the sample misses with a probability of 0.001 at most. It is 0
// if every output was judged, and 1 if the sample is so small that it would be sure to find only a job whose outputs
// are all wrong.
func (s sampled) finds(outputs float64) float64 {
	if s.rate >= 1 {
		return 0
	}
	return 1 - math.Pow(missed, 1/math.Max(s.rate*outputs, 1e-9))
}
