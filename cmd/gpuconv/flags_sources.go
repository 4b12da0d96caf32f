package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/stimuli"
	"gpuconv/whole"
)

// The images of run --stimulus and stimuli --input: kinds of patterns, pictures, folders, arrays, and lists of them.

// openStimuli returns the stimuli: the preset's gratings, or what --stimulus names. Images of each size are a set.
func (f *runFlags) openStimuli(ctx context.Context) ([]stimuli.Set, error) {
	if len(f.stimuli) == 0 {
		tutorial3, err := f.preset.tutorial3()
		if err != nil {
			return nil, err
		}
		set, err := f.stimulus.sweep(tutorial3)
		if err != nil {
			return nil, err
		}
		return []stimuli.Set{greyIn(set, f.channels(ctx))}, nil
	}
	o, err := f.inputs.openSources(ctx, "stimulus", f.stimuli, f.channels(ctx))
	if err != nil {
		return nil, err
	}
	for _, name := range imageFlagNames {
		if typed, ok := f.typed[name]; ok && !o.files {
			return nil, refused(name, strings.Join(typed, ","), errors.New("want --stimulus with image files"))
		}
	}
	return o.bySize()
}

// openSources opens what the texts of a flag name, for filters of this many channels, or 0 if there are none.
func (in *inputs) openSources(ctx context.Context, flag string, texts []string, channels int) (*sources, error) {
	options, err := in.images.options(channels)
	if err != nil {
		return nil, err
	}
	o := &sources{in: in, flag: flag, options: options, channels: channels}
	for _, text := range texts {
		if err := o.add(ctx, text, 0); err != nil {
			closeSets(o.sets)
			return nil, err
		}
	}
	if err := o.flush(ctx); err != nil {
		closeSets(o.sets)
		return nil, err
	}
	return o, nil
}

// oneSize returns all images as one set. It refuses images of several sizes.
func (s *sources) oneSize(path string) (stimuli.Set, error) {
	sets, err := s.bySize()
	if err != nil {
		return nil, err
	}
	if len(sets) == 1 {
		return sets[0], nil
	}
	defer closeSets(sets)
	sized := func(set stimuli.Set) string {
		shape := set.Shape()
		return fmt.Sprintf("%s has %s of %d×%d", fault.Printable(set.Title(0)), counted(shape.C(), "channel"),
			shape.H(), shape.W())
	}
	return nil, refused(s.flag, path, fmt.Errorf("%s, but %s: want images of one size, as --resize and --crop make "+
		"them; gpuconv run --stimulus takes several sizes", sized(sets[0]), sized(sets[1])))
}

// greyIn returns patterns for filters of this many channels. Filters of three see grey in red, green and blue.
func greyIn(patterns stimuli.Set, channels int) stimuli.Set {
	if channels != 3 {
		return patterns
	}
	return stimuli.InChannels{Set: patterns, Channels: channels}
}

// channels returns how many channels an image needs to fit the filters: one for each group if the filters are a kind or
// a preset, 0 if the file of --filter cannot be read.
func (f *runFlags) channels(ctx context.Context) int {
	if f.filters == "" || !f.filterFile(ctx) {
		return f.spec.groups
	}
	return f.spec.channels(ctx, "filter", f.filters)
}

// channels returns how many channels an image needs to fit the weights of a file, or 0 if the file cannot be read.
func (f *specFlags) channels(ctx context.Context, flag, path string) int {
	weights, shape, err := openWeights(ctx, flag, path)
	if err != nil {
		return 0
	}
	weights.Close()
	return shape.C() * f.groups
}

// sources collects sets of stimuli in the order in which they are named.
type sources struct {
	in       *inputs
	flag     string
	options  stimuli.Options
	pictures []string // named one after the other, not opened yet
	sets     []stimuli.Set
	files    bool // there are pictures or arrays
	channels int  // of the filters, 0 if there are none
}

// mostLists is how many lists may be nested in each other, the outermost included.
const mostLists = 3

