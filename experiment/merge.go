package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"gpuconv/compare"
	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/whole"
)

// Merged says which shards a run.json was made of.
type Merged struct {
	Shards  int          `json:"shards"`
	Virtual bool         `json:"virtual,omitempty"` // the array refers to those of the shards: see [MergeVirtual]
	Seconds param.Number `json:"seconds"`           // for the merge; the seconds of the report are sums over the shards
}

// MissingError says which shards a job lacks.
type MissingError struct {
	Count, Of int
	Array     string // as sbatch --array takes it
}

// Error returns one line.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%d of %d shards are not complete: want them, --array=%s with --shards %[2]d", e.Count, e.Of,
		e.Array)
}

// Merge makes the folder of the whole job from the shards in a folder: the arrays one after the other, the tables, and
// run.json, without pictures. It reads each shard, and compares it with its checksums on the way. progress, if not nil,
// is called with the number of shards that are done. Merge commits out. The shards stay as they are.
//
// Errors: a [*MissingError]; shards whose settings differ; files that differ from a shard's run.json; ctx's error.
func Merge(ctx context.Context, folder string, out *whole.Folder, progress func(done int)) (*Report, error) {
	return merge(ctx, folder, out, progress, (*merger).array)
}

func merge(ctx context.Context, folder string, out *whole.Folder, progress func(done int),
	array func(*merger, context.Context, *whole.Folder, func(done int)) error) (*Report, error) {
	began := time.Now()
	s, err := ReadShards(ctx, folder)
	if err != nil {
		return nil, err
	}
	if array := s.Missing(); array != "" {
		missing := 0
		for _, state := range s.All {
			if state.Err != nil && !state.Begun {
				return nil, state.Err
			}
			if !state.Complete {
				missing++
			}
		}
		return nil, &fault.Error{Package: "experiment", Argument: folder,
			Err: &MissingError{missing, len(s.All), array}}
	}
	m, err := s.newMerger(ctx)
	if err != nil {
		return nil, err
	}
	if err := array(m, ctx, out, progress); err != nil {
		return nil, err
	}
	if err := m.tables(ctx, out); err != nil {
		return nil, err
	}
	m.total.Merged = &Merged{Shards: len(s.All), Virtual: m.total.ActivationsFile == ReferencesName,
		Seconds: seconds(time.Since(began))}
	if err := m.total.write(out); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := out.Commit(); err != nil {
		return nil, err
	}
	return m.total, nil
}

// merger merges complete shards.
type merger struct {
	*Shards
	format  npy.Format
	reports []*Report
	total   *Report
}

// newMerger reads the reports of all shards, and adds them up. It refuses those that do not fit together.
func (s *Shards) newMerger(ctx context.Context) (*merger, error) {
	m := &merger{Shards: s}
	next := 0
	for i := range s.All {
		r, err := readShard(ctx, s.path(i+1), i+1, len(s.All))
		if err != nil {
			return nil, err
		}
		m.reports = append(m.reports, r)
		err = differ(m.reports[0].Settings, r.Settings)
		if err == nil && (r.Shard.First != next || r.ActivationsShape.N() < 1 ||
			r.Shard.Images != m.reports[0].Shard.Images || r.ActivationsFile != m.format.Name(arrayName) ||
			r.ActivationsShape.WithN(1) != m.reports[0].ActivationsShape.WithN(1)) {
			err = errors.New("its images do not follow those of the shard before it: want shards of one job")
		}
		if err != nil {
			return nil, &fault.Error{Package: "experiment", Argument: s.path(i + 1), Err: err}
		}
		next += r.ActivationsShape.N()
	}
	if all := m.reports[0].Shard.Images; next != all {
		return nil, fault.New("experiment", s.Folder, "", "its shards have %d images: want %d", next, all)
	}
	m.format.Half = m.reports[0].ActivationsDType == (npy.Format{Half: true}).DType()
	m.add(next)
	return m, nil
}

