package figure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSave(t *testing.T) {
	p := must(t)(Filters(waves(t, 2, 1, 3, 3), nil, Look{}))
	for name, magic := range map[string]string{
		"a.png": "\x89PNG\r\n", "b.PNG": "\x89PNG\r\n", "c.svg": "<?xml", "d.e.svg": "<?xml",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte("what was there before"), 0o666); err != nil {
				t.Fatal(err)
			}
			if err := p.Save(path); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil || !bytes.HasPrefix(got, []byte(magic)) {
				t.Errorf("it begins with %.10q (%v), want %q", got, err, magic)
			}
			wantNames(t, dir, name)
		})
	}
}

func TestSavedFileHasTheUsualPermissions(t *testing.T) {
	dir := t.TempDir()
	usual, err := os.Create(filepath.Join(dir, "usual"))
	if err != nil {
		t.Fatal(err)
	}
	defer usual.Close()
	path := filepath.Join(dir, "a.svg")
	if err := must(t)(Filters(waves(t, 1, 1, 3, 3), nil, Look{})).Save(path); err != nil {
		t.Fatal(err)
	}
	want, err := usual.Stat()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(path)
	if err != nil || got.Mode() != want.Mode() {
		t.Errorf("mode %v (%v), want %v", got.Mode(), err, want.Mode())
	}
}

func TestSaveRefusesOtherExtensions(t *testing.T) {
	p := must(t)(Filters(waves(t, 1, 1, 3, 3), nil, Look{}))
	dir := t.TempDir()
	for name, extension := range map[string]string{"a.jpg": ".jpg", "a": "", "png": "", "a.png.txt": ".txt"} {
		path := filepath.Join(dir, name)
		want := fmt.Sprintf("figure: save %s: extension %q: want .png, .svg or .pdf", path, extension)
		if err := p.Save(path); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	wantNames(t, dir)
}

func TestFailedSaveLeavesNothing(t *testing.T) {
	p := must(t)(Filters(waves(t, 1, 1, 3, 3), nil, Look{}))
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.png"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder.png", "missing/a.png"} {
		path := filepath.Join(dir, name)
		err := p.Save(path)
		if err == nil || !strings.HasPrefix(err.Error(), "figure: save "+path+": ") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("save as %s: %v", name, err)
		}
		wantNames(t, dir, "folder.png")
	}
}

func TestWriteErrorsAreReported(t *testing.T) {
	p := must(t)(Filters(waves(t, 1, 1, 3, 3), nil, Look{}))
	for name, write := range map[string]func(io.Writer) error{"PNG": p.WritePNG, "SVG": p.WriteSVG} {
		err := write(brokenPipe{})
		if want := "figure: write " + name + ": broken pipe"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// wantNames requires that a folder has exactly these files.
func wantNames(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}
