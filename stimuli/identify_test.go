package stimuli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/conv"
	"gpuconv/npy"
	"gpuconv/param"
)

// Every set of the package says what its pixels depend on.
var _ = []identified{&Sweep{}, &Product{}, InChannels{}, &Part{}, &Joined{}, &Files{}, &Array{}}

// identityOf returns what a set of images is told from others by: its shape, its table and what Identify writes.
func identityOf(t *testing.T, set Set) string {
	t.Helper()
	var text bytes.Buffer
	table, err := set.Table()
	if err == nil {
		err = table.WriteCSV(&text)
	}
	if err == nil {
		err = identify(set, &text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return set.Shape().String() + text.String()
}

// tells checks that each set has other pixels than all others, and another identity, which is the same for a set that
// is made again.
func tells(t *testing.T, makers map[string]func() Set) {
	t.Helper()
	seen, pixels := map[string]string{}, map[string][]float32{}
	for name, of := range makers {
		text := identityOf(t, of())
		if other, found := seen[text]; found {
			t.Errorf("%s is taken for %s: %s", name, other, text)
		}
		seen[text], pixels[name] = name, drawn(t, of()).Data
		for other, data := range pixels {
			if other != name && slices.Equal(data, pixels[name]) {
				t.Errorf("%s has the pixels of %s: want a case that shows something", name, other)
			}
		}
		if again := identityOf(t, of()); again != text {
			t.Errorf("%s: %s, then %s", name, text, again)
		}
	}
}

// TestIdentify: sets with other pixels have another identity, whatever makes the difference.
func TestIdentify(t *testing.T) {
	sweep := func(g NMA, degrees ...float64) func() Set {
		return func() Set {
			s, err := NewSweep(g, param.Explicit(degrees...))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	}
	product := func(c Canvas, g Grating) func() Set {
		return func() Set {
			p, err := NewProduct(c, func() Pattern { g := g; return &g }, param.NewAxis("orientation", 10, 30))
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	look := Look{Mean: 0.5, Contrast: 1}
	centred, circle, annulus := look, look, look
	centred.Centred, circle.Aperture.Window, annulus.Aperture.Window = true, Circle, Annulus
	small := Canvas{Rows: 24, Columns: 32}
	makers := map[string]func() Set{
		"sweep":       sweep(NMA{Resolution: 0.05}, 10, 30),
		"orientation": sweep(NMA{Resolution: 0.05}, 10, 40),
		"patch":       sweep(NMA{Resolution: 0.05, Patch: true}, 10, 30),
		"tutorial 3":  sweep(NMA{Resolution: 0.05, Tutorial3: true}, 10, 30),
		"both":        sweep(NMA{Resolution: 0.05, Patch: true, Tutorial3: true}, 10, 30),
		"sf":          sweep(NMA{Resolution: 0.05, SpatialFrequency: 0.05}, 10, 30),
		"grating":     product(small, Grating{SF: 0.1, Look: look}),
		"centred":     product(small, Grating{SF: 0.1, Look: centred}),
		"circle":      product(small, Grating{SF: 0.1, Look: circle}),
		"annulus":     product(small, Grating{SF: 0.1, Look: annulus}),
		"square":      product(small, Grating{SF: 0.1, Wave: Square, Look: look}),
		"supersample": product(Canvas{Rows: 24, Columns: 32, Supersample: 4}, Grating{SF: 0.1, Look: look}),
		"mean":        product(small, Grating{SF: 0.1, Look: Look{Mean: 0.4, Contrast: 1}}),
		"drift":       product(small, Grating{SF: 0.1, Drift: 0.1, Frame: 1, Look: look}),
	}
	tells(t, makers)
	for name, wrap := range map[string]func(s Set) Set{
		"channels": func(s Set) Set { return InChannels{s, 3} },
		"joined": func(s Set) Set {
			j, err := Join(s, s)
			if err != nil {
				t.Fatal(err)
			}
			return j
		},
		"part": func(s Set) Set {
			p, err := NewPart(s, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			wrapped := map[string]func() Set{}
			for name, of := range makers {
				wrapped[name] = func() Set { return wrap(of()) }
			}
			tells(t, wrapped)
		})
	}
	aliasing := small
	aliasing.AllowAliasing = true
	if identityOf(t, product(aliasing, Grating{SF: 0.1, Look: look})()) != identityOf(t, makers["grating"]()) {
		t.Error("permission that makes no pixels makes a difference")
	}
}

// TestIdentifyFiles: files of the same name, size and time are told apart by their content.
func TestIdentifyFiles(t *testing.T) {
	dir, then := t.TempDir(), time.Unix(1e9, 0)
	write := func(path string, write func(path string)) string {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o777); err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(dir, path)
		write(path)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		return path
	}
	makers := map[string]func() Set{}
	for i, name := range []string{"a", "b"} {
		picture := write(name+"/0.png", func(path string) { writeGrey(t, path, 3, 4, uint8(100+i)) })
		archive := write(name+"/0.npz", func(path string) {
			if err := npy.WriteNPZ(path, npy.Named{Name: "x/y", Array: plane(float32(i))},
				npy.Named{Name: "z/y", Array: plane(float32(i + 2))}); err != nil {
				t.Fatal(err)
			}
		})
		for option, o := range map[string]Options{"": {}, " linear": {Linear: true}, " crop": {Crop: [2]int{2, 2}}} {
			makers[picture+option] = func() Set {
				sets, err := OpenSizes(t.Context(), []string{picture}, o)
				if err != nil {
					t.Fatal(err)
				}
				return sets[0]
			}
		}
		for _, key := range []string{":x/y", ":z/y"} {
			makers[archive+key] = func() Set {
				a, err := OpenArray(t.Context(), archive+key, Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = a.Close() })
				return a
			}
		}
	}
	tells(t, makers)
}

// plane returns an array of one image of 2×2 pixels.
func plane(value float32) *npy.Array {
	return &npy.Array{Shape: []int{1, 1, 2, 2}, Data: []float32{0, 0, 0, value + 1}}
}

// TestDrawChanged: what is drawn is what Identify has seen. A file that was changed since then is refused, also if its
// size and its time are as they were.
func TestDrawChanged(t *testing.T) {
	then, dirs := time.Unix(1e9, 0), [2]string{t.TempDir(), t.TempDir()}
	for i, dir := range dirs {
		writeGrey(t, filepath.Join(dir, "0.png"), 3, 4, uint8(100+i))
		if err := npy.WriteFile(filepath.Join(dir, "0.npy"), plane(float32(i))); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := OpenFiles(t.Context(), filepath.Join(dirs[0], "0.png"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	array, err := OpenArray(t.Context(), filepath.Join(dirs[0], "0.npy"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer array.Close()
	for name, s := range map[string]Set{"0.png": picture, "0.npy": array} {
		path := filepath.Join(dirs[0], name)
		other, err := os.ReadFile(filepath.Join(dirs[1], name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		identityOf(t, s)
		image, err := conv.NewTensor(s.Shape())
		if err == nil {
			err = s.Draw(image, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(len(other)) {
			t.Fatalf("%s: %v, %v: want %d bytes", path, info, err, len(other))
		}
		if err := errors.Join(os.WriteFile(path, other, 0), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
		err = s.Draw(image, 0)
		if err == nil || !strings.Contains(err.Error(), path+": has changed") {
			t.Errorf("%s: %v, want it to be refused", name, err)
		}
	}
}

// TestDrawChangedPages: a change is found on whatever page of a file.
func TestDrawChangedPages(t *testing.T) {
	pages, err := os.ReadFile("testdata/pages.tif")
	if err != nil {
		t.Fatal(err)
	}
	for page := range 2 {
		path := filepath.Join(t.TempDir(), "pages.tif")
		if err := os.WriteFile(path, pages, 0o666); err != nil {
			t.Fatal(err)
		}
		sets, err := OpenSizes(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		identityOf(t, sets[0])
		if err := os.Chtimes(path, time.Unix(1e9, 0), time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		image, err := conv.NewTensor(sets[0].Shape().Image())
		if err != nil {
			t.Fatal(err)
		}
		if err := sets[0].Draw(image, page); err == nil || !strings.Contains(err.Error(), "has changed") {
			t.Errorf("page %d: %v, want it to be refused", page, err)
		}
	}
}