// add adds the stimuli that text names. lists is how many lists, nested in each other, contain the text.
func (s *sources) add(ctx context.Context, text string, lists int) error {
	kind := kindOf(ctx, text)
	info, err := os.Stat(text)
	switch {
	case isPattern(text):
		return s.addPattern(ctx, text)
	case noStimulus(kind, text) != "":
		return failed(s.flag, "", &fault.Error{Argument: text, Rule: noStimulus(kind, text)})
	case npy.Advice(kind) != "":
		return failed(s.flag, "", &fault.Error{Argument: text, Rule: kind + ": want .npy, .npz:key or pictures; " +
			npy.Advice(kind)})
	case isArrayKind(kind) || strings.Contains(text, ".npz:"), err != nil && isArray(text):
		return s.addArray(ctx, text)
	case err == nil && info.Mode().IsRegular() && strings.EqualFold(filepath.Ext(text), ".txt"):
		return s.addList(ctx, text, lists)
	case err == nil || stimuli.IsImageName(text) && !strings.ContainsAny(text, "*?["):
		s.pictures = append(s.pictures, text)
		return nil
	case strings.ContainsAny(text, "*?["):
		return s.addGlob(ctx, text, lists)
	}
	if _, there := os.Lstat(text); there == nil { // such as a link that leads nowhere
		return failed(s.flag, "", &fault.Error{Argument: text, Err: err})
	}
	if s.flag == "input" { // --kind names kinds
		return failed(s.flag, "", &fault.Error{Argument: text, Err: whole.Cause(err)})
	}
	return s.addPattern(ctx, text) // says which kinds there are
}

// noStimulus says which flag or verb takes a file that holds no images. It returns "" for any other file.
func noStimulus(kind, path string) string {
	switch {
	case kind == filekind.PyTorch || kind == filekind.Safetensors:
		return "weights of a network: gpuconv run --filter " + path + ":NAME takes them"
	case kind != "" && filepath.Base(path) == "run.json":
		return "the report of a run: gpuconv run --from takes it"
	case kind != "" && strings.EqualFold(filepath.Ext(path), ".csv"):
		return "a table: gpuconv tuning --table takes one"
	}
	return ""
}

// isPattern reports whether a text is a kind of stimuli, with or without settings.
func isPattern(text string) bool {
	words := strings.Fields(text)
	return len(words) > 0 && slices.ContainsFunc(stimuli.Kinds(),
		func(k stimuli.Kind) bool { return k.Name == words[0] })
}

func (s *sources) addPattern(ctx context.Context, text string) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	settings, err := parseSettings("stimulus", text)
	if err != nil {
		return err
	}
	set, err := settings.stimulus()
	if err == nil {
		s.sets = append(s.sets, greyIn(set, s.channels))
	}
	return err
}

func (s *sources) addArray(ctx context.Context, text string) error {
	if err := s.flush(ctx); err != nil {
		return err
	}
	if err := s.in.images.ofArray(text); err != nil {
		return err
	}
	array, err := stimuli.OpenArray(ctx, text, s.options)
	if err != nil {
		return failed(s.flag, "", err)
	}
	s.sets, s.files = append(s.sets, array), true
	return s.in.layout(s.flag, array, s.channels)
}

// addGlob adds the files whose names fit a pattern, in the order of their names.
func (s *sources) addGlob(ctx context.Context, text string, lists int) error {
	found, err := filepath.Glob(text)
	if err == nil && len(found) == 0 {
		err = errors.New("no file has such a name: want a pattern such as photos/*.jpg, in quotes")
	}
	if err != nil {
		return refused(s.flag, text, err)
	}
	stimuli.SortNames(found)
	for _, name := range found {
		if err := s.add(ctx, name, lists); err != nil {
			return err
		}
	}
	return nil
}