// add makes the report of the whole job.
func (m *merger) add(images int) {
	total := *m.reports[0]
	total.Shard, total.Resumed, total.Files, total.Check = nil, nil, nil, nil
	total.StimuliShape, total.ActivationsShape = total.StimuliShape.WithN(images), total.ActivationsShape.WithN(images)
	total.NaN, total.Infinite, total.Overflown, total.Notes = 0, 0, 0, nil
	total.NumbersNaN, total.NumbersInfinite = 0, 0
	total.Seconds, total.ImagesPerS, total.Bound = Seconds{}, Rates{}, ""
	total.Started, total.Command, total.Flags = m.reports[0].Started, m.reports[0].Command, m.reports[0].Flags
	for _, r := range m.reports {
		total.NaN, total.Infinite, total.Overflown = total.NaN+r.NaN, total.Infinite+r.Infinite,
			total.Overflown+r.Overflown
		total.NumbersNaN, total.NumbersInfinite = total.NumbersNaN+r.NumbersNaN, total.NumbersInfinite+r.NumbersInfinite
		total.Seconds.Whole += r.Seconds.Whole
		total.Seconds.Open += r.Seconds.Open
		total.Seconds.Stream += r.Seconds.Stream
		total.Seconds.Draw += r.Seconds.Draw
		total.Seconds.Convolve += r.Seconds.Convolve
		total.Seconds.Write += r.Seconds.Write
		total.Seconds.Check += r.Seconds.Check
		total.Seconds.Pictures += r.Seconds.Pictures
		if r.Started.Before(total.Started) {
			total.Started = r.Started
		}
		for _, note := range r.Notes {
			if !slices.Contains(total.Notes, note) {
				total.Notes = append(total.Notes, note)
			}
		}
	}
	total.Check = m.checks()
	m.total = &total
}

// checks adds up what was judged. It is nil if a shard was not judged at all.
func (m *merger) checks() *Check {
	total, drawn := Check{}, false
	for _, r := range m.reports {
		c := r.Check
		if c == nil {
			return nil
		}
		if c.Worst != nil && (total.Worst == nil || c.MaxErrorBound > total.MaxErrorBound) {
			worst := *c.Worst
			worst.Output[0] += r.Shard.First
			total.Worst = &worst
		}
		total.Images, total.Outputs, total.Of = total.Images+c.Images, total.Outputs+c.Outputs, total.Of+c.Of
		total.BothNaN, total.BothInf = total.BothNaN+c.BothNaN, total.BothInf+c.BothInf
		total.MaxError, total.MaxErrorBound = max(total.MaxError, c.MaxError), max(total.MaxErrorBound, c.MaxErrorBound)
		total.RMS = max(total.RMS, c.RMS)
		if c.Sampled {
			drawn, total.Seed = true, c.Seed
			// in any shard a fault is found at least as surely as in the one that was judged least
			total.Finds = max(total.Finds, c.Finds)
		} else if c.Outputs < c.Of {
			total.Finds = 1 // whole images say nothing about the others
		}
	}
	if total.Sampled = drawn; !drawn {
		total.Finds = 0
	}
	total.Result = compare.Result{Elements: total.Outputs, MaxError: float64(total.MaxError),
		MaxRatio: float64(total.MaxErrorBound), RMS: float64(total.RMS), BothNaN: total.BothNaN, BothInf: total.BothInf}
	return &total
}

// array writes the arrays of all shards, one after the other.
func (m *merger) array(ctx context.Context, out *whole.Folder, progress func(done int)) error {
	file, err := out.Create(m.format.Name(arrayName))
	if err != nil {
		return err
	}
	defer file.Discard() // after Commit it does nothing
	shape := m.total.ActivationsShape
	head, err := m.format.Head(shape[:]...)
	if err != nil {
		return err
	}
	if _, err := file.Write(head); err != nil {
		return err
	}
	if err := m.each(ctx, file.Copy, progress); err != nil {
		return err
	}
	return file.Commit()
}

// each compares the array of each shard with its checksum. take, if not nil, is called with the parts of its elements:
// their place in the file, and their CRC-32C.
func (m *merger) each(ctx context.Context, take func(src *input.File, at, bytes int64, crc32c uint32) error,
	progress func(done int)) error {
	buffer := make([]byte, verifyBytes)
	for i, r := range m.reports {
		if err := m.read(ctx, i+1, r, buffer, take); err != nil {
			return err
		}
		if progress != nil {
			progress(i + 1)
		}
	}
	return nil
}

// mergedBytes is how many bytes of a shard are copied at once, after they were read for their checksum and while the
// system has them in memory.
const mergedBytes = 16 << 20

// sharedBytes is the block size of file systems whose files can share blocks.
const sharedBytes = 4096

