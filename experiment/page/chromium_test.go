package page_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/experiment/page"
	"gpuconv/figure"
	"gpuconv/internal/chromium"
	"gpuconv/npy"
)

// TestPageInChromium: at the widths of a desk and of a phone, light and dark, nothing of the page is wider than the
// window, and the console has no message. Mouse and keys change the image and the place, and the values that are shown
// are those of the array.
func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("in full only: it starts a browser")
	}
	browser := chromium.Start(t)
	j := gratings(t)
	folder := done(t, j)
	r := read(t, folder, page.Look{Images: j.Images, Drawn: j.Look.Drawn})
	addTuning(t, r)
	array, err := npy.ReadFile(t.Context(), filepath.Join(folder, "activations.npy"))
	if err != nil {
		t.Fatal(err)
	}
	browser.EachView("run", []byte(text(t, r)), func(chromium.View) {
		operate(t, browser, array)
		for n := range j.Images.Shape().N() {
			painted(t, browser, j, n)
		}
	})
	if dir := os.Getenv("GPUCONV_SCREENSHOTS"); dir != "" {
		browser.Print(filepath.Join(dir, "run.pdf"))
	}
}

// operate uses the viewer with keys and mouse.
func operate(t *testing.T, b *chromium.Browser, array *npy.Array) {
	t.Helper()
	b.Eval(`document.getElementById("image").focus()`, nil)
	b.Key("End")
	b.Key("ArrowLeft")
	if got := b.Text("#title"); got != "image 3: orientation_deg 45 (4 of 5)" {
		t.Errorf("the slider leads to %q", got)
	}
	b.Click("#maps .panel:nth-child(2) canvas", 0.5/64, 0.5/48)
	agrees(t, b, array, 3, 0, 0)
	for _, key := range []string{"ArrowDown", "ArrowDown", "ArrowRight", "PageDown"} {
		b.Key(key)
	}
	agrees(t, b, array, 4, 2, 1)
	b.Key("End")
	b.Key("ArrowRight")
	agrees(t, b, array, 4, 2, 63)
	b.Key("Home")
	b.Key("PageUp")
	agrees(t, b, array, 3, 2, 0)
	b.Point("#stimulus canvas", 30.5/64, 20.5/48) // padding by half a filter: output and pixel have the same place
	agrees(t, b, array, 3, 20, 30)
	var before, after string
	const drawn = `document.querySelector("#maps canvas").toDataURL()`
	b.Eval(drawn, &before)
	b.Click("#each", 0.5, 0.5)
	b.Eval(drawn, &after)
	if before == after {
		t.Error("the colours of each map on its own are those of all")
	}
	b.Click("#each", 0.5, 0.5)
	var focused string
	b.Eval(`document.getElementById("each").focus(); document.activeElement.id`, &focused)
	b.Key("Tab")
	b.Eval(`document.activeElement.getAttribute("aria-label")`, &focused)
	if !strings.HasPrefix(focused, "the image; ") {
		t.Errorf("Tab leads from the box to %q", focused)
	}
}

