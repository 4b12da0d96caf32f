package dataset

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gpuconv/whole"
)

// TestPartIsNoLink: a file with a part's name is written to only if it is a regular file. If it is a link, its target
// does not change and is not made.
func TestPartIsNoLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it lets few users make links")
	}
	for name, put := range map[string]func(part, mine string) error{
		"a link":                 func(part, mine string) error { return os.Symlink(mine, part) },
		"a link that leads on":   func(part, mine string) error { return os.Symlink(filepath.Base(mine), part) },
		"a link to nowhere":      func(part, _ string) error { return os.Symlink(part+".made", part) },
		"another name of a file": func(part, mine string) error { return os.Link(mine, part) },
		"a folder":               func(part, _ string) error { return os.Mkdir(part, 0o777) },
		"a link to a folder":     func(part, _ string) error { return os.Symlink(filepath.Dir(part), part) },
		"a link to a device":     func(part, _ string) error { return os.Symlink(os.DevNull, part) },
	} {
		dir := t.TempDir()
		mine := filepath.Join(dir, "mine")
		write(t, mine, []byte("mine"))
		f := Fetch{URL: serve(t, served(content())).URL, Path: filepath.Join(dir, "a.npz")}
		if err := put(f.Part(), mine); err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		err := Download(t.Context(), f)
		if got, _ := os.ReadFile(mine); string(got) != "mine" {
			t.Errorf("%s: the file that it leads to holds %d bytes", name, len(got))
		}
		if err == nil || !strings.HasPrefix(err.Error(), "dataset: "+f.Part()+": th") ||
			!strings.Contains(err.Error(), "want a file of its own") {
			t.Errorf("%s: error %v", name, err)
		}
		if after := listing(t, dir); after != before {
			t.Errorf("%s: there are %s, before there were %s", name, after, before)
		}
	}
}

// listing names what is in a folder, with the type of each.
func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name(), strings.TrimRight(e.Type().String(), "-rwx")+"-")
	}
	return strings.Join(all, " ")
}

// TestForeignPart: a file with the name of a part, or of a part's origin, belongs to somebody else unless an origin
// says that a download has begun it. It stays byte for byte, whatever the server answers.
func TestForeignPart(t *testing.T) {
	good := content()
	type files map[string]string // what is beside a.npz, by the end of its name
	for name, c := range map[string]struct {
		files  files
		wanted Wanted
		named  string // in the error
	}{
		"the part of a browser":       {files{".part": "<html>"}, Wanted{MD5: md5Of(good)}, ".part"},
		"a part of any file":          {files{".part": string(good[:9])}, Wanted{}, ".part"},
		"a part of a file with a sum": {files{".part": "mine"}, Wanted{MD5: md5Of(good[:9])}, ".part"},
		"notes on something else":     {files{".part": "mine", ".part.origin": "dear diary"}, Wanted{}, ".part.origin"},
		"notes alone":                 {files{".part.origin": "dear diary"}, Wanted{}, ".part.origin"},
		"empty notes":                 {files{".part.origin": ""}, Wanted{}, ".part.origin"},
		"notes in JSON":               {files{".part.origin": `{"url": "https://example.org", "mood": "fine"}`}, Wanted{}, ".part.origin"},
		"notes of no address":         {files{".part.origin": `{}`}, Wanted{}, ".part.origin"},
		"long notes":                  {files{".part.origin": strings.Repeat(" ", 1<<17) + `{"url": "u"}`}, Wanted{}, ".part.origin"},
	} {
		dir := t.TempDir()
		s := serve(t, served(good))
		f := Fetch{URL: s.URL, Path: filepath.Join(dir, "a.npz"), Wanted: c.wanted}
		for end, text := range c.files {
			write(t, f.Path+end, []byte(text))
		}
		before := listing(t, dir)
		err := Download(t.Context(), f)
		if want := "dataset: " + f.Path + c.named + ": no download of gpuconv has begun this file: remove it, or " +
			"choose another name"; err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", name, err, want)
		}
		for end, text := range c.files {
			if got, _ := os.ReadFile(f.Path + end); string(got) != text {
				t.Errorf("%s: %s holds %d bytes now", name, end, len(got))
			}
		}
		if after := listing(t, dir); after != before || len(s.ranges) > 0 || f.Kept() != 0 {
			t.Errorf("%s: there are %s, before there were %s; %d requests; Kept says %d", name, after, before,
				len(s.ranges), f.Kept())
		}
	}
}

// TestForeignNotes: a link in the place of the origin is not followed, and stays.
func TestForeignNotes(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	write(t, mine, []byte(`{"url":"u","size":-1}`))
	f := Fetch{URL: serve(t, served(content())).URL, Path: filepath.Join(dir, "a.npz")}
	if err := os.Symlink(mine, f.origin()); err != nil {
		t.Skip(err) // Windows lets few users make links
	}
	err := Download(t.Context(), f)
	if err == nil || !strings.HasPrefix(err.Error(), "dataset: "+f.origin()+": no download") {
		t.Errorf("error %v", err)
	}
	if got := listing(t, dir); got != "a.npz.part.origin L- mine -" {
		t.Errorf("there are %s", got)
	}
}

// TestTwoDownloads: if two downloads fetch the same file at the same time, the second is refused, and the first
// continues undisturbed.
func TestTwoDownloads(t *testing.T) {
	good := content()
	var second error
	f := Fetch{Path: filepath.Join(t.TempDir(), "a.npz"), Pause: time.Millisecond}
	s := serve(t, heads("ETag", `"1"`, cut(served(good), 5000)), func(w http.ResponseWriter, r *http.Request) {
		second = Download(t.Context(), f)
		heads("ETag", `"1"`, served(good))(w, r)
	})
	f.URL = s.URL
	wantFile(t, f, Download(t.Context(), f), good)
	if want := "dataset: " + f.Part() + ": another process is writing it"; second == nil || second.Error() != want {
		t.Errorf("the second: error %v, want %s", second, want)
	}
}

// TestAppearsMeanwhile: a file that somebody puts at the path during the download stays.
func TestAppearsMeanwhile(t *testing.T) {
	good := content()
	f := Fetch{Path: filepath.Join(t.TempDir(), "a.npz")}
	f.Progress = func(done, _ int64) {
		if done == int64(len(good)) {
			write(t, f.Path, []byte("mine"))
		}
	}
	f.URL = serve(t, served(good)).URL
	if err := Download(t.Context(), f); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want %v", err, fs.ErrExist)
	}
	if got, _ := os.ReadFile(f.Path); string(got) != "mine" || f.Kept() != int64(len(good)) {
		t.Errorf("it holds %d bytes, and %d are kept", len(got), f.Kept())
	}
}

// TestOrigin: an origin is read as it was written, and only the user may read it. If it is missing, the error is
// fs.ErrNotExist.
func TestOrigin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "origin")
	if _, err := readOrigin(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no notes: %v", err)
	}
	want := origin{URL: "u", ETag: `"e"`, Size: 3}
	if err := want.keep(path, whole.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := readOrigin(path); got != want || err != nil {
		t.Errorf("read %+v, %v, want %+v", got, err, want)
	}
	if info, err := os.Lstat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Error(info, err)
	}
	if runtime.GOOS != "windows" { // some file systems give all files one mode
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := readOrigin(path); got != want || err != nil {
		t.Errorf("read %+v, %v, if others may write", got, err)
	}
}
