package page_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/experiment"
	"gpuconv/experiment/page"
	"gpuconv/figure"
	"gpuconv/filters"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/stimuli"
)

// evil is a text that would be a script if the page did not escape it.
const evil = `"><script src="http://evil.example/x.js">alert('1')</script>` + "\u202e</script><!--<script>\x1b[2J"

// pattern is a set of images whose pixel in row y and column x of channel c of image n is a function of all four.
type pattern struct {
	shape conv.Shape
	names []string
}

func (p pattern) Shape() conv.Shape { return p.shape }

func (p pattern) at(n, c, y, x int) float32 {
	return float32(n+1) * float32((c+1)*100+(y*7+x*3)%50) / 255
}

func (p pattern) Draw(dst *conv.Tensor, first int) error {
	for n := range dst.Shape.N() {
		for c := range dst.Shape.C() {
			plane := dst.Plane(n, c)
			for i := range plane {
				plane[i] = p.at(first+n, c, i/p.shape.W(), i%p.shape.W())
			}
		}
	}
	return nil
}

func (p pattern) Table() (*param.Table, error) {
	t := param.NewTable("image", "size_pixels")
	for i := range p.shape.N() {
		t.Add("image", float64(i/2))
	}
	if p.names != nil {
		t.Columns = append(t.Columns, param.Column{Name: "file", Words: p.names})
	}
	return t, nil
}

func (p pattern) Title(i int) string { return fmt.Sprintf("image %d", i) }

// bank returns filters of one pixel and more, which are called names, or numbered.
func bank(t testing.TB, shape conv.Shape, names ...string) *experiment.Bank {
	t.Helper()
	weight, err := conv.NewTensor(shape)
	if err != nil {
		t.Fatal(err)
	}
	for i := range weight.Data {
		weight.Data[i] = float32(i%5-2) / 4
	}
	b := experiment.UnknownBank(weight)
	copy(b.Names, names)
	return b
}

