//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu/internal/isa"
	"gpuconv/gpu/internal/paper"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

// Predict says how long hardware with these peaks would take to compute p. The hardware has the class that
// Options.Tiles names, or else the device's class. Nothing is measured: the prediction follows from the instructions,
// registers and waves that a compiler for GPUs of this class printed for each shader, and from how many bytes must
// move. docs/drivers.md has the formulas. The error wraps [conv.ErrUnsupported] if gpuconv has no such figures of the
// class or of a shader.
func (d *Device) Predict(p conv.Problem, peaks Peaks) (Prediction, error) {
	if _, err := p.Dst(); err != nil {
		return Prediction{}, err
	}
	if p.MACs() == 0 {
		return Prediction{}, &fault.Error{Package: "gpu", Argument: "images", Value: "0", Err: conv.ErrUnsupported,
			Rule: "want at least one, there is nothing to predict"}
	}
	class := d.profile.Class.String()
	chip, known := paper.Chips()[class]
	if !known {
		return Prediction{}, &fault.Error{Package: "gpu", Argument: "class", Value: class, Err: conv.ErrUnsupported,
			Rule: "no compiler's figures are kept of it, only of " +
				strings.Join(slices.Sorted(maps.Keys(paper.Chips())), " and ")}
	}
	hardware := asking{d, d.profile}
	hardware.profile.LoopIterations = 0 // a limit of software renderers
	b, err := hardware.blueprint(p)
	if err != nil {
		return Prediction{}, err
	}
	counted, mesa, err := countedStages(hardware.profile, chip.Figures)
	if err != nil {
		return Prediction{}, err
	}
	made := Prediction{Peaks: peaks, Class: class, Compiler: fmt.Sprintf("Mesa %s for %s", mesa, chip.Figures)}
	for i, s := range b.Stages() {
		row, differences := nearest(counted, s.Program, b.Description.Algorithm)
		w := workOf(b, i)
		w.Figures = row.Figures
		t := chip.Predict(w, paper.Roof(peaks))
		switch {
		case row.Name == "" && s.Program == b.Pool.Program: // the figures may lack it, and it only moves memory
			t = paper.Time{Memory: t.Memory, Busy: 1}
		case row.Name == "" || s.Lanes == 0:
			return Prediction{}, &fault.Error{Package: "gpu", Argument: "shader", Value: s.Program.Shader,
				Err: conv.ErrUnsupported, Rule: "its instructions are not counted"}
		}
		made.Seconds += t.Seconds()
		made.Stages = append(made.Stages, PredictedStage{Shader: s.Program.Shader, Seconds: t.Seconds(),
			Bound:      t.Bound(),
			Arithmetic: t.Arithmetic, Access: t.Access, Memory: t.Memory, Busy: t.Busy, Counted: row.Name,
			Differences: differences, Registers: row.Registers, Waves: row.Waves})
	}
	return made, nil
}

// countedStage is a stage whose instructions are counted, and its program.
type countedStage struct {
	isa.Stage
	program recipe.Key
}

// countedStages lists the stages of a chip's figures, with the programs that the device would compile for them. It
// leaves out those whose problem or algorithm is no longer there, and those for which the device takes another tile.
func countedStages(device recipe.Profile, chip string) (all []countedStage, mesa string, err error) {
	mesa, rows, err := isa.Counted(chip)
	if err != nil {
		return nil, "", err
	}
	named := map[string]conv.Problem{}
	for _, p := range problems.Staged() {
		named[p.Name] = p.Problem
	}
	for _, row := range rows {
		parts := strings.Split(row.Name, "/")
		b, err := recipe.Draw(named[parts[0]], device, parts[1])
		if err != nil || b.Description.Tile != row.Tile {
			continue
		}
		for _, s := range b.Stages() {
			if s.Program.Shader == parts[2] {
				all = append(all, countedStage{row, s.Program})
			}
		}
	}
	return all, mesa, nil
}

// nearest returns the counted stage with the same shader as program and the fewest constants that differ from those of
// program, and the names of these constants. Of several such stages it prefers one of the same algorithm. If no stage
// has the shader, best.Name is "".
func nearest(counted []countedStage, program recipe.Key, algorithm string) (best isa.Stage, differences []string) {
	least := 0
	for _, c := range counted {
		if c.program.Shader != program.Shader {
			continue
		}
		names := differing(c.program, program)
		distance := 2 * len(names)
		if strings.Split(c.Name, "/")[1] != algorithm {
			distance++
		}
		if best.Name == "" || distance < least {
			best, differences, least = c.Stage, names, distance
		}
	}
	return best, differences
}

// differing lists the constants whose values differ between two programs of a shader. It leaves out constants that hold
// code, which follows from the others.
func differing(a, b recipe.Key) []string {
	names, values := []string{}, map[string]string{}
	for _, d := range b.Constants.Defines() {
		values[d.Name] = d.Value
	}
	for _, d := range a.Constants.Defines() {
		code := strings.Contains(d.Name, "(") || strings.HasSuffix(d.Name, "SCHEDULE")
		if !code && values[d.Name] != d.Value {
			names = append(names, d.Name)
		}
	}
	return names
}

// workOf returns what stage i of a blueprint has to do for the whole batch. Each buffer that a stage reads or writes
// moves once.
func workOf(b recipe.Blueprint, i int) paper.Work {
	s := b.Stages()[i]
	pieces, chunk := max(1, b.Bands.Count)*b.Problem.Src.N(), b.Description.Chunk
	w := paper.Work{MACs: float64(s.MACs), Bytes: float64(pieces) * bytesOf(b, i)}
	if s.MACs > 0 {
		w.Bytes += 4 * float64(b.Recipe.PackedFloats)
	}
	add := func(images int, times float64) {
		for _, pass := range s.Passes(images) {
			w.Dispatches += times
			w.Invocations += times * float64(pass.Groups[0]*s.Lanes) * float64(pass.Groups[1]*pass.Groups[2])
		}
	}
	add(chunk, float64(pieces/chunk))
	if rest := pieces % chunk; rest > 0 {
		add(rest, 1)
	}
	return w
}

// bytesOf returns how many bytes stage i reads and writes for an image or band.
func bytesOf(b recipe.Blueprint, i int) float64 {
	src, sums, dst := b.Recipe.StoredBytes(b.Piece)
	stages := len(b.Recipe.Stages)
	if i == stages { // the pool
		return float64(sums + dst)
	}
	s, written := b.Recipe.Stages[i], dst
	if sums > 0 {
		written = sums
	}
	bytes := 0.0
	for _, end := range []struct {
		place recipe.Place
		own   int
	}{{s.Reads, src}, {s.Writes, written}} {
		if scratch, ok := end.place.Scratch(); ok {
			bytes += float64(b.Recipe.Scratch[scratch].ImageBytes)
		} else {
			bytes += float64(end.own)
		}
	}
	return bytes
}
