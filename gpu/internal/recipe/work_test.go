package recipe

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/problems"
)

var (
	localSize = regexp.MustCompile(`local_size_([xyz]) = (\w+)`)
	defined   = regexp.MustCompile(`(?m)^#define (\w+) (\d+)$`)
)

// TestLanes: Stage.Lanes is how many invocations the shader says that a work-group has.
func TestLanes(t *testing.T) {
	eachStage(t, func(name string, _ Blueprint, s Stage) {
		size := workGroup(t, s)
		want := size[0] * size[1] * size[2]
		if s.Lanes != want && !strings.HasPrefix(s.Program.Shader, "fft") {
			t.Errorf("%s: %d lanes, want %d", name, s.Lanes, want)
		}
	})
}

// workGroup returns the invocations of a work-group along x, y and z, as the shader declares them.
func workGroup(t *testing.T, s Stage) [3]int {
	t.Helper()
	source, err := s.Program.Source(nil)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, d := range defined.FindAllStringSubmatch(source, -1) {
		values[d[1]] = d[2]
	}
	size := [3]int{1, 1, 1}
	for _, axis := range localSize.FindAllStringSubmatch(source, -1) {
		text := axis[2]
		if values[text] != "" {
			text = values[text]
		}
		if size[axis[1][0]-'x'], err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return size
}

// TestMACs: the invocations of a stage make at least as many multiply-adds as the problem has, or at least a quarter of
// them in the products of winograd. Tiles that are not full make more.
func TestMACs(t *testing.T) {
	eachStage(t, func(name string, b Blueprint, s Stage) {
		if s.MACs == 0 {
			return
		}
		p := b.Problem
		p.Src[0] = 32
		made := 0.0
		for _, pass := range s.Passes(p.Src.N()) {
			made += float64(pass.Groups[0]*pass.Groups[1]*pass.Groups[2]) * float64(s.Lanes*s.MACs)
		}
		want := p.MACs()
		if b.Description.Algorithm == "winograd" {
			want /= 4
		}
		// Here the tiles are full: they divide the 48×64 positions of the one and the 56×56 of the other.
		full := strings.HasSuffix(name, "seed, direct_small, direct_small") ||
			strings.HasSuffix(name, "ResNet, igemm, igemm")
		if made < want || full && made != want {
			t.Errorf("%s: %g multiply-adds of %g", name, made, want)
		}
	})
}

// eachStage calls f with the stages of real problems on each class, with its name.
func eachStage(t *testing.T, f func(name string, b Blueprint, s Stage)) {
	t.Helper()
	for class := range classes {
		if Class(class) == Software {
			continue
		}
		device := NewProfile(Class(class), roomy().Limits, true, false)
		for _, p := range problems.Staged() {
			for _, algorithm := range AlgorithmNames() {
				b, err := Draw(p.Problem, device, algorithm)
				if errors.Is(err, conv.ErrUnsupported) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range b.Stages() {
					f(Class(class).String()+", "+p.Name+", "+algorithm+", "+s.Program.Shader, b, s)
				}
			}
		}
	}
}