// addList adds what the lines of a text file name. Names are relative to its folder. Empty lines and those that begin
// with # are passed over.
func (s *sources) addList(ctx context.Context, path string, lists int) error {
	if lists >= mostLists {
		return refused(s.flag, path, fmt.Errorf("a list inside %d lists: want at most %d lists inside each other",
			lists, mostLists))
	}
	content, err := input.ReadFile(ctx, input.List, path)
	if err != nil {
		return failed(s.flag, "", &fault.Error{Argument: path, Err: err})
	}
	if kind := filekind.Of(path, content[:min(len(content), filekind.Head)]); kind != "text" {
		return refused(s.flag, path, errors.New("want a list of files in UTF-8, one name on each line"))
	}
	named := 0
	for line := range bytes.Lines(content) {
		text := strings.TrimSpace(string(line))
		if text == "" || text[0] == '#' {
			continue
		}
		if !filepath.IsAbs(text) && !isPattern(text) {
			text = filepath.Join(filepath.Dir(path), text)
		}
		named++
		if err := s.add(ctx, text, lists+1); err != nil {
			return err
		}
	}
	if named == 0 {
		return refused(s.flag, path, errors.New("an empty list: want the name of a file on each line"))
	}
	return nil
}

// flush opens the pictures that were named so far.
func (s *sources) flush(ctx context.Context) error {
	if len(s.pictures) == 0 {
		return nil
	}
	opened, err := stimuli.OpenSizes(ctx, s.pictures, s.options)
	if err != nil {
		return failed(s.flag, "", err)
	}
	for _, files := range opened {
		s.sets = append(s.sets, files)
	}
	s.pictures, s.files = nil, true
	return nil
}

// bySize joins the sets of each size.
func (s *sources) bySize() ([]stimuli.Set, error) {
	var sizes []conv.Shape
	parts := map[conv.Shape][]stimuli.Set{}
	for _, set := range s.sets {
		size := set.Shape().Image()
		if len(parts[size]) == 0 {
			sizes = append(sizes, size)
		}
		parts[size] = append(parts[size], set)
	}
	var all []stimuli.Set
	for _, size := range sizes {
		if len(parts[size]) == 1 {
			all = append(all, parts[size][0])
			continue
		}
		joined, err := stimuli.Join(parts[size]...)
		if err != nil {
			return nil, usage(plain(err))
		}
		all = append(all, joined)
	}
	return all, nil
}

// partsOf returns the sets that a set was joined from.
func partsOf(set stimuli.Set) []stimuli.Set {
	if joined, ok := set.(*stimuli.Joined); ok {
		return joined.Sets
	}
	return []stimuli.Set{set}
}

// closeSets closes the files of sets.
func closeSets(sets []stimuli.Set) {
	for _, set := range sets {
		for _, part := range partsOf(set) {
			if c, ok := part.(io.Closer); ok {
				c.Close()
			}
		}
	}
}

// rehearseAll, with --strict, refuses arrays with numbers that float32 cannot hold.
func (in *inputs) rehearseAll(ctx context.Context, flag string, images stimuli.Set) error {
	for _, part := range partsOf(images) {
		if array, ok := part.(*stimuli.Array); ok {
			if err := in.rehearse(ctx, flag, array.Path()); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawn adds notes for the user about the image files that were read.
func (f *runFlags) drawn(images stimuli.Set, p conv.Problem) {
	pictures := f.inputs.allDrawn("stimulus", images)
	if most := max(p.Padding.Top, p.Padding.Left); pictures && most > 0 && p.PaddingMode == conv.Zeros &&
		!f.spec.modeGiven {
		f.inputs.say([]string{fmt.Sprintf("zeros around the pictures are a black frame in view of outputs up to %d "+
			"pixels from the border; --padding-mode reflect has none", most)})
	}
}

// allDrawn adds notes about the files of images that were drawn, and reports whether some are pictures.
func (in *inputs) allDrawn(flag string, images stimuli.Set) (pictures bool) {
	for _, part := range partsOf(images) {
		switch part := part.(type) {
		case *stimuli.Files:
			pictures = true
			in.drawn(part)
		case *stimuli.Array:
			in.brightness(part.Path(), part.Reader().DType())
			_ = in.noteLoss(flag, part.Path(), part.Reader()) // with --strict, the file has passed the check
		}
	}
	return pictures
}
