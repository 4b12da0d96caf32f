package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/whole"
)

// ShardState says how far a shard is.
type ShardState struct {
	Number   int
	Complete bool      // its folder has run.json, and the files that this lists, in their sizes
	Begun    bool      // a part of it is kept
	Done, Of int       // images, if Complete or Begun
	Gone     int       // images that the journal lists, if Begun, and whose file is too short, or gone
	Changed  time.Time // when the journal or the lease of the part was last written, if Begun
	Ended    bool      // no process works on the part, if Begun; a process that was killed does not say so
	// Left is about how long the rest takes; 0 if that is not known.
	Left time.Duration
	Err  error // why the part, or the folder, cannot be read, or is not whole; or nil
}

// Shards has the shards in a folder.
type Shards struct {
	Folder string
	All    []ShardState // one for each shard of the job, by number
	// Others says of each folder that has the name of a shard of another number of shards, and is none, why it is none.
	Others []error
}

// ReadShards looks at the shards in a folder. It reads no activations. It refuses a folder without shards, and one
// whose shards are of jobs that were cut into different numbers of shards.
func ReadShards(ctx context.Context, folder string) (*Shards, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: folder, Err: whole.Cause(err)}
	}
	s := &Shards{Folder: folder}
	var empty []shardEntry // have the name of a shard, and nothing else
	for _, e := range entries {
		found := shardEntry{}
		name, begun := cutUnfinished(e.Name())
		found.number, found.of, found.is = parseShard(name)
		if !found.is || !(e.IsDir() || !begun && e.Type() == fs.ModeSymlink) {
			continue
		}
		if found.begun = begun; !found.read(ctx, filepath.Join(folder, name)) {
			empty = append(empty, found)
			continue
		}
		if err := s.add(found); err != nil {
			return nil, err
		}
	}
	real := s.All != nil
	for _, found := range empty {
		if real && found.of != len(s.All) {
			s.Others = append(s.Others, found.why(folder))
			continue
		}
		if err := s.add(found); err != nil {
			return nil, err
		}
	}
	if s.All == nil {
		return nil, fault.New("experiment", folder, "", "want a folder with shards of gpuconv run --shard")
	}
	for i := range s.All {
		s.All[i].Number = i + 1
	}
	return s, ctx.Err()
}

// shardEntry is a folder with the name of a shard.
type shardEntry struct {
	number, of int
	is, begun  bool
	state      ShardState
}

// read reads how far the shard is. It returns false if the folder has nothing of a shard.
func (e *shardEntry) read(ctx context.Context, path string) bool {
	if e.begun {
		e.state.Begun = true
		return e.state.readJournal(ctx, path)
	}
	r, err := readShard(ctx, path, e.number, e.of)
	if errors.Is(err, fs.ErrNotExist) { // a copy that is not finished may lack it
		return false
	}
	if e.state.Err = err; err != nil {
		return false
	}
	e.state.Err = r.lacks(path)
	if e.state.Complete = e.state.Err == nil; e.state.Complete {
		e.state.Done, e.state.Of = r.ActivationsShape.N(), r.ActivationsShape.N()
	}
	return true
}

// maybe reports whether a folder that read finds nothing in may be a shard: run.json is of another version, or may not
// be read.
func (e *shardEntry) maybe() bool {
	return errors.As(e.state.Err, new(*versionError)) || errors.Is(e.state.Err, fs.ErrPermission)
}

// why says why a folder that read finds nothing in is no shard.
func (e *shardEntry) why(folder string) error {
	if e.state.Err != nil {
		return e.state.Err
	}
	path := filepath.Join(folder, ShardName(e.number, e.of))
	if e.begun {
		path = whole.Unfinished(path)
	}
	return &fault.Error{Package: "experiment", Argument: path, Rule: "it has nothing of a shard"}
}

// add adds what a folder has of a shard. A shard may have two folders: one that is complete, and one that is begun.
func (s *Shards) add(e shardEntry) error {
	if s.All == nil {
		s.All = make([]ShardState, e.of)
	}
	if e.of != len(s.All) {
		return fault.New("experiment", s.Folder, "", "it has shards of %d and of %d: want one number", len(s.All), e.of)
	}
	switch state := &s.All[e.number-1]; {
	case e.begun:
		e.state.Complete, e.state.Err = state.Complete, cmp.Or(state.Err, e.state.Err)
		*state = e.state
	case state.Begun:
		state.Complete, state.Err = e.state.Complete, cmp.Or(e.state.Err, state.Err)
	default:
		*state = e.state
	}
	return nil
}

// readJournal reads how far a shard is if it is not complete. It returns false if there is no journal.
func (s *ShardState) readJournal(ctx context.Context, path string) bool {
	j, err := whole.ReadJournal(ctx, path)
	if errors.Is(err, fs.ErrNotExist) { // it is just being made
		return false
	}
	var h *history
	if err == nil {
		h, err = readHistory(j)
	}
	if err != nil {
		s.Err = err
		return true
	}
	s.Done, s.Gone = h.kept(path)
	s.Of, s.Changed, s.Ended = h.job.Images, j.Modified, j.Ended
	if j.Renewed.After(s.Changed) {
		s.Changed = j.Renewed
	}
	if spent := h.last.Sub(h.started); h.since > 0 && spent > 0 {
		s.Left = time.Duration(float64(spent) * float64(s.Of-s.Done) / float64(h.since))
	}
	return true
}

// Missing returns the numbers of the shards that are not complete, as Slurm's sbatch --array takes them: 1-3,7. It is
// empty if all are complete.
func (s *Shards) Missing() string {
	var parts []string
	for i := 0; i < len(s.All); {
		end := i
		for end < len(s.All) && !s.All[end].Complete {
			end++
		}
		switch {
		case end == i:
			i++
			continue
		case end == i+1:
			parts = append(parts, strconv.Itoa(end))
		default:
			parts = append(parts, fmt.Sprintf("%d-%d", i+1, end))
		}
		i = end
	}
	return strings.Join(parts, ",")
}

// path returns the folder of a shard.
func (s *Shards) path(number int) string {
	return filepath.Join(s.Folder, ShardName(number, len(s.All)))
}

// readShard reads the run.json of a shard. It refuses one of another shard.
func readShard(ctx context.Context, path string, number, of int) (*Report, error) {
	path = filepath.Join(path, reportName)
	text, err := input.ReadFile(ctx, input.Provenance, path)
	var r Report
	if err == nil {
		err = parseRun(text, &r)
	}
	if err == nil {
		err = judgeRun(r.Schema, r.Files)
	}
	if err == nil && (r.Shard == nil || r.Shard.Number != number || r.Shard.Of != of) {
		err = fmt.Errorf("want that of shard %d/%d", number, of)
	}
	if err != nil {
		return nil, &fault.Error{Package: "experiment", Argument: path, Err: whole.Cause(err)}
	}
	return &r, nil
}

// lacks returns an error about the first file that a folder lacks, or has in another size.
func (r *Report) lacks(path string) error {
	for _, file := range r.Files {
		if err := file.Look(path); err != nil {
			return &fault.Error{Package: "experiment", Argument: path, Err: err}
		}
	}
	return nil
}
