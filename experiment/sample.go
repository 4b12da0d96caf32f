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
	least  float64 // how many of these are judged before half of the time is kept for later images
	start  time.Time
	block  int           // how many outputs are judged at once
	blocks int           // judged so far
	each   float64       // seconds that an output costs
	waited time.Duration // how long all blocks took
	rate   float64       // the share of a portion's outputs that were drawn alike and judged; the lowest so far

	// Of the present portion so far, which may come in pieces:
	alike, outputs, done int     // outputs drawn alike (with the same probability) and judged, all outputs, images
	portion              drawing // what was drawn of its images
	drawn                bool    // the present portion's outputs were drawn
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
	s.drawPortion(first, dst.Shape)
	drawn := s.portion.take(s.done, src.Shape.N())
	s.done += src.Shape.N()
	s.outputs += len(dst.Data)
	if len(drawn.outputs) > 0 {
		if err := s.compare(ctx, first, src, dst, drawn); err != nil {
			return err
		}
	}
	if next := first + src.Shape.N(); next == s.images || next%s.c.problem.Src.N() == 0 {
		s.rate = math.Min(s.rate, float64(s.alike)/float64(s.outputs))
		s.alike, s.outputs, s.done, s.drawn = 0, 0, 0, false
	}
	return nil
}

// drawPortion draws outputs of the portion that begins with image first, if that has not happened.
func (s *sample) drawPortion(first int, outputs conv.Shape) {
	if !s.drawn {
		s.portion, s.drawn = s.draw(outputs.WithN(min(s.c.problem.Src.N(), s.images-first))), true
	}
}

// upcoming returns the outputs that the next look may judge, in ascending order, as indices into its dst. outputs is
// the shape of dst.
func (s *sample) upcoming(first int, outputs conv.Shape) (all []int) {
	s.drawPortion(first, outputs)
	all = slices.Clone(s.portion.take(s.done, outputs.N()).outputs)
	slices.Sort(all)
	return slices.Compact(all)
}

// compare judges what was drawn of a portion, or of a piece of one, until there is no more time.
func (s *sample) compare(ctx context.Context, first int, src, dst *conv.Tensor, drawn drawing) error {
	allowed := s.allowed(first+src.Shape.N(), time.Now())
	judged, err := s.judge.Batch(src, dst, s.c.description)
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for at := 0; at < len(drawn.outputs); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(s.block, len(drawn.outputs)-at)
		if s.late(n, allowed, float64(s.alike) >= s.least*float64(s.done)) {
			break
		}
		begun := time.Now()
		outputs := drawn.outputs[at : at+n]
		for _, output := range outputs {
			if i := output / drawn.image; !seen[i] {
				if err := s.c.pixels.need(src.Images(i, i+1), first+i); err != nil {
					return err
				}
				seen[i] = true
			}
		}
		result, err := judged.Compare(outputs)
		if err != nil {
			return err
		}
		s.c.merge(result, first)
		for i := range outputs {
			if drawn.alike[at+i] {
				s.alike++
			}
		}
		at += n
		s.pace(n, time.Since(begun))
	}
	s.c.images += len(seen)
	return nil
}

// late reports whether n more outputs cost more than is allowed. Once enough outputs of a portion are judged, half of
// the allowed time is kept for later portions. The first blocks are not late: see probes.
func (s *sample) late(n int, allowed time.Duration, enough bool) bool {
	if enough {
		allowed /= 2
	}
	if s.blocks == 0 || s.blocks < probes && s.waited < probeTime {
		return false
	}
	return s.each*float64(s.c.result.Elements+n) > allowed.Seconds()
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

// take returns the outputs of n images from image first on, with indices that begin at image first. If these are all
// images, the outputs are in the order in which they were drawn.
func (d *drawing) take(first, n int) drawing {
	if first == 0 && n == len(d.begin)-1 {
		return *d
	}
	taken := drawing{image: d.image}
	for _, i := range d.order[d.begin[first]:d.begin[min(first+n, len(d.begin)-1)]] {
		taken.add(d.outputs[i]-first*d.image, d.alike[i])
	}
	return taken
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