// done runs a job on the CPU, and returns its folder.
func done(t testing.TB, j experiment.Job) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "out")
	if _, err := j.Run(t.Context(), cpu.Engine{}, folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// read reads a folder, and adds the viewer.
func read(t testing.TB, folder string, l page.Look) *page.Run {
	t.Helper()
	r, err := page.Read(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Look(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, r *page.Run) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// floats decodes what the viewer decodes.
func floats(t testing.TB, text string) (all []float32) {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(content); i += 4 {
		all = append(all, math.Float32frombits(binary.LittleEndian.Uint32(content[i:])))
	}
	return all
}

// same compares the bits of values.
func same(t testing.TB, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// TestViewerHasTheArrays: for each format and type, large and small runs, the values on the page are those of the array
// and of the images, at the rows, columns, channels and images that the page says.
func TestViewerHasTheArrays(t *testing.T) {
	nan := bank(t, conv.Shape{2, 1, 3, 3})
	nan.Weight.Data[0] = float32(math.NaN())
	for name, j := range map[string]experiment.Job{
		"one":      {Images: pattern{shape: conv.Shape{1, 1, 5, 4}}, Bank: bank(t, conv.Shape{1, 1, 1, 1})},
		"npz":      {Images: pattern{shape: conv.Shape{7, 3, 9, 8}}, Bank: bank(t, conv.Shape{2, 3, 3, 3}), Format: npy.Format{Kind: npy.NPZ}},
		"zarr":     {Images: pattern{shape: conv.Shape{7, 1, 9, 8}}, Bank: bank(t, conv.Shape{2, 1, 3, 3}), Format: npy.Format{Kind: npy.Zarr, Half: true}},
		"NaN":      {Images: pattern{shape: conv.Shape{3, 1, 9, 8}}, Bank: nan},
		"many":     {Images: pattern{shape: conv.Shape{10000, 1, 4, 4}}, Bank: bank(t, conv.Shape{1, 1, 1, 1})},
		"filters":  {Images: pattern{shape: conv.Shape{2, 1, 6, 6}}, Bank: bank(t, conv.Shape{512, 1, 1, 1})},
		"large":    {Images: pattern{shape: conv.Shape{1, 1, 700, 300}}, Bank: bank(t, conv.Shape{1, 1, 1, 1})},
		"channels": {Images: pattern{shape: conv.Shape{2, 5, 6, 6}}, Bank: bank(t, conv.Shape{2, 5, 1, 1})},
		"energy": {Images: pattern{shape: conv.Shape{2, 1, 6, 6}}, Bank: bank(t, conv.Shape{4, 1, 3, 3}),
			Spec: conv.Spec{Activation: conv.Energy, Pool: conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{1, 1}}}},
	} {
		folder := done(t, j)
		r := read(t, folder, page.Look{Images: j.Images})
		v := r.Viewer
		array, err := npy.ReadFile(t.Context(), filepath.Join(folder, r.Report.ActivationsFile))
		if err != nil {
			t.Fatal(err)
		}
		of := conv.Shape(array.Shape)
		values := 0
		for _, image := range v.Images {
			var want []float32
			for _, channel := range v.Channels {
				for y := 0; y < of.H(); y += v.Maps.Step {
					for x := 0; x < of.W(); x += v.Maps.Step {
						want = append(want, array.Data[((image.Number*of.C()+channel.Number)*of.H()+y)*of.W()+x])
					}
				}
			}
			same(t, name+": activations", floats(t, image.Activations), want)
			want = nil
			for c := range min(3, j.Images.Shape().C()) {
				for y := 0; y < j.Images.Shape().H(); y += v.Stimuli.Step {
					for x := 0; x < j.Images.Shape().W(); x += v.Stimuli.Step {
						want = append(want, j.Images.(pattern).at(image.Number, c, y, x))
					}
				}
			}
			same(t, name+": image", floats(t, image.Stimulus), want)
			values += len(image.Activations) + len(image.Stimulus)
		}
		if values > 6<<20 {
			t.Errorf("%s: %d characters", name, values)
		}
		whole := v.Shows() == fmt.Sprintf("%d of %d images, %d of %d channels", of.N(), of.N(), of.C(), of.C()) &&
			v.Maps.Step == 1 && j.Images.Shape().C() <= 3
		if whole != (v.LeftOut() == "") {
			t.Errorf("%s: the page shows %s, and says %q", name, v.Shows(), v.LeftOut())
		}
	}
}

// TestHostileTexts: whatever a run's texts contain, the page runs no script in them and loads nothing.
func TestHostileTexts(t *testing.T) {
	j := experiment.Job{Images: pattern{shape: conv.Shape{2, 1, 6, 6}, names: []string{evil, "b"}},
		Bank: bank(t, conv.Shape{2, 1, 3, 3}, evil, evil)}
	j.Bank.Notes = []string{evil}
	j.Origin = experiment.Origin{Command: []string{"/usr/bin/gpuconv", evil}, Stimulus: evil, Filter: evil,
		Program: map[string]string{"git": evil, "go": evil, "platform": evil}}
	r := read(t, done(t, j), page.Look{Images: j.Images})
	r.Folder = evil
	r.Notes = []string{evil}
	r.Report.Backend = experiment.Backend{Name: evil, Device: evil, Driver: evil, Algorithm: evil, Accuracy: evil}
	content := text(t, r)
	if n := strings.Count(content, "<script"); n != 2 { // the data and the viewer
		t.Errorf("%d scripts", n)
	}
	for _, bad := range []string{"alert('1')<", "\x1b", "\u202e", "<!--"} {
		if strings.Contains(content, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	loads := regexp.MustCompile(`(?i)\b(?:src|href|srcset|action)\s*=\s*"([^"]*)"`)
	for _, attribute := range loads.FindAllStringSubmatch(content, -1) {
		if !strings.HasPrefix(attribute[1], "data:image/") {
			t.Errorf("the page loads %.80q", attribute[1])
		}
	}
	if !strings.Contains(content, "&lt;script src=&#34;http://evil.example/x.js&#34;&gt;") {
		t.Error("the hostile text is not shown as text")
	}
	nested(t, content)
}

// nested fails if tags are not closed in the order in which they were opened. The contents of scripts do not count.
func nested(t *testing.T, content string) {
	t.Helper()
	content = regexp.MustCompile(`(?s)(<script[^>]*>).*?</script>`).ReplaceAllString(content, "$1</script>")
	void := map[string]bool{"meta": true, "img": true, "!doctype": true, "input": true}
	var open []string
	for _, tag := range regexp.MustCompile(`<(/?)([!a-zA-Z0-9]+)[^>]*>`).FindAllStringSubmatch(content, -1) {
		element := strings.ToLower(tag[2])
		switch {
		case void[element]:
		case tag[1] == "":
			open = append(open, element)
		case len(open) == 0 || open[len(open)-1] != element:
			t.Fatalf("</%s> within %v", element, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%v are not closed", open)
	}
}

// TestPageHolds: the page has what was asked, where the largest error was, speed and roof, figures with texts for those
// who do not see them, and how to read the array.
func TestPageHolds(t *testing.T) {
	for kind, python := range map[npy.Kind]string{npy.NPY: `/out/activations.npy&#34;)  #`,
		npy.NPZ:  `/out/activations.npz&#34;)[&#34;activations&#34;]`,
		npy.Zarr: `activations.zarr.zip&#34;, mode=&#34;r&#34;), mode=&#34;r&#34;)[&#34;activations&#34;][:]`} {
		j := experiment.Job{Images: pattern{shape: conv.Shape{2, 1, 16, 16}}, Bank: bank(t, conv.Shape{3, 1, 5, 5}),
			Check: experiment.Checking{Images: -1}, Format: npy.Format{Kind: kind, Half: true},
			Roof: &experiment.Roof{GFLOPS: 100, GBPS: 10},
			Origin: experiment.Origin{Command: []string{"/bin/gpuconv", "run", "--filter", "a b"},
				Flags: map[string][]string{}}}
		r := read(t, done(t, j), page.Look{})
		content := text(t, r)
		for _, want := range []string{"gpuconv run --filter &#39;a b&#39;", "<dt>Where that is</dt><dd>image ",
			"of the roof while convolving",
			"100 GFLOP/s in registers and copies 10.0 GB/s", `alt="The weights of 3 filters of 5 by 5.`,
			"float16 [2 3 12 12]",
			"864 of 864 outputs were compared with the float64 reference, and all agree", python, "pd.read_csv("} {
			if want = strings.ReplaceAll(want, "10.0 GB", "10 GB"); !strings.Contains(content, want) {
				t.Errorf("%v: no %q in the page", kind, want)
			}
		}
		if r.Viewer.Colours != 0 || r.Viewer.Images[0].Stimulus != "" {
			t.Error("there are images, though nobody can draw them")
		}
		nested(t, content)
	}
}

// TestRead: a folder that is not one of a run, or does not fit its run.json, is refused in one line.
func TestRead(t *testing.T) {
	j := experiment.Job{Images: pattern{shape: conv.Shape{2, 1, 6, 6}}, Bank: bank(t, conv.Shape{2, 1, 3, 3})}
	change := func(name string, to any) func(r map[string]any) { return func(r map[string]any) { r[name] = to } }
	for want, alter := range map[string]func(folder string, report map[string]any){
		"": func(string, map[string]any) {},
		"experiment: run.json: there is none: the run did not end, or gpuconv run did not write this folder": nil,
		"page: stimuli.csv: no such file or directory": func(folder string, _ map[string]any) {
			os.Remove(filepath.Join(folder, "stimuli.csv"))
		},
		"page: cells.csv: 1 rows: want 2, as run.json says": func(folder string, _ map[string]any) {
			os.WriteFile(filepath.Join(folder, "cells.csv"), []byte("cell,name\n0,a\n"), 0o600)
		},
		"page: filters.png: want a PNG, as its name says": func(folder string, _ map[string]any) {
			os.WriteFile(filepath.Join(folder, "filters.png"), []byte("GIF"), 0o600)
		},
		"page: run.json: activations_file /etc/passwd: want activations.npy, .npz or .zarr.zip": func(_ string, r map[string]any) {
			change("activations_file", "/etc/passwd")(r)
		},
		"page: run.json: activations_shape [2 2 0 4]: want numbers of at least 1": func(_ string, r map[string]any) {
			change("activations_shape", []int{2, 2, 0, 4})(r)
		},
		"page: run.json: activations_shape [3 2 4 4] for stimuli [2 1 6 6]: want as many images": func(_ string, r map[string]any) {
			change("activations_shape", []int{3, 2, 4, 4})(r)
		},
		"page: activations.npy: shape [2 2 4 4]: want [2 2 5 4], as run.json says": func(_ string, r map[string]any) {
			change("activations_shape", []int{2, 2, 5, 4})(r)
		},
	} {
		folder := done(t, j)
		if alter == nil {
			folder = t.TempDir()
		} else {
			var report map[string]any
			name := filepath.Join(folder, "run.json")
			content, err := os.ReadFile(name)
			if err == nil {
				err = json.Unmarshal(content, &report)
			}
			if err != nil {
				t.Fatal(err)
			}
			alter(folder, report)
			if content, err = json.Marshal(report); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r, err := page.Read(t.Context(), folder)
		if err == nil {
			err = r.Look(t.Context(), page.Look{Images: j.Images})
		}
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := page.Read(ctx, done(t, j)); err == nil {
		t.Error("it is read after an interrupt")
	}
}

// gratings is a job whose images and activations a test of the page can point at.
func gratings(t testing.TB) experiment.Job {
	t.Helper()
	sweep, err := stimuli.NewSweep(stimuli.NMA{Resolution: 0.1}, param.Explicit(-90, -45, 0, 45, 90))
	if err != nil {
		t.Fatal(err)
	}
	bank, err := experiment.TutorialBank(filters.NMA{Channels: 6, Size: 7})
	if err != nil {
		t.Fatal(err)
	}
	return experiment.Job{Images: sweep, Bank: bank, Spec: conv.Spec{Padding: conv.Pad(3, 3)},
		Check: experiment.Checking{Images: -1}, Roof: &experiment.Roof{GFLOPS: 200, GBPS: 20},
		Look:   experiment.Look{Gratings: true, Limit: experiment.TutorialLimit, Drawn: figure.Look{Tone: figure.Ink}},
		Origin: experiment.Origin{Command: strings.Fields("gpuconv run --orientations -90:91:45 --html --output out")}}
}
