package autotune

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/internal/statistics"
	"gpuconv/whole"
)

// Store is a folder of winners of races, one file each. Each file is replaced as a whole, so processes can share the
// folder. Only the user may write to the files; one that others could have written is not used. The zero value is an
// empty store whose Save fails.
type Store struct{ Folder string }

// Key identifies a stored winner: a device with its driver, a problem and a precision.
type Key struct {
	Vendor, Renderer, Driver string // as OpenGL names them
	Problem                  conv.Problem
	Precision                conv.Precision // the precision of the ways in the race
}

// Entry is a stored winner: the content of its file, as JSON.
type Entry struct {
	Schema    int       `json:"schema"` // entrySchema
	Tuned     time.Time `json:"tuned"`
	Vendor    string    `json:"vendor"`
	Renderer  string    `json:"renderer"`
	Driver    string    `json:"driver"`
	Problem   string    `json:"problem"` // without the number of images; with the precision if it is not exact
	Images    int       `json:"images"`
	Algorithm string    `json:"algorithm"`
	Tile      string    `json:"tile"`
	Shader    string    `json:"shader_sha256"`  // of the sources that were measured
	Kernel    float64   `json:"kernel_seconds"` // median time of a run on the device
	Speed     float64   `json:"speed"`          // how many times as fast as Own the winner is
	Own       string    `json:"own"`            // the way that the device takes by itself: see [conv.Choice]
}

const entrySchema = 1

// NewEntry returns the entry of a race's winner. It fails if the backend's own way failed.
func NewEntry(k Key, all []*Entrant, now time.Time) (Entry, error) {
	won := winner(all)
	if won == nil {
		return Entry{}, all[0].failed(all[0].Err)
	}
	return Entry{Schema: entrySchema, Tuned: now.UTC().Truncate(time.Second), Vendor: k.Vendor, Renderer: k.Renderer,
		Driver:  k.Driver,
		Problem: k.problem(), Images: k.Problem.Src.N(), Algorithm: won.Algorithm, Tile: won.Tile,
		Shader: won.Description.ShaderHash(),
		Kernel: statistics.Median(won.Kernel), Speed: 1 / statistics.Median(won.Ratio),
		Own: all[0].Choice.String()}, nil
}

// Choice is the way that won.
func (e Entry) Choice() conv.Choice { return conv.Choice{Algorithm: e.Algorithm, Tile: e.Tile} }

// String says when the winner was measured, and how much faster it is than the device's own way.
func (e Entry) String() string {
	text := fmt.Sprintf("tuned on %s with %d images: ", e.Tuned.Format(time.DateOnly), e.Images)
	if e.Choice().String() == e.Own {
		return text + "nothing else was faster"
	}
	return text + fmt.Sprintf("%.2f times as fast as %s", e.Speed, fault.Line(e.Own))
}

// problem returns the problem as text, without the number of images. It names the precision unless that is exact,
// because the files of earlier versions name none.
func (k Key) problem() string {
	p := k.Problem
	s := p.WithDefaults()
	text := fmt.Sprintf("images %d,%d,%d weight %d,%d,%d,%d stride %d,%d dilation %d,%d padding %v %v groups %d "+
		"activation %v pool %v bias %v",
		p.Src[1], p.Src[2], p.Src[3], p.Weight[0], p.Weight[1], p.Weight[2], p.Weight[3], s.Stride[0], s.Stride[1],
		s.Dilation[0], s.Dilation[1], s.Padding, s.PaddingMode, s.Groups, s.Activation, s.Pool, p.Bias)
	if k.Precision != conv.Exact {
		text += fmt.Sprintf(" precision %v", k.Precision)
	}
	return text
}

const extension = ".json"

// stem returns the start of the names of k's files. It is the same for every number of images.
func (k Key) stem() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Vendor, k.Renderer, k.Driver, k.problem()}, "\n")))
	return hex.EncodeToString(sum[:10]) + "-n"
}

// path returns the file of k.
func (s Store) path(k Key) string {
	return filepath.Join(s.Folder, k.stem()+strconv.Itoa(k.Problem.Src.N())+extension)
}

