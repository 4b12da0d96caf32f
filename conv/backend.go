package conv

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Backend prepares convolutions. Plan prepares the convolution that p describes. weight has the shape p.Weight. bias is
// nil if p.Bias is false; otherwise it has one value per filter. Plan copies what it needs of weight and bias: the
// caller may change them afterwards.
//
// Plan reports a [*ShapeError] for arguments that break a rule, and an error that wraps [ErrUnsupported] for a problem
// that it cannot compute. Several goroutines may share a Backend.
type Backend interface {
	Plan(p Problem, weight *Tensor, bias []float32) (Plan, error)
}

// Plan is a prepared convolution.
//
// Run computes dst from src. src has the shape of the problem's Src, with any batch up to its N. dst has the shape of
// the problem's Dst, with the same batch. Run never changes src. After an error the contents of dst are undefined, and
// the plan stays usable, unless the error wraps [ErrLost]. Several goroutines may call Run of one plan; they take
// turns.
//
// Close releases what the plan holds. Closing twice is harmless. Run after Close reports [ErrClosed].
type Plan interface {
	Run(dst, src *Tensor) error
	Close() error
}

// Describer is implemented by plans that can say how they compute.
type Describer interface {
	Describe() Description
}

// Explainer is implemented by backends that can say how they would compute a problem, before they allocate or compile
// anything. Explain refuses the problems that Plan refuses, with the same errors. The plan may still compute in another
// way if that suits its weights better; its own description then says why.
type Explainer interface {
	Explain(p Problem) (Description, error)
}

// Forecaster is implemented by backends whose choice of algorithm depends on the number of images. Expecting returns a
// backend that does what this one does, for a job of that many images, counted over all batches. If the images are few,
// its plans may use an algorithm that costs less to prepare and more to run. Without Expecting, a backend makes plans
// that suit many runs.
type Forecaster interface {
	Expecting(images int) Backend
}

// Expecting returns b.Expecting(images) if b is a [Forecaster], otherwise b itself. images is the number over all
// batches.
func Expecting(b Backend, images int) Backend {
	if f, ok := b.(Forecaster); ok {
		return f.Expecting(images)
	}
	return b
}

// Description says which algorithm a plan uses and why.
type Description struct {
	Algorithm string     // its name, as the flag --algorithm takes it
	Tile      string     // how the algorithm cuts the work; "" if it has only one way
	Tuned     string     // when and by how much this choice was measured to be the fastest; "" if it was not measured
	Warning   string     // what the backend ignored, such as the result of a measurement, and why
	Sources   []string   // the full text of each shader that is compiled; empty on a CPU
	Chunk     int        // the most images in one submission to the device, or the most bands if images are cut
	Band      int        // output rows of each band if images are cut into bands; 0 if images stay whole
	Memory    int        // bytes that a plan holds, on the device if it uses one
	Repeated  int        // filters that are not computed, because they are copies or negatives of others
	Rejected  []Rejected // every other algorithm, with the reason why it was not taken
	// Tolerance is 0 for an algorithm that adds up the products themselves, in any order: its outputs keep the error
	// bound of sums (see Bound), and sums of integers are exact as long as they stay within ±2²⁴. For an algorithm that
	// works with transforms (Winograd, FFT), Tolerance is the RMS error (root mean square, over all outputs of a run)
	// that is allowed, taken from measurements. A backend chooses such an algorithm by itself only with the precision
	// [Fast]. The unit of Tolerance is the largest magnitude of an output, or the largest pixel times the largest norm
	// of a filter (the root of the sum of its squared weights) if that is more.
	Tolerance float64
	// Bound limits the error of each output to Bound·γₙ·A. A = Σ|x||w| + |b| is the magnitude of the output's sum. γₙ =
	// n·u/(1−n·u), with u = 2⁻²⁴, bounds the rounding error of a sum of n terms, relative to A. A Bound of 0 means 1,
	// the error bound of sums. An algorithm that works with transforms and checks its errors may state a Bound above 1,
	// such as 4, instead of a Tolerance. Such an algorithm must be exact wherever plain sums are exact, as with small
	// integers.
	Bound float64
}

// ShaderHash returns the SHA-256 of all Sources, joined in order, in hexadecimal. It is "" if there are none.
func (d Description) ShaderHash() string {
	if len(d.Sources) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(d.Sources, "")))
	return hex.EncodeToString(sum[:])
}

// Rejected names an algorithm that was not chosen.
type Rejected struct {
	Algorithm string
	Reason    error
}

