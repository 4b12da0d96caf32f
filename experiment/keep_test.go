package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/filters"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// keep runs a job of 30 images in chunks of 7, in a folder that is kept. change changes the job before.
func keep(t *testing.T, ctx context.Context, path string, change func(j *Job, on *Prepared)) (*Report, error) {
	t.Helper()
	j := small(t)
	if !strings.HasPrefix(t.Name(), "TestKeep/float") { // pictures take most of the time
		j.Look.Formats = []string{}
	}
	on := prepared(t, j, 7)
	if change != nil {
		change(&j, &on)
	}
	out, err := whole.Options{NoSync: true}.KeepFolder(path, j.ArrayName())
	if err != nil {
		t.Fatal(err)
	}
	defer out.Discard()
	return j.RunOn(ctx, on, out)
}

// cutAfter runs the job until this many images are done, and then interrupts it.
func cutAfter(t *testing.T, path string, images int, change func(j *Job, on *Prepared)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := keep(t, ctx, path, func(j *Job, on *Prepared) {
		if change != nil {
			change(j, on)
		}
		j.Progress = func(done int) {
			if done >= images {
				cancel()
			}
		}
	})
	return err
}

// sameFiles compares all files of two folders but run.json.
func sameFiles(t *testing.T, got, want string) {
	t.Helper()
	entries, err := os.ReadDir(want)
	if err != nil || len(entries) < 5 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		picture := filepath.Ext(e.Name()) == ".png" && !strings.HasPrefix(t.Name(), "TestKeep/float")
		if e.Name() == reportName || picture {
			continue
		}
		a, err := os.ReadFile(filepath.Join(got, e.Name()))
		b, wantErr := os.ReadFile(filepath.Join(want, e.Name()))
		if err != nil || wantErr != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v %v", e.Name(), err, wantErr)
		}
	}
}

// plain runs the job at once, in a folder that is not kept.
func plain(t *testing.T, change func(j *Job, on *Prepared)) string {
	t.Helper()
	j := small(t)
	on := prepared(t, j, 7)
	if change != nil {
		change(&j, &on)
	}
	out := folder(t)
	if _, err := j.RunOn(t.Context(), on, out); err != nil {
		t.Fatal(err)
	}
	return out.Path()
}

// TestKeep: wherever a run is cut, the next one does the rest, and all files have the bytes of one that was not cut.
func TestKeep(t *testing.T) {
	for name, change := range map[string]func(j *Job, on *Prepared){
		"float32": nil,
		"float16": func(j *Job, _ *Prepared) { j.Format.Half = true },
		"sample":  func(j *Job, _ *Prepared) { j.Check = Checking{Sample: true, Seed: 3} },
		"all":     func(j *Job, _ *Prepared) { j.Check = Checking{Images: -1} },
		"float32, numbers": func(j *Job, _ *Prepared) {
			j.Summary, j.Check = Summary{{Kind: Mean}, {Grid, 2, 3}}, Checking{Sample: true, Seed: 3}
		},
		"all portion": func(j *Job, on *Prepared) { *on = prepared(t, *j, 30) },
	} {
		t.Run(name, func(t *testing.T) {
			want := plain(t, change)
			if name == "float16" {
				want = filepath.Join(t.TempDir(), "out") // pictures show what the file holds
				if _, err := keep(t, t.Context(), want, change); err != nil {
					t.Fatal(err)
				}
			}
			for _, cuts := range [][]int{nil, {7}, {7, 21}, {30}} {
				path := filepath.Join(t.TempDir(), "out")
				for i, cut := range cuts {
					err := cutAfter(t, path, cut, change)
					if i > 0 && err == nil { // all was in flight
						break
					}
					var u *UnfinishedError
					if !errors.As(err, &u) || !errors.Is(err, context.Canceled) || u.Done < 7 || u.Of != 30 {
						t.Fatalf("cut after %d images: %v", cut, err)
					}
					if _, err := os.Lstat(path); !os.IsNotExist(err) {
						t.Fatalf("the folder is there after %d images", cut)
					}
					if now, err := ReadUnfinished(t.Context(), path); err != nil || now != u.Unfinished {
						t.Fatalf("%+v, %v, want %+v", now, err, u.Unfinished)
					}
				}
				if _, err := os.Lstat(path); err == nil {
					sameFiles(t, path, want)
					continue
				}
				r, err := keep(t, t.Context(), path, change)
				if err != nil {
					t.Fatal(err)
				}
				sameFiles(t, path, want)
				if a, err := AuditFolder(t.Context(), path); err != nil || len(a.Wrong) > 0 || len(a.Others) > 0 {
					t.Errorf("%+v, %v", a, err)
				}
				if r.Resumed.Processes != len(cuts)+1 || r.Resumed.Redone != 0 || (r.Resumed.Images > 0) != (cuts != nil) {
					t.Errorf("after %v: %+v", cuts, r.Resumed)
				}
				if r.NotFinite.Outputs != 30*3*10*13 {
					t.Errorf("%d outputs", r.NotFinite.Outputs)
				}
				wantImages := map[string]int{"float32": 16, "float16": 16, "all portion": 16, "all": 30}[name]
				if wantImages > 0 && (r.Check.Images != wantImages || r.Check.Outputs != wantImages*3*10*13) {
					t.Errorf("%d images and %d outputs are checked", r.Check.Images, r.Check.Outputs)
				}
			}
		})
	}
}

