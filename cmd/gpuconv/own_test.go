package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/npy"
)

// ownFolder returns a new folder with pictures of two sizes, arrays, lists, and a run.json that has no flags and one
// that has a flag it must not have.
func ownFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "mixed"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i, size := range []image.Point{{20, 12}, {16, 16}, {20, 12}} {
		img := image.NewNRGBA(image.Rectangle{Max: size})
		for y := range size.Y {
			for x := range size.X {
				img.SetNRGBA(x, y, color.NRGBA{uint8(x * 11), uint8(y * 13), uint8(40 * i), 255})
			}
		}
		file, err := os.Create(filepath.Join(dir, "mixed", string(rune('a'+i))+".png"))
		if err == nil {
			err = png.Encode(file, img)
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	for name, shape := range map[string][]int{"x.npy": {2, 12, 20}, "w3.npy": {2, 3, 3, 3}, "rgb.npy": {1, 3, 12, 20},
		"nhwc.npy": {1, 12, 20, 3}, "hwc.npy": {12, 20, 3}, "six.npy": {2, 6, 20, 4}} {
		n := 1
		for _, extent := range shape {
			n *= extent
		}
		data := make([]float32, n)
		for i := range data {
			data[i] = float32(i%7) - 3
		}
		if err := npy.WriteFile(filepath.Join(dir, name), &npy.Array{Shape: shape, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	copyTo(t, filepath.Join(dir, "list.txt"), []byte("# two\nmixed/c.png\n\nx.npy\n"))
	copyTo(t, filepath.Join(dir, "empty.txt"), []byte("# none\n"))
	copyTo(t, filepath.Join(dir, "round.txt"), []byte("round.txt\n"))
	copyTo(t, filepath.Join(dir, "old.json"), []byte(`{"schema":1,"command":["gpuconv","run"]}`))
	copyTo(t, filepath.Join(dir, "evil.json"), []byte(`{"schema":1,"flags":{"output":["/"]}}`))
	return dir
}

// TestOwnImages: pictures, arrays, lists and kinds become images in the order in which they are named; images of
// several sizes have a folder for each size.
func TestOwnImages(t *testing.T) {
	unraced(t)
	dir := ownFolder(t)
	for name, c := range map[string]struct {
		args  []string
		files map[string][]int // each activations.npy and its shape
		table string           // the column file of stimuli.csv in the first folder
	}{
		"sizes": {[]string{"--stimulus", "mixed"},
			map[string][]int{"12x20": {2, 6, 12, 20}, "16x16": {1, 6, 16, 16}}, "a.png c.png"},
		"list": {[]string{"--stimulus", "list.txt"}, map[string][]int{".": {3, 6, 12, 20}}, "c.png x.npy x.npy"},
		"pattern and kind": {[]string{"--stimulus", "mixed/[ac].png", "--stimulus", "impulse image-size=12,20"},
			map[string][]int{".": {3, 6, 12, 20}}, "a.png c.png "},
		"colour": {[]string{"--stimulus", "mixed", "--resize", "10,12", "--crop", "8", "--filter", "w3.npy", "--padding", "0",
			"--dilation", "2"}, map[string][]int{".": {3, 2, 4, 4}}, "a.png b.png c.png"},
		"arrays of colours": {[]string{"--stimulus", "rgb.npy", "--filter", "w3.npy", "--padding-mode", "reflect"},
			map[string][]int{".": {1, 2, 12, 20}}, "rgb.npy"},
		"groups": {[]string{"--stimulus", "six.npy", "--groups", "6"}, map[string][]int{".": {2, 6, 20, 4}},
			"six.npy six.npy"},
		"three groups": {[]string{"--stimulus", "mixed/[ac].png", "--groups", "3"},
			map[string][]int{".": {2, 6, 12, 20}}, "a.png c.png"},
	} {
		out := strings.ReplaceAll(name, " ", "-")
		code, _, stderr := inFolder(t, dir, append([]string{"run", "--backend", "cpu", "--output", out}, c.args...)...)
		if code != 0 {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
			continue
		}
		for folder, shape := range c.files {
			a, err := npy.ReadFile(t.Context(), filepath.Join(dir, out, folder, "activations.npy"))
			if err != nil || !slices.Equal(a.Shape, shape) {
				t.Errorf("%s: %s has %v, %v, want %v", name, folder, a, err, shape)
			}
		}
		first := slices.Min(slices.Collect(keysOf(c.files)))
		got := columnOf(t, filepath.Join(dir, out, first, "stimuli.csv"), "file")
		if strings.Join(got, " ") != c.table {
			t.Errorf("%s: files %q, want %q", name, got, c.table)
		}
	}
}

// TestChannelsLast: where no filters say how many channels there are, an array that may have the channels last is read
// as any other, and a note says how it is read.
func TestChannelsLast(t *testing.T) {
	dir := ownFolder(t)
	for name, want := range map[string]string{
		"hwc.npy":  "hwc.npy: shape [12 20 3] is read as 12 images of 20×3; if",
		"nhwc.npy": "nhwc.npy: shape [1 12 20 3] is read as 1 image of 12 channels of 20×3; if the channels are last: numpy.",
	} {
		code, _, stderr := inFolder(t, dir, "stimuli", "--input", name, "--output", "made.npy")
		if code != 0 || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d, %q, want %q", code, stderr, want)
		}
	}
}

// TestStimuliReadsWhatRunReads: stimuli --input takes what run --stimulus takes, and makes the same images of it.
func TestStimuliReadsWhatRunReads(t *testing.T) {
	dir := ownFolder(t)
	images := func(stimulus string, more ...string) []float32 {
		t.Helper()
		args := append([]string{"run", "--backend", "cpu", "--check", "0", "--keep", "mean,energy,position:3,4",
			"--output", t.TempDir() + "/out", "--stimulus", stimulus}, more...)
		if code, _, stderr := inFolder(t, dir, args...); code != 0 {
			t.Fatalf("%s: exit code %d, %s", stimulus, code, stderr)
		}
		a, err := npy.ReadFile(t.Context(), filepath.Join(args[8], "activations.npy"))
		if err != nil {
			t.Fatal(err)
		}
		return a.Data
	}
	for _, text := range []string{"x.npy", "list.txt", "mixed/[ac].png", "mixed/b.png", "mixed --resize 10,12 --crop 8",
		"list.txt --normalise contrast", "impulse image-size=12,20"} {
		words := []string{text}
		if at := strings.Index(text, " --"); at > 0 {
			words = append([]string{text[:at]}, strings.Fields(text[at:])...)
		}
		code, _, stderr := inFolder(t, dir, append([]string{"stimuli", "--output", "made.npy", "--strict", "--input"},
			words...)...)
		if code != 0 {
			t.Errorf("%s: exit code %d, %s", text, code, stderr)
			continue
		}
		if got, want := images("made.npy"), images(words[0], words[1:]...); !slices.Equal(got, want) {
			t.Errorf("%s: the images that stimuli makes are not those of run", text)
		}
	}
}

// keysOf yields the keys of a map.
func keysOf(m map[string][]int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// columnOf returns the words of a column of a table without quotes.
func columnOf(t *testing.T, path, name string) (words []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	at := slices.Index(strings.Split(lines[0], ","), name)
	for _, line := range lines[1:] {
		words = append(words, strings.Split(line, ",")[at])
	}
	return words
}

// TestSizesInPart: if a later size fails, or an interrupt comes, an error says how many sizes are written already.
func TestSizesInPart(t *testing.T) {
	unraced(t)
	dir := ownFolder(t)
	picture := filepath.Join(dir, "mixed", "b.png")
	content, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	copyTo(t, picture, content[:len(content)-40])
	code, _, stderr := inFolder(t, dir, "run", "--backend", "cpu", "--stimulus", "mixed", "--output", "out")
	if !strings.HasSuffix(stderr, "; 1 of 2 sizes are written, in out\n") || code != exitFailed {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "12x20", "run.json")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&runFlags{output: "out"}).partly(ctx, ctx.Err(), 2, 3); err.Error() !=
		"interrupted; 2 of 3 sizes are written, in out" {
		t.Error(err)
	}
}

// TestOwnImagesRefused: an error names what is wrong with a stimulus, or with run.json, and nothing is written.
func TestOwnImagesRefused(t *testing.T) {
	unraced(t)
	dir := ownFolder(t)
	for args, want := range map[string]string{
		"--stimulus no/*.png":                           "--stimulus no/*.png: no file has such a name",
		"--stimulus empty.txt":                          "--stimulus empty.txt: an empty list",
		"--stimulus round.txt":                          "--stimulus round.txt: a list inside 3 lists",
		"--stimulus mixed --crop 13":                    "--stimulus: mixed/a.png: 12×20 pixels: want at least the 13×13",
		"--stimulus mixed --resize 0":                   `--resize "0": want the shorter side`,
		"--stimulus mixed --normalise 1":                `--normalise "1": want mean,std`,
		"--stimulus mixed --normalise 1,0":              `--normalise "1,0": want mean,std`,
		"--stimulus mixed --normalise imagenet":         "--normalise imagenet: want --colour rgb with it",
		"--stimulus mixed --colour cyan":                `--colour "cyan": want grey, rgb or opponent`,
		"--stimulus x.npy --colour rgb":                 "--stimulus: x.npy: shape [2 1 12 20]: want 3 channels",
		"--stimulus rgb.npy":                            "weight [6 1 7 7]: want 3 input channels (src C=3, groups=1); --colour grey makes",
		"--stimulus nhwc.npy":                           "--stimulus nhwc.npy: shape [1 12 20 3]: want 1 channel; if the channels are last: numpy.",
		"--stimulus nhwc.npy --groups 6":                "--stimulus nhwc.npy: shape [1 12 20 3]: want 6 channels; if the channels are last",
		"--resize 5":                                    "--resize 5: want --stimulus with image files",
		"--stimulus impulse --resize 5":                 "--resize 5: want --stimulus with image files",
		"--stimulus impulse --normalise 0,2":            "--normalise 0,2: want --stimulus with image files",
		"--stimulus mixed --show 1":                     "images of 16×16: --show 1: want numbers of images, from 0 to 0",
		"--stimulus x.npy --stimulus rgb.npy":           "images of 12×20: weight [6 1 7 7]: want 3 input channels",
		"--from old.json":                               "--from old.json: has no flags",
		"--from evil.json":                              `--from evil.json: flag "output"`,
		"--from x.npy":                                  "--from x.npy: want the run.json of a run",
		"--stimulus x.npy --filter w3.npy --bias x.npy": "--filter",
	} {
		code, _, stderr := inFolder(t, dir, append([]string{"run", "--backend", "cpu", "--output", "out"},
			strings.Fields(args)...)...)
		if line := errorLine(t, stderr); code != exitUsage && code != exitFailed ||
			!strings.HasPrefix(line, "gpuconv: "+want) && want != "--filter" {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, line, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Errorf("%s: a folder is left", args)
		}
	}
}

// TestImageFlagsAlike: conv and stimuli take the flags of images that run takes, with the same result: conv convolves
// the same images, stimuli writes them, and --dry-run names their shapes.
func TestImageFlagsAlike(t *testing.T) {
	unraced(t)
	dir := ownFolder(t)
	for name, flags := range map[string]string{
		"size":      "--resize 10,14 --crop 8,9",
		"colours":   "--colour opponent",
		"light":     "--linear-light --colour rgb",
		"all":       "--resize 24 --crop 16 --colour rgb --normalise imagenet --linear-light --background white",
		"contrast":  "--normalise contrast",
		"mean, std": "--normalise 0.5,0.25 --resize 9",
	} {
		t.Run(name, func(t *testing.T) {
			out := strings.NewReplacer(" ", "", ",", "").Replace(name)
			do := func(args string) string {
				t.Helper()
				code, stdout, stderr := inFolder(t, dir, strings.Fields(args)...)
				if code != 0 {
					t.Fatalf("%s: exit code %d, %s", args, code, stderr)
				}
				return stdout
			}
			read := func(name string) *npy.Array {
				t.Helper()
				a, err := npy.ReadFile(t.Context(), filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			same := func(got, want *npy.Array) {
				t.Helper()
				if !slices.Equal(got.Shape, want.Shape) || !slices.Equal(got.Data, want.Data) {
					t.Errorf("other outputs, of shape %v, want those of %v", got.Shape, want.Shape)
				}
			}
			for _, input := range []string{"mixed/b.png", "rgb.npy"} {
				if input == "rgb.npy" && strings.Contains(flags, "--background") {
					continue
				}
				file := out + filepath.Ext(input)
				do("run --backend cpu --padding 1 --filter w3.npy --output " + file + ".run --stimulus " + input + " " +
					flags)
				do("conv --backend cpu --padding 1 --weight w3.npy --output " + file + ".npy --input " + input + " " +
					flags)
				want := read(file + ".run/activations.npy")
				same(read(file+".npy"), want)
				report := do("conv --backend cpu --padding 1 --weight w3.npy --dry-run --input " + input + " " + flags)
				if text := fmt.Sprintf("outputs %v\n", want.Shape); !strings.Contains(report, text) {
					t.Errorf("--dry-run of conv says %q, want %q", report, text)
				}
			}
			if !strings.Contains(flags, "--colour") {
				flags += " --colour rgb" // run and conv take rgb, because the filters have three channels
			}
			report := do("stimuli --dry-run --output images.npy --input mixed/b.png " + flags)
			do("stimuli --output images.npy --input mixed/b.png " + flags)
			if text := fmt.Sprintf("shapes    images %v\n", read("images.npy").Shape); !strings.Contains(report, text) {
				t.Errorf("--dry-run of stimuli says %q, want %q", report, text)
			}
			do("conv --backend cpu --padding 1 --weight w3.npy --output written.npy --input images.npy")
			same(read("written.npy"), read(out+".png.npy"))
		})
	}
}

// TestImageFlagsRefused: each verb that takes the flags of images refuses them in the same words.
func TestImageFlagsRefused(t *testing.T) {
	unraced(t)
	dir := ownFolder(t)
	convolve := "conv --backend cpu --output y.npy --weight w3.npy --input "
	for args, want := range map[string]string{
		convolve + "mixed/a.png --crop 13":                       "--input: mixed/a.png: 12×20 pixels: want at least the 13×13",
		convolve + "mixed/a.png --normalise imagenet --resize 0": `--resize "0": want the shorter side`,
		convolve + "mixed/a.png --colour cyan":                   `--colour "cyan": want grey, rgb or opponent`,
		convolve + "mixed/a.png --colour grey":                   "weight [2 3 3 3]: want 1 input channel",
		convolve + "nhwc.npy":                                    "--input nhwc.npy: shape [1 12 20 3]: want 3 channels; if the channels are last: numpy.",
		convolve + "x.npy --colour rgb":                          "--input: x.npy: shape [2 1 12 20]: want 3 channels",
		"stimuli --output y.npy --input mixed --resize 13,0":     `--resize "13,0": want the shorter side`,
		"stimuli --output y.npy --input mixed --resize 13":       "--input mixed: a.png has 1 channel of 13×21, but b.png has 1 channel of 13×13: want images of one size, as --resize and --crop",
		"stimuli --output y.npy --kind grating --resize 13":      "--resize 13: want --input with it",
		"stimuli --output y.npy --linear-light":                  "--linear-light true: want --input with it",
		"verify --backend cpu --colour rgb":                      "--colour rgb: want --input and --weight with it",
		"verify --backend cpu --input mixed/a.png --weight w3.npy --crop 99": "--input: mixed/a.png: 12×20 pixels: want at " +
			"least the 99×99",
	} {
		code, _, stderr := inFolder(t, dir, strings.Fields(args)...)
		if line := errorLine(t, stderr); code != exitUsage && code != exitFailed ||
			!strings.HasPrefix(line, "gpuconv: "+want) {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, line, want)
		}
	}
}