// Cutter is implemented by backends that can cut images into bands of rows. By themselves they cut only images that are
// too large for them. InBands returns a backend that cuts every image into bands of that many output rows, at least 1.
// Its plans compute the same outputs. Tests use it to find errors where two bands meet.
type Cutter interface {
	InBands(rows int) Backend
}

// Compiler is implemented by plans that can say how long their programs took to compile.
type Compiler interface {
	Compiled() Compiled
}

// Compiled is the part of Plan's time that went into compiling. Run compiles nothing.
type Compiled struct {
	Took time.Duration
	Kept bool // whether the programs were stored, so that the next process need not compile them
}

// Checker is implemented by backends that compile programs. Check compiles those that compute p and runs none. If one
// does not compile, its error is a [SourceError]. Some drivers finish compiling at the first run: there Check takes
// much less time than a plan.
type Checker interface {
	Check(p Problem) error
}

// Timer is implemented by plans that can say how long their Runs have taken so far, in total, by phase.
type Timer interface {
	Timings() Timings
}

// Phaser is implemented by plans that can run one phase at a time. RunPhases computes the same bits as Run, but waits
// between upload, computation and readback of each chunk, so that nothing overlaps. It returns the times of this run.
// They are longer than those of Run where Run overlaps phases.
type Phaser interface {
	RunPhases(dst, src *Tensor) (Timings, error)
}

// Timings are totals over Runs of a plan.
//
// Upload, Kernel and Readback are wall-clock times that do not overlap. During Upload the program handed images to the
// device. During Kernel it gave the device work and waited for it. During Readback it fetched outputs. Where chunks
// overlap, the device may do something else meanwhile: only a [Phaser] separates the phases. A phase that does not take
// place is 0, for instance where shaders work in the caller's memory.
//
// Device has the times by the device's own clock (OpenGL's timer queries), if it has one. There, 0 means unknown. If
// reading that clock is slow, only RunPhases reads it.
type Timings struct {
	Upload, Kernel, Readback time.Duration
	Device                   Phases
}

// Phases holds one time for each phase of a Run.
type Phases struct {
	Upload, Kernel, Readback time.Duration
}

// Sub returns t − u: what was spent between two calls of Timings.
func (t Timings) Sub(u Timings) Timings {
	return Timings{
		Upload: t.Upload - u.Upload, Kernel: t.Kernel - u.Kernel, Readback: t.Readback - u.Readback,
		Device: Phases{
			Upload: t.Device.Upload - u.Device.Upload, Kernel: t.Device.Kernel - u.Device.Kernel,
			Readback: t.Device.Readback - u.Device.Readback,
		},
	}
}

// Submitter is implemented by plans that can compute batches while the caller does something else. The transfers of one
// batch then overlap the arithmetic of another.
//
// Submit takes dst and src as Run does. It reports wrong arguments at once, and returns before the batch is computed.
// Until Wait has returned, src must not change, but may be read, also by other submissions. Until then dst belongs to
// the plan and must not even be read. Any number of batches may be submitted. The plan computes them in order, as many
// at once as it has buffers for. A batch that waits for its turn occupies no memory but its tensors. Run joins the same
// queue. Several goroutines may submit.
//
// An error concerns its own submission only, like an error of Run. Close ends the submissions that are not done: their
// Wait reports [ErrClosed], and dst belongs to the caller again.
type Submitter interface {
	Submit(dst, src *Tensor) (Pending, error)
}

// Pending is a batch that was submitted.
//
// Wait returns when the batch is done, and reports what Run would have reported. It may be called in any order,
// repeatedly and from several goroutines. The batch is computed even if nobody waits.
type Pending interface {
	Wait() error
}

// Oracle is implemented by plans that can compute in float64, so that others can be judged. src is as for Run. value
// and magnitude each have one element for every output, in the order of dst. RunFloat64 stores the output in value. In
// magnitude it stores A, on which error bounds depend: A = Σ|x||w| + |b| for a sum, √(A₁²+A₂²) for the energy of sums
// with A₁ and A₂. For a pooled output, A is the largest A in its window (max) or the mean of them (avg).
type Oracle interface {
	RunFloat64(value, magnitude []float64, src *Tensor) error
}

// Sampler is an [Oracle] that also computes single outputs, without the rest.
//
// SampleFloat64 stores in value and magnitude, for each element of outputs, what RunFloat64 would store for that
// output. An element of outputs is an index into dst.Data, for src's batch.
type Sampler interface {
	Oracle
	SampleFloat64(value, magnitude []float64, src *Tensor, outputs []int) error
}
