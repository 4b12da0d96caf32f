package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"gpuconv/compare"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/whole"
)

// A run that keeps what it has done writes a journal. Each of its lines is an entry in JSON, with one of these fields.
type entry struct {
	Job     *begun    `json:"job,omitempty"`    // the first line
	Process time.Time `json:"process,omitzero"` // a process has started or gone on
	Begins  *int      `json:"begins,omitempty"` // the first image of a chunk that is begun
	Chunk   *chunk    `json:"chunk,omitempty"`  // a chunk that is safe on the disk
}

// begun says what the job is.
type begun struct {
	Schema   int       `json:"schema"`
	Images   int       `json:"images"`
	Chunk    int       `json:"images_in_a_chunk"`
	Each     int64     `json:"bytes_of_an_image,omitempty"` // of its activations in the file
	Settings []Setting `json:"settings"`
}

// all returns the settings, and how the job is cut into chunks: a journal can only continue with the same chunks.
func (b begun) all() []Setting {
	return append(slices.Clone(b.Settings), Setting{"images of the run", strconv.Itoa(b.Images)},
		Setting{"images in a chunk", strconv.Itoa(b.Chunk)})
}

// chunk is a range of images whose activations are on the disk, and what was found out about them.
type chunk struct {
	First  int    `json:"first"`
	Images int    `json:"images"`
	CRC32C uint32 `json:"crc32c"` // of the bytes of their activations in the file
	// if the file is an archive: the checksums of each contiguous part of these bytes
	Pieces    []npy.Sums `json:"pieces,omitempty"`
	NaN       int        `json:"nan,omitempty"`
	Infinite  int        `json:"infinite,omitempty"`
	Overflown int        `json:"overflown,omitempty"`
	Numbers   notFinite  `json:"numbers,omitzero"` // with a Summary: of the numbers of the maps
	At        time.Time  `json:"at"`               // when it was done
	Judged    judgement  `json:"judged,omitzero"`
}

// notFinite says how many of the numbers of a chunk are not finite.
type notFinite struct {
	NaN      int `json:"nan,omitempty"`
	Infinite int `json:"infinite,omitempty"`
}

// judgement is what comparing some outputs of a chunk with the reference has shown. None was wrong.
type judgement struct {
	Images   int          `json:"images"`
	Outputs  int          `json:"outputs"`
	Sampled  bool         `json:"sampled"` // single outputs were drawn with the seed, and not whole images judged
	Seed     uint64       `json:"seed,omitzero"`
	Rate     float64      `json:"rate"` // as sample.rate; for whole images 1 if all were judged, otherwise 0
	Warnings int          `json:"warnings"`
	BothNaN  int          `json:"both_nan"`
	BothInf  int          `json:"both_infinite"`
	MaxError param.Number `json:"max_error"`
	MaxRatio param.Number `json:"max_error_over_bound"`
	RMS      param.Number `json:"rms_error_over_max"`
	Largest  param.Number `json:"largest"`
	Worst    Worst        `json:"worst"` // where MaxRatio is
	Seconds  float64      `json:"seconds"`
}

func newJudgement(c *checker, all, images int, spent time.Duration) judgement {
	r := c.portion
	j := judgement{Images: images, Outputs: r.Elements, Warnings: r.Warnings, BothNaN: r.BothNaN,
		BothInf: r.BothInf, MaxError: param.Number(r.MaxError), MaxRatio: param.Number(r.MaxRatio),
		RMS: param.Number(r.RMS), Largest: param.Number(r.Largest), Worst: worstOf(r), Seconds: spent.Seconds()}
	switch {
	case c.sample != nil:
		j.Sampled, j.Seed, j.Rate = true, c.sample.seed, c.sample.rate
	case images == all:
		j.Rate = 1
	}
	return j
}

func (j judgement) result() compare.Result {
	return compare.Result{Elements: j.Outputs, Warnings: j.Warnings, BothNaN: j.BothNaN, BothInf: j.BothInf,
		MaxError: float64(j.MaxError), MaxRatio: float64(j.MaxRatio), RMS: float64(j.RMS), Largest: float64(j.Largest),
		Worst: j.Worst.Output, Got: float64(j.Worst.Got), Want: float64(j.Worst.Want), Limit: float64(j.Worst.Bound)}
}

// history is what the lines of a journal say.
type history struct {
	job       begun
	chunks    map[int]chunk // by their first image; the last line counts
	processes int
	started   time.Time // when the last process did
	since     int       // images that it has done since then
	last      time.Time // when it did the last of them, by the same clock
}