// TestKeepRedoes: a chunk that is altered, half-written or missing, and one whose line in the journal is, are done
// again, and no other.
func TestKeepRedoes(t *testing.T) {
	want := plain(t, nil)
	journal, array := "gpuconv.journal", "gpuconv.grown"
	for name, c := range map[string]struct {
		file   string
		change func(text []byte) []byte
		before int // images that are not done again
	}{
		"altered":      {array, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }, 7},
		"half-written": {array, func(b []byte) []byte { return b[:len(b)-100] }, 7},
		"missing":      {array, func(b []byte) []byte { return b[:200] }, 0},
		"longer":       {array, func(b []byte) []byte { return append(b, make([]byte, 1e6)...) }, 14},
		"edited":       {journal, func(b []byte) []byte { return bytes.Replace(b, []byte(`"first":0`), []byte(`"first":7`), 1) }, 7},
		"cut":          {journal, func(b []byte) []byte { return b[:len(b)-1] }, 7},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			if err := cutAfter(t, path, 14, nil); err == nil {
				t.Fatal("not cut")
			}
			file := filepath.Join(whole.Unfinished(path), c.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if c.file == array { // what was in flight, and does not count
				text = text[:128+14*3*10*13*4]
			} else {
				text = upTo(text, `"first":7`)
			}
			if err := os.WriteFile(file, c.change(text), 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := keep(t, t.Context(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Resumed.Images != c.before {
				t.Errorf("%d images are taken over, want %d", r.Resumed.Images, c.before)
			}
			sameFiles(t, path, want)
		})
	}
}

// upTo returns the lines of a text up to the last one that has what is sought.
func upTo(text []byte, sought string) []byte {
	at := bytes.LastIndex(text, []byte(sought))
	return text[:at+bytes.IndexByte(text[at:], '\n')+1]
}

// TestKeepRefuses: another setting is refused with the difference, and so is a journal of something else. Nothing is
// lost.
func TestKeepRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := cutAfter(t, path, 14, nil); err == nil {
		t.Fatal("not cut")
	}
	for want, change := range map[string]func(j *Job, on *Prepared){
		"want filters [3 1 5 5], not [4 1 5 5], weights ": func(j *Job, on *Prepared) {
			*j = tutorial(t, stimuli.NMA{Resolution: 0.02}, "0:90:3", filters.NMA{Channels: 4, Size: 5})
			*on = prepared(t, *j, 7)
		},
		"want stimuli ": func(j *Job, _ *Prepared) {
			j.Images = tutorial(t, stimuli.NMA{Resolution: 0.02, SpatialFrequency: 0.3}, "0:90:3", filters.NMA{Channels: 3, Size: 5}).Images
		},
		"want bias none, not ":           func(j *Job, _ *Prepared) { j.Bias = []float32{1, 2, 3} },
		"want images in a chunk 7, not":  func(_ *Job, on *Prepared) { on.Problem.Src = on.Problem.Src.WithN(5) },
		"want backend none, not gpu":     func(_ *Job, on *Prepared) { on.Backend.Name = "gpu" },
		"want keep none, not mean":       func(j *Job, _ *Prepared) { j.Summary = Summary{{Kind: Mean}} },
		"want type float32, not float16": func(j *Job, _ *Prepared) { j.Format.Half = true },
	} {
		_, err := keep(t, t.Context(), path, change)
		if err == nil || !strings.Contains(err.Error(), "it was begun with other settings: "+want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	r, err := keep(t, t.Context(), path, nil)
	if err != nil || r.Resumed.Images < 14 {
		t.Errorf("%v, and %+v", err, r)
	}
	j := small(t)
	if a, err := j.AuditDone(t.Context(), prepared(t, j, 7), path); err != nil || len(a.Wrong) > 0 {
		t.Errorf("%v", err)
	}
	j.Flip = true
	if _, err := j.AuditDone(t.Context(), prepared(t, j, 7), path); err == nil || !strings.Contains(err.Error(), "want flip false, not true") {
		t.Errorf("%v", err)
	}
	if _, err := small(t).AuditDone(t.Context(), prepared(t, small(t), 7), plain(t, nil)); err == nil || !strings.Contains(err.Error(), "not run with --resume") {
		t.Errorf("%v", err)
	}
}

// TestKeepJournals: lines that are whole but not of a run are refused.
func TestKeepJournals(t *testing.T) {
	for want, lines := range map[string][]string{
		"the journal's line 1: ":                 {"x"},
		"the journal's first line was changed":   {`{"chunk":{}}`},
		"the journal's schema 9: want 1":         {`{"job":{"schema":9}}`},
		"it was begun with other settings: want": {`{"job":{"schema":1}}`},
		"the journal's line 2: ":                 {`{"job":{"schema":1}}`, `{"chunk":{"first":"a"}}`},
	} {
		path := filepath.Join(t.TempDir(), "out")
		d, err := whole.Options{NoSync: true}.KeepFolder(path, "activations.npy")
		if err != nil {
			t.Fatal(err)
		}
		d.Keep()
		for _, line := range lines {
			if err := d.Journal().Add([]byte(line)); err != nil {
				t.Fatal(err)
			}
		}
		d.Discard()
		if _, err := keep(t, t.Context(), path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", lines, err, want)
		}
	}
}

// TestKeepWrong: a chunk with a wrong output does not count, and is done again.
func TestKeepWrong(t *testing.T) {
	want, path := plain(t, nil), filepath.Join(t.TempDir(), "out")
	runs := 0
	_, err := keep(t, t.Context(), path, func(j *Job, on *Prepared) {
		j.Check = Checking{Images: -1}
		on.Plan = altered{on.Plan, func(dst *conv.Tensor) error {
			if runs++; runs == 3 {
				dst.Data[0] += 1
			}
			return nil
		}}
	})
	var u *UnfinishedError
	if !errors.As(err, new(*WrongError)) || !errors.As(err, &u) || u.Done != 14 {
		t.Fatalf("error %v, want a wrong output after 14 images", err)
	}
	r, err := keep(t, t.Context(), path, func(_ *Job, on *Prepared) {
		on.Plan = altered{on.Plan, func(*conv.Tensor) error { return nil }}
	})
	if err != nil || r.Resumed.Images != 14 || r.Check.Images < 16 {
		t.Fatalf("%v, %+v", err, r)
	}
	sameFiles(t, path, want)
}

// TestKeepFails: an error keeps what is done and names it; the first chunk that fails leaves nothing.
func TestKeepFails(t *testing.T) {
	for _, failing := range []int{1, 3} {
		path := filepath.Join(t.TempDir(), "new", "out")
		runs := 0
		_, err := keep(t, t.Context(), path, func(_ *Job, on *Prepared) {
			on.Plan = altered{on.Plan, func(*conv.Tensor) error {
				if runs++; runs == failing {
					return fmt.Errorf("the GPU: %w", syscall.EIO)
				}
				return nil
			}}
		})
		if !errors.Is(err, syscall.EIO) || whole.IsUnfinished(path) != (failing > 1) {
			t.Errorf("chunk %d fails: %v", failing, err)
		}
		if failing == 1 {
			if _, err := os.Lstat(filepath.Dir(path)); err == nil {
				t.Error("the new folder is left")
			}
		} else if got := fault.Plain(err); !strings.HasSuffix(got, "out.unfinished has 14 of 30 images") && !strings.HasSuffix(got, "out.unfinished has 7 of 30 images") {
			t.Errorf("%s", got)
		}
	}
}

// TestKeepCutVerifying: a process that is cut while it compares checksums says what is kept, as any other.
func TestKeepCutVerifying(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := cutAfter(t, path, 7, nil); err == nil {
		t.Fatal("not cut")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := keep(t, ctx, path, nil)
	if u := new(UnfinishedError); !errors.As(err, &u) || !errors.Is(err, context.Canceled) || u.Done < 7 {
		t.Errorf("error %v, want what is kept", err)
	}
}

// TestKeepCountsOnce: a chunk is begun a second time only if it was in flight when the run was cut.
func TestKeepCountsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for _, cut := range []int{7, 21} {
		if err := cutAfter(t, path, cut, nil); err == nil {
			t.Fatal("not cut")
		}
	}
	begins, chunks := 0, 0
	count := func() {
		begins, chunks = 0, 0
		j, err := whole.ReadJournal(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range j.Lines {
			var e entry
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			if e.Begins != nil {
				begins++
			}
			if e.Chunk != nil {
				chunks++
			}
		}
	}
	count()
	if chunks < 3 || chunks > 5 || begins < chunks || begins > chunks+2*3 {
		t.Errorf("%d chunks, begun %d times: want at most 3 more for each of two cuts", chunks, begins)
	}
}

// numericsSums has the checksums of TestNumerics, by version of the numbers.
var numericsSums = map[int]map[string]string{1: {
	"generic: tutorial":              "d1d59ef6",
	"reference: tutorial":            "2fa20f58",
	"direct, 70 channels":            "5143c024",
	"generic: direct, 70 channels":   "bf02824f",
	"reference: direct, 70 channels": "45b37833",
	"direct, strided":                "ae4326f1",
	"generic: direct, strided":       "7ab6a96c",
	"reference: direct, strided":     "a655bb0e",
	"depthwise":                      "2773dcdf",
	"reference: depthwise":           "f67ce31e",
	"winograd, 3×3":                  "fc9cd15f",
	"generic: winograd, 3×3":         "83a43c3c",
	"reference: winograd, 3×3":       "f2fed44c",
	"winograd, 5×5":                  "c1db2aa2",
	"generic: winograd, 5×5":         "ebea68b5",
	"reference: winograd, 5×5":       "9fd8e55c",
	"energy":                         "e8811fc5",
	"generic: energy":                "331302fb",
	"reference: energy":              "e93927cc",
	"pool":                           "0668bf84",
	"generic: pool":                  "13959e8f",
	"reference: pool":                "eb4b622e",
	"grating":                        "d04d58be",
	"square-grating":                 "460b6dd9",
	"sawtooth-grating":               "577036e9",
	"triangle-grating":               "9890a5e9",
	"gabor":                          "8debd12a",
	"plaid":                          "3bfb905c",
	"square-plaid":                   "04e27f0f",
	"checkerboard":                   "ec247517",
	"zone-plate":                     "04774ca0",
	"square-zone-plate":              "0e72879b",
	"white-noise":                    "644444e6",
	"pink-noise":                     "7f358e1f",
	"impulse":                        "a28699ff",
	"tutorial":                       "d1d59ef6",
}}

// TestNumerics: the bits of the CPU engine are those of this version of the numbers, with each algorithm and each set
// of instructions. So are those of the reference and of drawn patterns. If they change on purpose, numerics grows, so
// that no run goes on with others.
func TestNumerics(t *testing.T) {
	if runtime.GOARCH != "amd64" || len(cpu.AvailableISAs()) == 1 {
		t.Skip("other processors round sines and sums of products otherwise")
	}
	want, seen := numericsSums[numerics], map[string]bool{}
	check := func(name, what string, data []float32) {
		if seen[name] = true; floatsSum(data) != want[name] {
			t.Errorf("%s: version %d of the numbers has the checksum %q for %s, want %q", what, numerics, floatsSum(data), name,
				want[name])
		}
	}
	j := tutorial(t, stimuli.NMA{Resolution: 0.05}, "0:90:30", filters.NMA{Channels: 3, Size: 7})
	gratings := drawnImages(t, j.Images)
	random := rand.New(rand.NewPCG(22, 13))
	tensor := func(shape ...int) *conv.Tensor {
		made, err := conv.NewTensor(conv.Shape(shape))
		if err != nil {
			t.Fatal(err)
		}
		for i := range made.Data {
			made.Data[i] = float32(random.IntN(1<<20)-1<<19) / (1 << 17)
		}
		return made
	}
	for _, c := range []struct {
		name, algorithm string
		spec            conv.Spec
		weight, src     *conv.Tensor
	}{
		{"tutorial", "", j.Spec, j.Bank.Weight, gratings},
		{"direct, 70 channels", "direct", conv.Spec{Padding: conv.Pad(1, 1)}, tensor(12, 70, 3, 3), tensor(2, 70, 9, 13)},
		{"direct, strided", "direct", conv.Spec{Stride: [2]int{2, 1}, Dilation: [2]int{1, 2}}, tensor(8, 3, 5, 3), tensor(2, 3, 20, 37)},
		{"depthwise", "depthwise", conv.Spec{Groups: 6, Padding: conv.Pad(1, 1)}, tensor(6, 1, 3, 3), tensor(2, 6, 17, 35)},
		{"winograd, 3×3", "winograd", conv.Spec{Padding: conv.Pad(1, 1)}, tensor(64, 64, 3, 3), tensor(2, 64, 10, 17)},
		{"winograd, 5×5", "winograd", conv.Spec{Padding: conv.Pad(2, 2)}, tensor(48, 48, 5, 5), tensor(2, 48, 9, 16)},
		{"energy", "direct", conv.Spec{Activation: conv.Energy}, tensor(8, 2, 3, 3), tensor(2, 2, 16, 16)},
		{"pool", "direct", conv.Spec{Activation: conv.ReLU, Pool: conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}}}, tensor(5, 2, 3, 3), tensor(2, 2, 16, 18)},
	} {
		for _, isa := range cpu.AvailableISAs() {
			dst, err := conv.Apply(cpu.Engine{ISA: isa, Algorithm: c.algorithm}, c.spec, c.weight, nil, c.src)
			if errors.Is(err, conv.ErrUnsupported) && isa == cpu.Generic {
				continue
			}
			if err != nil {
				t.Fatal(c.name, err)
			}
			name := c.name
			if isa == cpu.Generic {
				name = "generic: " + name // without fused products
			}
			check(name, isa.String(), dst.Data)
		}
		dst, err := conv.Apply(cpu.Reference{}, c.spec, c.weight, nil, c.src)
		if err != nil {
			t.Fatal(c.name, err)
		}
		check("reference: "+c.name, "reference", dst.Data)
	}
	for _, k := range stimuli.Kinds() {
		if set, err := k.Set(); err != nil {
			t.Error(err)
		} else {
			check(k.Name, "pattern", drawnImages(t, set).Data)
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// drawnImages draws all images of a set.
func drawnImages(t *testing.T, set stimuli.Set) *conv.Tensor {
	t.Helper()
	images, err := conv.NewTensor(set.Shape())
	if err == nil {
		err = set.Draw(images, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return images
}
