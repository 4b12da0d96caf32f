package experiment

import (
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/npy"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// large makes the job of keep one of images so large that a chunk of 7 of them, 26 MB, has portions of 3, 3 and 1.
func large(t *testing.T, j *Job, on *Prepared) {
	t.Helper()
	*j = tutorial(t, stimuli.NMA{Resolution: 1}, "0:90:3", filters.NMA{Channels: 2, Size: 3})
	j.Check, j.Look.Formats = Checking{Sample: true, Seed: 3}, []string{}
	*on = prepared(t, *j, 7)
	p, err := batch.InChunk(on.Problem)
	if err != nil || p.Src.N() != 3 {
		t.Fatalf("%d images in a portion of a chunk, %v, want 3", p.Src.N(), err)
	}
}

// TestKeepPortions: a chunk of several portions counts once all of them are written and judged. The file has the bytes
// of a run that was not cut, wherever it is cut.
func TestKeepPortions(t *testing.T) {
	for name, change := range map[string]func(j *Job, on *Prepared){
		"maps":    func(j *Job, on *Prepared) { large(t, j, on) },
		"zarr":    func(j *Job, on *Prepared) { large(t, j, on); j.Format.Kind = npy.Zarr },
		"numbers": func(j *Job, on *Prepared) { large(t, j, on); j.Summary = Summary{{Kind: Mean}, {Kind: Max}} },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			if err := cutAfter(t, path, 10, change); err == nil { // the first portion of the second chunk
				t.Fatal("not cut")
			}
			for _, c := range chunksOf(t, path) {
				if c.Images != min(7, 30-c.First) || c.Judged.Images < 4 || c.Judged.Outputs < 1000 {
					t.Errorf("a chunk %+v", c)
				}
			}
			var done []int
			r, err := keep(t, t.Context(), path, func(j *Job, on *Prepared) {
				change(j, on)
				j.Progress = func(images int) { done = append(done, images) }
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := []int{r.Resumed.Images + 3, r.Resumed.Images + 6, r.Resumed.Images + 7}; !slices.Equal(done[:3],
				want) {
				t.Errorf("%d images are done, want %d", done[:3], want)
			}
			if r.Resumed.Images == 0 || r.Resumed.Images%7 != 0 || r.Resumed.Redone > 0 || r.InMemory != 3 ||
				r.Check.Outputs < 8000 {
				t.Errorf("%+v, check %+v, %d images at a time", r.Resumed, r.Check, r.InMemory)
			}
			sameFiles(t, path, plain(t, change))
		})
	}
}

// TestKeepCounts: values that are not finite, and those that float16 cannot hold, are counted as in a run that was not
// cut.
func TestKeepCounts(t *testing.T) {
	for name, summary := range map[string]Summary{"maps": nil, "numbers": {{Kind: Max}}} {
		t.Run(name, func(t *testing.T) {
			change := func(j *Job, on *Prepared) {
				large(t, j, on)
				j.Summary, j.Format.Half, j.Check = summary, true, Checking{}
				on.Plan = altered{on.Plan, func(dst *conv.Tensor) error {
					for n := range dst.Shape.N() {
						dst.Plane(n, 0)[0], dst.Plane(n, 1)[1] = float32(math.NaN()), float32(math.Inf(1))
						dst.Plane(n, 1)[2] = 1e6
					}
					return nil
				}}
			}
			var j Job
			var on Prepared
			change(&j, &on)
			want, err := j.RunOn(t.Context(), on, folder(t))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "out")
			if err := cutAfter(t, path, 10, change); err == nil {
				t.Fatal("not cut")
			}
			r, err := keep(t, t.Context(), path, change)
			if err != nil {
				t.Fatal(err)
			}
			if r.NotFinite != want.NotFinite || r.Numbers != want.Numbers || r.Overflown != want.Overflown ||
				r.NaN != 30 || r.Infinite != 30 {
				t.Errorf("%+v, %+v, %d overflown, want %+v, %+v, %d", r.NotFinite, r.Numbers, r.Overflown,
					want.NotFinite, want.Numbers, want.Overflown)
			}
		})
	}
}

// TestKeepPortionOf: a plan that cuts a chunk into pieces, which overlap in time on a GPU, is not given parts of it.
func TestKeepPortionOf(t *testing.T) {
	p := conv.Problem{Spec: conv.Spec{Padding: conv.Pad(3, 3)}, Src: conv.Shape{341, 1, 48, 64},
		Weight: conv.Shape{6, 1, 7, 7}}
	for plan, want := range map[conv.Plan]int{nil: 114, described{}: 114, described{chunk: 341}: 114,
		described{chunk: 340}: 341, described{chunk: 86}: 341} {
		if got, err := portionOf(Prepared{Problem: p, Plan: plan}); err != nil || got != (conv.Problem{Spec: p.Spec,
			Src: p.Src.WithN(want), Weight: p.Weight}) {
			t.Errorf("%+v: %v, %v, want %d images", plan, got.Src, err, want)
		}
	}
}

// described is a plan that computes this many images at a time.
type described struct {
	conv.Plan
	chunk int
}

func (d described) Describe() conv.Description { return conv.Description{Chunk: d.chunk} }

// chunksOf reads the chunks that a journal lists.
func chunksOf(t *testing.T, path string) (chunks []chunk) {
	t.Helper()
	j, err := whole.ReadJournal(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	begun := map[int]bool{}
	for _, line := range j.Lines {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Begins != nil {
			if begun[*e.Begins] || *e.Begins%7 != 0 {
				t.Errorf("a chunk begins at image %d, again: %v", *e.Begins, begun[*e.Begins])
			}
			begun[*e.Begins] = true
		}
		if e.Chunk != nil {
			chunks = append(chunks, *e.Chunk)
		}
	}
	return chunks
}
