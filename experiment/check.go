package experiment

import (
	"context"
	"time"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// Checking says how much of the results is compared with the float64 reference. The zero value means nothing.
type Checking struct {
	// Sample judges single outputs, drawn at random from all images and channels and more densely at borders and seams.
	// A fault in one output of a thousand is then found with a probability of 99.9 %. It takes at most a tenth of the
	// job, or 0.2 s if that is more. If outputs are so costly that there is time for fewer, [Check].Finds says which
	// faults are found.
	Sample bool
	// Seed chooses the sample: another seed draws other outputs, and the same seed draws the same.
	Seed uint64
	// Images is how many of the images, spread evenly over the set, are judged with all of their outputs. A negative
	// number, or one above the number of images, means all. With Sample it is not used.
	Images int
}

// WrongError says that a backend's activations differ from the float64 reference's by more than rounding explains.
type WrongError struct{ Result compare.Result }

// Error says how many are wrong, and which is the worst.
func (e *WrongError) Error() string {
	return "experiment: the backend disagrees with the float64 reference: " + e.Result.String()
}

// checker compares some of a job's results with the float64 reference: whole images, or single outputs.
type checker struct {
	problem conv.Problem
	weight  *conv.Tensor
	bias    []float32    // nil if there is none
	wanted  batch.Spread // the numbers, in the whole job, of the images to judge
	group   int          // how many images are judged at once, at most
	sample  *sample      // if it is not nil, single outputs are judged
	pixels  pixels
	sampled *sampled // of a kept job: of all its processes together; nil otherwise

	description conv.Description // of the plan that is judged
	begin       func()           // is called before whole images are judged, which may take long; nil does nothing
	end         func()           // is called when those of a portion are judged

	images  int // judged so far, all or some of their outputs
	spent   time.Duration
	result  compare.Result
	portion compare.Result // of what was judged since it was last set to zero
}

// merge adds the result of images from first on.
func (c *checker) merge(result compare.Result, first int) {
	c.result.Merge(result, first)
	c.portion.Merge(result, first)
}

// judgeBytes is how many bytes of activations are judged at once, on all cores; a single larger image is judged alone.
// The judge takes four times as many bytes: for each activation of 4 bytes a float64 value, and the float64 sum of the
// magnitudes of its terms.
const judgeBytes = 4 << 20

// judged returns how many images the checker judges at once, at most. p's batch is a portion of the images.
func judged(p conv.Problem) int {
	dst, err := p.Dst()
	if err != nil {
		return 1
	}
	return max(1, min(p.Src.N(), int(judgeBytes/dst.Image().Bytes())))
}

// cached is how many bytes of images and maps are written, and then judged, at a time: about what the second cache of a
// core holds. Single outputs are judged at random places. If the memory has to deliver each, judging 4,000 gratings
// takes 145 ms of CPU time in place of 87 (perf).
const cached = 384 << 10

// atOnce returns how many images should be written, and then judged, at a time; 0 means a portion. Whole images are
// judged on all cores, so these should be many. The errors of transforms are compared with the largest output of a
// portion.
func (c *checker) atOnce() int {
	dst, err := c.problem.Dst()
	if err != nil || c.sample == nil || c.description.Tolerance != 0 {
		return 0
	}
	return max(1, int(cached/(c.problem.Src.Image().Bytes()+dst.Image().Bytes())))
}

// newChecker returns what checks a job of this many images. The caller must call close.
func newChecker(on Prepared, weight *conv.Tensor, bias []float32, images int, how Checking) (*checker, error) {
	c := &checker{problem: on.Problem, weight: weight, bias: bias, group: judged(on.Problem)}
	if d, ok := on.Plan.(conv.Describer); ok {
		c.description = d.Describe()
	}
	if !how.Sample {
		c.wanted = batch.NewSpread(how.Images, images)
		return c, nil
	}
	var err error
	c.sample, err = newSample(c, images, how.Seed)
	return c, err
}

// close frees what the judge holds.
func (c *checker) close() {
	if c.sample != nil {
		c.sample.judge.Close()
	}
}

// drawn says how single outputs of the job were drawn.
func (c *checker) drawn() sampled {
	switch {
	case c.sampled != nil:
		return *c.sampled
	case c.sample != nil:
		return sampled{true, c.sample.seed, c.sample.rate}
	}
	return sampled{}
}

// wants returns the outputs, as indices into the next look's dst, and the images that this look judges. outputs is the
// shape of dst.
func (c *checker) wants(first int, outputs conv.Shape) (single, whole []int) {
	if c.sample != nil {
		return c.sample.upcoming(first, outputs), nil
	}
	for i := range outputs.N() {
		if c.wanted.Holds(first + i) {
			whole = append(whole, i)
		}
	}
	return nil, whole
}

// look judges what is wanted of a portion. first is the number of the portion's first image.
func (c *checker) look(ctx context.Context, first int, src, dst *conv.Tensor) error {
	start := time.Now()
	defer func() { c.spent += time.Since(start) }()
	if c.sample != nil {
		return c.sample.look(ctx, first, src, dst) // stops soon after ctx is done: the caller then closes the judge
	}
	if images := c.images; c.end != nil {
		defer func() {
			if c.images > images {
				c.end()
			}
		}()
	}
	for lo := 0; lo < src.Shape.N(); {
		hi := lo
		for hi < src.Shape.N() && hi-lo < c.group && c.wanted.Holds(first+hi) {
			hi++
		}
		if hi == lo {
			lo++
			continue
		}
		if c.begin != nil {
			c.begin()
		}
		if err := c.pixels.need(src.Images(lo, hi), first+lo); err != nil {
			return err
		}
		if err := c.judge(ctx, first+lo, src.Images(lo, hi), dst.Images(lo, hi)); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

func (c *checker) judge(ctx context.Context, first int, src, dst *conv.Tensor) error {
	var result compare.Result
	asked := compare.Case{Name: "images", Problem: c.problem, Src: src, Weight: c.weight, Bias: c.bias}
	err := batch.Await(ctx, func() (err error) {
		answer, err := compare.NewAnswer(cpu.Reference{}, asked)
		if err == nil {
			result, err = answer.Compare(dst, c.description)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.merge(result, first)
	c.images += src.Shape.N()
	return nil
}

// tally says what was judged so far, and begins to count for a portion.
func (c *checker) tally() tally {
	c.portion = compare.Result{}
	return tally{c.images, c.spent}
}

// tally counts what is judged.
type tally struct {
	images int
	spent  time.Duration
}

// judgement returns what was judged of a portion of this many images, since the tally before it. A wrong output is an
// error.
func (c *checker) judgement(before tally, all int) (judgement, error) {
	if err := c.verdict(); err != nil {
		return judgement{}, err
	}
	return newJudgement(c, all, c.images-before.images, c.spent-before.spent), nil
}

// verdict returns an error if an output was wrong.
func (c *checker) verdict() error {
	if c.images > 0 && !c.result.OK() {
		return &WrongError{c.result}
	}
	return nil
}
