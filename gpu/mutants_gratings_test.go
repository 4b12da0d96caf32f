//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// gratingsMutants break gratings.comp.
func gratingsMutants() []mutant {
	const turned = "angles[first + WIDTH + row - image * HEIGHT] + 0x40000000u;"
	return []mutant{
		{name: "the tail's guard removed", old: "if (q >= uint(pixels)) {", new: "if (false) {"},
		{name: "the last pixel is not written", old: "if (q >= uint(pixels)) {", new: "if (q >= uint(pixels - 1)) {"},
		{name: "rows of height", old: "uint row = q / WIDTH;", new: "uint row = q / HEIGHT;"},
		{name: "images of width rows", old: "uint image = row / HEIGHT;", new: "uint image = row / WIDTH;"},
		{name: "the first image's angles for all", old: "image * (WIDTH + HEIGHT);", new: "0u;"},
		{name: "only columns between images", old: "image * (WIDTH + HEIGHT);", new: "image * WIDTH;"},
		{name: "the next column", old: "first + q - row * WIDTH]", new: "first + q - row * WIDTH + 1u]"},
		{name: "the first column for all", old: "first + q - row * WIDTH]", new: "first]"},
		{name: "the next row", old: "first + WIDTH + row -", new: "first + WIDTH + 1u + row -"},
		{name: "the first row for all", old: "first + WIDTH + row - image * HEIGHT]", new: "first + WIDTH]"},
		{name: "rows before columns", old: "first + WIDTH + row - image * HEIGHT]",
			new: "first + row - image * HEIGHT]"},
		{name: "a quarter too little", old: turned, new: "angles[first + WIDTH + row - image * HEIGHT];"},
		{name: "a unit more", old: "+ 0x40000000u;", new: "+ 0x40000001u;"},
		{name: "a unit less", old: "+ 0x40000000u;", new: "+ 0x3fffffffu;"},
		{name: "the zero is light", old: "turned < 0x80000000u", new: "turned <= 0x80000000u"},
		{name: "dark and light exchanged", old: "light : dark);", new: "dark : light);"},
		{name: "all are light", old: "light : dark);", new: "light : light);"},
		{name: "one sure too few", old: "<= 4u * SLACK", new: "<= 4u * SLACK + 2u"},
		{name: "one sure too many", old: "<= 4u * SLACK", new: "< 4u * SLACK"},
		{name: "only one side is unsure", old: "2u * turned + 2u * SLACK <=", new: "2u * turned <="},
		{name: "only one zero is unsure", old: "(2u * turned + 2u * SLACK <=", new: "(turned + SLACK <="},
		{name: "nothing is unsure", old: "atomicOr(unsure[image], 1u);", new: ""},
		{name: "the first image is unsure", old: "unsure[image]", new: "unsure[0]"},
		{name: "marks are cleared", old: "atomicOr(", new: "atomicAnd("},
	}
}

// TestGratingsMutants kills all mutants of gratings.comp, and of what the host tells it.
func TestGratingsMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: the race detector sees nothing of what shaders compute")
	}
	killed := func(name string, d *Device, breaks func(b *recipe.Blueprint)) {
		for i, shape := range paintShapes() {
			b, err := asking{d, d.profile}.blueprint(copier(shape))
			if err != nil {
				t.Fatal(err)
			}
			breaks(&b)
			made, err := d.build(b, &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			painter := made.(conv.Painter)
			if err := painter.Paints(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			err = painted(painter, edged(shape, uint64(i)))
			made.Close()
			if err != nil {
				return
			}
		}
		t.Errorf("%s: nothing shows it", name)
	}
	text := shaderText(t, "gratings.comp")
	for _, m := range gratingsMutants() {
		if n := strings.Count(text, m.old); n != 1 || m.old == m.new {
			t.Errorf("%s: the file has %q %d times, want once", m.name, m.old, n)
			continue
		}
		d := openPainter(t, recipe.Copied, true)
		d.meddle(func(s *seam) {
			s.edit = func(file, text string) string {
				if file == "gratings.comp" {
					return m.broken(text)
				}
				return text
			}
		})
		killed(m.name, d, func(*recipe.Blueprint) {})
	}
	d := openPainter(t, recipe.Copied, true)
	for _, by := range []int{1, -1} {
		killed(fmt.Sprintf("pixels %+d", by), d, ofPasses(func(work *recipe.Pass) { work.Uniforms[0].Value += by }))
	}
	killed("a work-group too few", d, ofPasses(func(work *recipe.Pass) { work.Groups[0]-- }))
}

// ofPasses changes the passes that make images.
func ofPasses(change func(work *recipe.Pass)) func(b *recipe.Blueprint) {
	return func(b *recipe.Blueprint) {
		passes := b.Gratings.Passes
		b.Gratings.Passes = func(images int) []recipe.Pass {
			all := passes(images)
			for i := range all {
				change(&all[i])
			}
			return all
		}
	}
}