// readHistory reads the lines of a journal. It refuses one whose first line is not of a job of this version.
func readHistory(j *whole.Journal) (*history, error) {
	h := &history{chunks: map[int]chunk{}}
	if len(j.Lines) == 0 && j.Changed > 0 {
		return nil, errors.New("the journal's first line was changed: want a folder that gpuconv run " +
			"--resume wrote")
	}
	for i, line := range j.Lines {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("the journal's line %d: %w", i+1, err)
		}
		switch {
		case i == 0 && e.Job == nil:
			return nil, errors.New("the journal's first line was changed: want a folder that gpuconv run " +
				"--resume wrote")
		case e.Job != nil && e.Job.Schema != schema:
			return nil, fmt.Errorf("the journal's schema %d: want %d", e.Job.Schema, schema)
		case i == 0:
			h.job = *e.Job
		case !e.Process.IsZero():
			h.processes, h.started, h.since = h.processes+1, e.Process, 0
		case e.Chunk != nil && h.job.has(*e.Chunk):
			h.chunks[e.Chunk.First] = *e.Chunk
			h.since, h.last = h.since+e.Chunk.Images, e.Chunk.At
		}
	}
	return h, nil
}

// has reports whether c is one of the chunks of the job.
func (b begun) has(c chunk) bool {
	return c.First >= 0 && c.First < b.Images && b.Chunk > 0 && c.First%b.Chunk == 0 &&
		c.Images == min(b.Chunk, b.Images-c.First)
}

// arrayName returns the name of the file of activations.
func (h *history) arrayName() string {
	f := npy.Format{}
	for _, kind := range []npy.Kind{npy.NPZ, npy.Zarr} {
		if slices.Contains(h.job.Settings, Setting{"format", kind.String()}) {
			f.Kind = kind
		}
	}
	return f.Name(arrayName)
}

// kept is kept for the chunks of the history.
func (h *history) kept(path string) (done, gone int) {
	return kept(maps.Values(h.chunks), h.job.Each, path, h.arrayName())
}

// kept returns how many images of chunks are done in the folder that is kept for path. gone says how many are not: the
// file called name is gone, or too short for them. each is how many bytes of it an image takes, at least; 0 if that is
// not known. kept reads nothing of the file.
func kept(chunks iter.Seq[chunk], each int64, path, name string) (done, gone int) {
	size, known := whole.GrownSize(path, name)
	for c := range chunks {
		if known && float64(c.First+c.Images)*float64(max(1, each)) > float64(size) {
			gone += c.Images
		} else {
			done += c.Images
		}
	}
	return done, gone
}

// Unfinished says how far a run that keeps what is done has come.
type Unfinished struct {
	Folder   string // where it is kept
	Done, Of int    // images
	Gone     int    // images that are not done, although the journal lists them: their file is too short, or gone
	Chunk    int    // images in a chunk; the next process must have as many
}

// String says it in words.
func (u Unfinished) String() string {
	if u.Of == 0 { // its first line is not written
		return fault.Printable(u.Folder) + " is just begun"
	}
	text := fmt.Sprintf("%s has %d of %d images", fault.Printable(u.Folder), u.Done, u.Of)
	if u.Gone > 0 {
		text += fmt.Sprintf(": the file lacks %d that were done", u.Gone)
	}
	return text
}

// ReadUnfinished reads how far the run that writes the folder has come. Its process may be alive. It fails if
// nothing is kept, or if the journal is not one of a run.
func ReadUnfinished(ctx context.Context, folder string) (Unfinished, error) {
	u := Unfinished{Folder: whole.Unfinished(folder)}
	j, err := whole.ReadJournal(ctx, folder)
	if err != nil {
		return u, err
	}
	h, err := readHistory(j)
	if err != nil {
		return u, &fault.Error{Package: "experiment", Argument: u.Folder, Err: err}
	}
	u.Done, u.Gone = h.kept(folder)
	u.Of, u.Chunk = h.job.Images, h.job.Chunk
	return u, nil
}

// UnfinishedError is the error of a run that has stopped early, and keeps what is done.
type UnfinishedError struct {
	Unfinished
	Err error
}

// Error names the cause, and says what is kept.
func (e *UnfinishedError) Error() string { return e.Err.Error() + "; " + e.String() }

// Plain is the method that [fault.Plain] calls.
func (e *UnfinishedError) Plain() string { return fault.Plain(e.Err) + "; " + e.String() }

// Beside is the method that [fault.Beside] calls.
func (e *UnfinishedError) Beside(flag, value string) string {
	return fault.Beside(flag, value, e.Err) + "; " + e.String()
}

// Unwrap returns the cause.
func (e *UnfinishedError) Unwrap() error { return e.Err }

// Resumed says what former processes did for a run, in its report.
type Resumed struct {
	Images    int `json:"images"`    // done by former processes, and verified by their checksums
	Processes int `json:"processes"` // that worked on the run, including the last one
	// images that the journal lists, and that were not on the disk as they were written
	Redone int `json:"redone"`
}