// Save stores e as k's winner and returns the path of its file.
func (s Store) Save(k Key, e Entry) (string, error) {
	if s.Folder == "" {
		return "", &fault.Error{Package: "autotune", Rule: "there is no folder to store it in"}
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return "", named(s.Folder, whole.Cause(err))
	}
	whole.ClearPrivate(s.Folder)
	path := s.path(k)
	err = whole.WritePrivate(path, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
	if err != nil {
		return "", err
	}
	return path, nil
}

// near is the largest factor between two numbers of images that still count as the same problem. The fastest tile
// hardly depends on that number: many images keep a device as busy as twice as many do. And jobs cut their images into
// batches of various sizes.
const near = 4

// Find returns the winner of k, or that of the same problem with the nearest number of images, from a quarter to four
// times as many. It returns nil if there is none. The error names a file that cannot be used.
func (s Store) Find(k Key) (*Entry, error) {
	if s.Folder == "" {
		return nil, nil
	}
	files, err := os.ReadDir(s.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, named(s.Folder, whole.Cause(err))
	}
	images, least := 0, math.Log(near)+1e-9
	for _, f := range files {
		rest, ok := strings.CutPrefix(f.Name(), k.stem())
		n, err := strconv.Atoi(strings.TrimSuffix(rest, extension))
		if !ok || err != nil || n < 1 || k.Problem.Src.N() < 1 {
			continue
		}
		if off := math.Abs(math.Log(float64(n) / float64(k.Problem.Src.N()))); off <= least {
			images, least = n, off
		}
	}
	if images == 0 {
		return nil, nil
	}
	k.Problem.Src = k.Problem.Src.WithN(images)
	return s.read(k)
}

// read reads the file of k and checks its content.
func (s Store) read(k Key) (*Entry, error) {
	path := s.path(k)
	text, err := input.ReadFile(context.Background(), input.Entry, path)
	if err != nil {
		return nil, named(path, whole.Cause(err))
	}
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, named(path, err)
	}
	want := Entry{Schema: entrySchema, Vendor: k.Vendor, Renderer: k.Renderer, Driver: k.Driver, Problem: k.problem(),
		Images: k.Problem.Src.N()}
	for _, field := range []struct {
		name      string
		got, want any
	}{
		{"schema", e.Schema, want.Schema}, {"vendor", e.Vendor, want.Vendor}, {"renderer", e.Renderer, want.Renderer},
		{"driver", e.Driver, want.Driver}, {"problem", e.Problem, want.Problem}, {"images", e.Images, want.Images},
	} {
		if field.got != field.want {
			return nil, named(path, fmt.Errorf("%s is %v, want %v", field.name, field.got, field.want))
		}
	}
	if name := missing(e); name != "" {
		return nil, named(path, errors.New(name+" is missing"))
	}
	return &e, nil
}

// named says which file err is about.
func named(path string, err error) error { return &fault.Error{Argument: path, Err: err} }

// missing names a required field that e lacks; it returns "" if e lacks none.
func missing(e Entry) string {
	switch {
	case e.Algorithm == "":
		return "algorithm"
	case e.Own == "":
		return "own"
	case e.Tuned.IsZero():
		return "tuned"
	case !(e.Speed > 0):
		return "speed"
	}
	return ""
}

// Forget removes the winner of k and reports whether there was one.
func (s Store) Forget(k Key) (bool, error) {
	if s.Folder == "" {
		return false, nil
	}
	err := os.Remove(s.path(k))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, named(s.path(k), whole.Cause(err))
	}
	return true, nil
}

// ForgetAll removes all winners and returns how many it removed.
func (s Store) ForgetAll() (int, error) {
	names, err := s.names()
	for i, name := range names {
		path := filepath.Join(s.Folder, name)
		if err := os.Remove(path); err != nil {
			return i, named(path, whole.Cause(err))
		}
	}
	return len(names), err
}

// Len returns how many winners there are.
func (s Store) Len() int {
	names, _ := s.names() // a folder that cannot be read counts as empty
	return len(names)
}

// names lists the files of winners and ignores other files in the folder.
func (s Store) names() (names []string, err error) {
	if s.Folder == "" {
		return nil, nil
	}
	files, err := os.ReadDir(s.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		err = named(s.Folder, whole.Cause(err))
	}
	ours := regexp.MustCompile(`^[0-9a-f]{20}-n[0-9]+\` + extension + `$`) // see stem
	for _, f := range files {
		if f.Type().IsRegular() && ours.MatchString(f.Name()) {
			names = append(names, f.Name())
		}
	}
	return names, err
}