// painted compares the pixels of the canvas that shows image n with the image. Of all images on the page, the darkest
// pixel is black and the brightest white, or the other way round with dark ink.
func painted(t *testing.T, b *chromium.Browser, j experiment.Job, n int) {
	t.Helper()
	all, err := conv.NewTensor(j.Images.Shape())
	if err == nil {
		err = j.Images.Draw(all, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.Eval(`document.getElementById("image").focus()`, nil)
	b.Key("Home")
	for range n {
		b.Key("ArrowRight")
	}
	var got []int
	b.Eval(`(() => {
		const from = document.querySelector("#stimulus canvas"), copy = document.createElement("canvas");
		[copy.width, copy.height] = [from.width, from.height];
		const to = copy.getContext("2d", {willReadFrequently: true});
		to.drawImage(from, 0, 0);
		return Array.from(to.getImageData(0, 0, copy.width, copy.height).data);
	})()`, &got)
	least, most := slices.Min(all.Data), slices.Max(all.Data)
	image := all.Images(n, n+1).Data
	if len(got) != 4*len(image) {
		t.Fatalf("image %d: %d numbers, want %d", n, len(got), 4*len(image))
	}
	for i, v := range image {
		want := int(math.Round(255 * float64((v-least)/(most-least))))
		if j.Look.Drawn.Tone == figure.Ink {
			want = 255 - want
		}
		if pixel := got[4*i : 4*i+4]; !slices.Equal(pixel, []int{want, want, want, 255}) {
			t.Fatalf("image %d: pixel %d is %v, want a grey of %d", n, i, pixel, want)
		}
	}
}

// agrees compares the values below the maps with the array.
func agrees(t *testing.T, b *chromium.Browser, array *npy.Array, image, row, column int) {
	t.Helper()
	got, want := b.Text("#here"), fmt.Sprintf("Output in row %d, column %d;", row, column)
	if !strings.HasPrefix(got, want) {
		t.Errorf("the page shows %q, want %q", got, want)
		return
	}
	for k := range 6 {
		shown := b.Text(fmt.Sprintf("#maps .panel:nth-child(%d) .value", k+1))
		got, err := strconv.ParseFloat(strings.ReplaceAll(shown, "−", "-"), 64)
		want := float64(array.Data[((image*6+k)*48+row)*64+column])
		if err != nil || got < want-1e-4*max(1, want, -want) || got > want+1e-4*max(1, want, -want) {
			t.Errorf("image %d, channel %d, row %d, column %d: %q, want %v", image, k, row, column, shown, want)
		}
	}
}

// addTuning adds a folder of gpuconv tuning, with many columns and long names.
func addTuning(t *testing.T, r *page.Run) {
	t.Helper()
	folder := t.TempDir()
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("tuning.json", `{"schema": 1, "activations_shape": [5, 6, 48, 64], "at": "centre", "notes": ["cell 1: no peak"],
		"decoding": {"column": "orientation_deg", "sides": ["left", "right"], "images": 4, "right": 3, "low": 0.3, "high": 0.9,
		"chance": 0.5}}`)
	head, row := "cell,name", ""
	for i := range 14 {
		head += fmt.Sprintf(",orientation_of_a_long_name_%d_deg", i)
		row += fmt.Sprintf(",%d.25", i)
	}
	cells := head + "\n"
	for i := range 70 {
		cells += fmt.Sprintf("%d,c%d%s\n", i, i, row)
	}
	put("cells.csv", cells)
	chart, err := figure.Plots([]figure.Axes{{Lines: []figure.Line{{X: []float64{0, 1}, Y: []float64{0, 1}}}}})
	if err == nil {
		err = chart.Save(filepath.Join(folder, "curves_orientation.png"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ReadTuning(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
}

// TestTuningOfAnother: what gpuconv tuning made of other activations is refused.
func TestTuningOfAnother(t *testing.T) {
	folder := t.TempDir()
	r := &page.Run{Report: &experiment.Report{}}
	for content, want := range map[string]string{
		"": "page: tuning.json: no such file or directory", "{": "page: tuning.json: not whole: .*",
		`{"schema": 2}`: "page: tuning.json: schema 2: want 1",
		`{"schema": 1, "activations_shape": [1, 2, 3, 4]}`: `page: tuning.json: activations \[1 2 3 4\]: want those of the run, .*`,
		`{"schema": 1, "activations_shape": [0, 0, 0, 0], "activations_crc32c": "01\u001b"}`: `page: tuning.json: activations ` +
			`with CRC-32C "01\\x1b": want those of the run, .*`,
	} {
		os.Remove(filepath.Join(folder, "tuning.json"))
		if content != "" {
			if err := os.WriteFile(filepath.Join(folder, "tuning.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		err := r.ReadTuning(context.Background(), folder)
		if !regexp.MustCompile("^" + want + "$").MatchString(fmt.Sprint(err)) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "tuning.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := page.FindTuning(filepath.Dir(folder)); got != folder {
		t.Errorf("found %q, want %q", got, folder)
	}
}
