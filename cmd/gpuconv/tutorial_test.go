package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
)

// documented is a command of a document with the lines that it prints there.
type documented struct {
	args  []string
	lines []string
}

// commandsOf reads the console blocks of a document. Every line that starts with $ is a command of gpuconv.
func commandsOf(t *testing.T, path string) []documented {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []documented
	for _, found := range regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, commandsIn(t, strings.Split(strings.TrimSuffix(found[1], "\n"), "\n"))...)
	}
	return all
}

// commandsIn reads the lines of a console block.
func commandsIn(t *testing.T, lines []string) (all []documented) {
	t.Helper()
	for _, line := range lines {
		command, isCommand := strings.CutPrefix(line, "$ gpuconv ")
		switch {
		case isCommand:
			all = append(all, documented{args: arguments(command)})
		case strings.HasPrefix(line, "$"):
			t.Fatalf("%q is not a command of gpuconv", line)
		case len(all) > 0:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
	}
	return all
}

// arguments splits a command at spaces outside of double quotes.
func arguments(command string) []string {
	var all []string
	for i, part := range strings.Split(command, `"`) {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

// TestTutorial types the commands of docs/tutorial.md.
func TestTutorial(t *testing.T) {
	unraced(t)
	if testing.Short() {
		t.Skip("it convolves much, and race detectors make that slow")
	}
	typed(t, "../../docs/tutorial.md", 6)
}

// TestFiguresPage types the commands of docs/figures.md.
func TestFiguresPage(t *testing.T) { typed(t, "../../docs/figures.md", 1) }

// TestStimuliPage types the commands of docs/stimuli.md.
func TestStimuliPage(t *testing.T) { typed(t, "../../docs/stimuli.md", 4) }

// TestFilesPage types the commands of docs/files.md, beside pictures and the weights of a network.
func TestFilesPage(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	photos(t, filepath.Join(dir, "photos"), 4)
	for _, kind := range []string{".pt", ".safetensors"} {
		model, err := os.ReadFile("../../checkpoint/testdata/small" + kind)
		if err != nil {
			t.Fatal(err)
		}
		copyTo(t, filepath.Join(dir, "model"+kind), model)
	}
	typedIn(t, dir, "../../docs/files.md", 4)
}

// photos makes a folder of a few PNGs, and a TIFF, of 16×24 pixels.
func photos(t *testing.T, folder string, pngs int) {
	t.Helper()
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range pngs {
		img := image.NewRGBA(image.Rect(0, 0, 24, 16))
		for at := range img.Pix {
			img.Pix[at] = uint8(max(at*(i+3)%251, at%4*85)) // opaque
			if at%4 == 3 {
				img.Pix[at] = 255
			}
		}
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		copyTo(t, filepath.Join(folder, fmt.Sprintf("img%d.png", i+1)), file.Bytes())
	}
	var page bytes.Buffer
	if err := tiff.Encode(&page, image.NewGray(image.Rect(0, 0, 24, 16)), nil); err != nil {
		t.Fatal(err)
	}
	copyTo(t, filepath.Join(folder, "stack.tif"), page.Bytes())
}

// copyTo writes a file.
func copyTo(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestTuningPage types the commands of docs/tuning.md.
func TestTuningPage(t *testing.T) { typed(t, "../../docs/tuning.md", 2) }

// typed types the commands of a page in one folder, and compares what they print. The page must not have fewer
// commands than least.
func typed(t *testing.T, page string, least int) {
	t.Helper()
	unraced(t)
	typedIn(t, t.TempDir(), page, least)
}

// typedIn is like typed, in a folder that already has files.
func typedIn(t *testing.T, dir, page string, least int) {
	t.Helper()
	commands := commandsOf(t, page)
	if len(commands) < least {
		t.Fatalf("%d commands are found", len(commands))
	}
	for _, c := range commands {
		c.run(t, dir)
	}
}

// run types a command and compares what it prints. A last line that begins with ! is the error of a command that fails.
func (c documented) run(t *testing.T, dir string) {
	t.Helper()
	cmd := program(t, c.args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if last := len(c.lines) - 1; last >= 0 && strings.HasPrefix(c.lines[last], "! ") {
		if want := c.lines[last][2:]; err == nil || errorLine(t, stderr.String()) != want {
			t.Errorf("gpuconv %s: %v, %s, want %s", strings.Join(c.args, " "), err, &stderr, want)
		}
		c.lines = c.lines[:last]
	} else if err != nil {
		t.Fatalf("gpuconv %s: %v: %s", strings.Join(c.args, " "), err, &stderr)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(out) == 0 {
		lines = nil
	}
	if missing, ok := follows(lines, c.lines); !ok {
		t.Errorf("gpuconv %s: want %q where it prints\n%s", strings.Join(c.args, " "), missing, out)
	}
}

// follows returns the first line of the document that is missing from what was printed. A line … in the document
// matches any number of lines. Spaces at the ends of lines do not count.
func follows(lines, want []string) (missing string, ok bool) {
	skip := false
	for _, w := range want {
		if w == "…" {
			skip = true
			continue
		}
		for skip && len(lines) > 0 && strings.TrimRight(lines[0], " ") != w {
			lines = lines[1:]
		}
		if len(lines) == 0 || strings.TrimRight(lines[0], " ") != w {
			return w, false
		}
		lines, skip = lines[1:], false
	}
	return "its end", skip || len(lines) == 0
}

func TestFollows(t *testing.T) {
	lines := []string{"a", "b ", "c"}
	for _, c := range []struct {
		want []string
		ok   bool
	}{
		{[]string{"a", "b", "c"}, true}, {[]string{"a", "…"}, true}, {[]string{"…", "c"}, true}, {[]string{"…", "b", "…"}, true}, {[]string{"…"}, true},
		{[]string{"a", "b"}, false}, {[]string{"a", "c"}, false}, {[]string{"…", "d"}, false}, {[]string{"…", "b"}, false}, {[]string{"a", "b", "c", "d"}, false}, {nil, false},
	} {
		if missing, ok := follows(lines, c.want); ok != c.ok {
			t.Errorf("%q: %v (%q), want %v", c.want, ok, missing, c.ok)
		}
	}
}