// read does what each does, for a shard.
func (m *merger) read(ctx context.Context, number int, r *Report, buffer []byte,
	take func(src *input.File, at, bytes int64, crc32c uint32) error) error {
	name := m.format.Name(arrayName)
	path := filepath.Join(m.path(number), name)
	at := slices.IndexFunc(r.Files, func(s whole.Sum) bool { return s.Name == name })
	head, err := m.format.Head(r.ActivationsShape[:]...)
	if err != nil || at < 0 {
		return fault.New("experiment", path, "", "want it in the shard's run.json")
	}
	f, err := input.Open(ctx, input.Output, path)
	if err != nil {
		return &fault.Error{Package: "experiment", Argument: path, Err: whole.Cause(err)}
	}
	defer f.Close()
	want := int64(len(head)) + int64(r.ActivationsShape.N())*shapeBytes(r.ActivationsShape, m.format)
	if f.Size() != want || r.Files[at].Bytes != want {
		return fault.New("experiment", path, "", "%d bytes: want %d", f.Size(), want)
	}
	got := make([]byte, len(head))
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, head) {
		return fault.New("experiment", path, "", "want another header, as the shard's run.json says")
	}
	sum := whole.Checksum(0, got)
	for from := int64(len(head)); from < want; {
		to := min(want, from+mergedBytes)
		if beyond := from % sharedBytes; beyond != 0 { // from then on files may share blocks: see whole.File.Copy
			to = min(want, from+sharedBytes-beyond)
		}
		part, err := checksum(f, from, to, buffer)
		if err != nil {
			return &fault.Error{Package: "experiment", Argument: path, Err: whole.Cause(err)}
		}
		sum = whole.JoinChecksums(sum, part, to-from)
		if take != nil {
			if err := take(f, from, to-from, part); err != nil {
				return err
			}
		}
		from = to
	}
	if found := fmt.Sprintf("%08x", sum); found != r.Files[at].CRC32C {
		return fault.New("experiment", path, "", "CRC-32C %s: want %s. Remove the shard, and run it again", found,
			r.Files[at].CRC32C)
	}
	return nil
}

// checksum returns the CRC-32C of a part of a file.
func checksum(f io.ReaderAt, from, to int64, buffer []byte) (sum uint32, err error) {
	for from < to && err == nil {
		n := int(min(to-from, int64(len(buffer))))
		if _, err = f.ReadAt(buffer[:n], from); err == io.EOF { // the file has become shorter
			err = io.ErrUnexpectedEOF
		}
		sum, from = whole.Checksum(sum, buffer[:n]), from+int64(n)
	}
	return sum, err
}

// tables writes stimuli.csv, with the rows of all shards, and copies the tables that are alike in all shards.
func (m *merger) tables(ctx context.Context, out *whole.Folder) error {
	err := out.Write("stimuli.csv", func(w io.Writer) error {
		joiner := param.NewJoiner(w)
		for i, r := range m.reports {
			if err := m.table(ctx, i+1, r, "stimuli.csv", joiner.Add); err != nil {
				return err
			}
		}
		return joiner.Close()
	})
	if err != nil {
		return err
	}
	others := []string{"filters.csv", "cells.csv"}
	if m.total.Summary != nil {
		others = append(others, ValuesName)
	}
	for _, name := range others {
		err := out.Write(name, func(w io.Writer) error {
			return m.table(ctx, 1, m.reports[0], name, func(from io.Reader) error {
				_, err := io.Copy(w, from)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// table calls take with the text of a table of a shard, after comparing it with its checksum.
func (m *merger) table(ctx context.Context, number int, r *Report, name string, take func(from io.Reader) error) error {
	folder := m.path(number)
	at := slices.IndexFunc(r.Files, func(s whole.Sum) bool { return s.Name == name })
	err := error(fault.New("experiment", name, "", "want it in the shard's run.json"))
	if at >= 0 {
		err = r.Files[at].Verify(ctx, folder)
	}
	var f *input.File
	if err == nil {
		f, err = input.Open(ctx, input.Table, filepath.Join(folder, name))
	}
	if err != nil {
		return &fault.Error{Package: "experiment", Argument: folder, Err: err}
	}
	defer f.Close()
	if err := take(f); errors.As(err, new(*whole.Error)) {
		return err // it is about the file that is written, not about the shard's
	} else if err != nil {
		return &fault.Error{Package: "experiment", Argument: filepath.Join(folder, name), Err: err}
	}
	return nil
}
