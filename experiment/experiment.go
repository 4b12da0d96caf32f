// Package experiment is the main job of gpuconv, without flags: it convolves a set of stimuli with a bank of filters,
// checks a sample of the results against the float64 reference, and writes a folder of results.
//
// A [Job] says which images are convolved with which filters. [Job.Run] does it on any [conv.Backend]. The folder holds
//
//	activations.npy   float32 [images, channels, rows, columns]
//	stimuli.csv       what each image is, a row for each
//	filters.csv       what each filter is
//	cells.csv         the filter, or the two filters, of each channel of activations.npy
//	values.csv        with a Summary: what each number of a map is
//	stimuli.png       five of the images, or all if there are fewer; the tutorial's gratings are in gratings.png
//	filters.png       the filters, at most 64
//	activations.png   the activations of the images in stimuli.png, of at most 12 channels
//	run.json          where the numbers come from, how long it took and how the sample compares
//
// Run returns what is in run.json as a [Report]. After a failure, an interrupt or a wrong result nothing is written,
// unless the folder is one that keeps unfinished work.
//
// [Stream] writes a file of activations alone, and [Draw] one of images.
package experiment

import (
	"gpuconv/conv"
	"gpuconv/figure"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// Job is a set of stimuli, a bank of filters, and how they are convolved.
type Job struct {
	Images stimuli.Set // its images have as many channels as the filters
	Bank   *Bank
	Spec   conv.Spec
	Bias   []float32 // one for each filter, or nil
	// Flip turns the filters by 180°: true convolution. Tables and pictures show them as they are in Bank.
	Flip  bool
	Check Checking
	// Summary says what is kept of each map of activations. nil keeps the maps.
	Summary Summary
	Format  npy.Format // of activations.npy; its Chunk and Axes are set by the job
	Look    Look
	Origin  Origin // copied into the report
	// Shard, if not nil, names the job that this is a part of: Images are some of its images.
	Shard *Shard
	// Chunks makes portions of one size, however many images there are, for a folder that is kept: see [batch.Chunk].
	Chunks bool
	Roof   *Roof // copied into the report
	// Progress, if not nil, is called after each portion of the images with the number of images that are done.
	Progress func(done int)
	// Phase, if not nil, is called with the name of what begins: [Convolving], [Judging] or [Drawing]. Convolving comes
	// again after Judging. With a Summary, Phase is never called with Judging.
	Phase func(name string)
}

// Shard is a part of a job, for machines that share it: see [Job.CutShard].
type Shard struct {
	Number int `json:"number"` // from 1
	Of     int `json:"of"`
	First  int `json:"first"`  // the number, in the whole job, of the shard's first image
	Images int `json:"images"` // of the whole job

	whole stimuli.Set
}

// The phases of a job. Phase is called with Judging only if whole images are judged, because a sample takes hardly any
// time.
const (
	Convolving = "convolving"
	Judging    = "checking against the reference"
	Drawing    = "drawing pictures"
)

func (j Job) phase(name string) {
	if j.Phase != nil {
		j.Phase(name)
	}
}

// Look says how the pictures of a job are drawn. The zero value suits any stimuli and filters.
type Look struct {
	// Gratings calls the picture of the stimuli gratings.png. Otherwise it is stimuli.png.
	Gratings bool
	// Drawn says in which colours and how large.
	Drawn figure.Look
	// Formats are those in which each picture is written, of [figure.Formats]; nil means PNG. If it is empty and not
	// nil, nothing is drawn.
	Formats []string
	// Show has the numbers of the images that the pictures show, at most 20. nil means five, which show as many values
	// of each parameter as five images can.
	Show []int
	// Limit is the activation at the ends of the colour scale, which shows −Limit … Limit. 0 means the largest finite
	// magnitude of an activation in the picture.
	Limit float64
}

// TutorialLimit is the [Look].Limit of the tutorial's own pictures. It suits the tutorial's gratings and filters.
const TutorialLimit = 3

// Pictures returns the file names of the pictures.
func (l Look) Pictures() (all []string) {
	for _, name := range []string{l.stimuli(), "filters", "activations"} {
		for _, format := range l.formats() {
			all = append(all, name+"."+format)
		}
	}
	return all
}

// stimuli is the name of the picture of stimuli.
func (l Look) stimuli() string {
	if l.Gratings {
		return "gratings"
	}
	return "stimuli"
}

func (l Look) formats() []string {
	if l.Formats == nil {
		return []string{"png"}
	}
	return l.Formats
}
