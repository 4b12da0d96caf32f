package dataset

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestPartIsNoLink: what has a part's name is written to only if it is a file of its own. Where a link leads nothing
// changes, and nothing is made.
func TestPartIsNoLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it lets few users make links")
	}
	for name, put := range map[string]func(part, mine string) error{
		"a link":                  func(part, mine string) error { return os.Symlink(mine, part) },
		"a link that leads on":    func(part, mine string) error { return os.Symlink(filepath.Base(mine), part) },
		"a link to nowhere":       func(part, _ string) error { return os.Symlink(part+".made", part) },
		"another name of a file":  func(part, mine string) error { return os.Link(mine, part) },
		"a folder":                func(part, _ string) error { return os.Mkdir(part, 0o777) },
		"a link to a folder":      func(part, _ string) error { return os.Symlink(filepath.Dir(part), part) },
		"a link to a device":      func(part, _ string) error { return os.Symlink(os.DevNull, part) },
		"a link of its own notes": nil, // below
	} {
		dir := t.TempDir()
		mine := filepath.Join(dir, "mine")
		write(t, mine, []byte("mine"))
		f := Fetch{URL: serve(t, served(content())).URL, Path: filepath.Join(dir, "a.npz")}
		refused := put != nil
		if put == nil {
			put = func(part, mine string) error { return os.Symlink(mine, f.origin()) }
		}
		if err := put(f.Part(), mine); err != nil {
			t.Fatal(err)
		}
		before := listing(t, dir)
		err := Download(t.Context(), f)
		if got, _ := os.ReadFile(mine); string(got) != "mine" {
			t.Errorf("%s: the file that it leads to holds %d bytes", name, len(got))
		}
		if !refused {
			if err != nil || listing(t, dir) != "a.npz - mine -" {
				t.Errorf("%s: %v; there are %s", name, err, listing(t, dir))
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), "dataset: "+f.Part()+": th") || !strings.Contains(err.Error(), "want a file of its own") {
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

// TestOriginOfAnything: notes that are too long, no notes or no file are as none.
func TestOriginOfAnything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "origin")
	want := origin{URL: "u", ETag: `"e"`, Size: 3}
	want.keep(path)
	if got := readOrigin(path); got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
	for _, text := range []string{"", "x", "[]", `{"size":"x"}`, `{} x`, `{"url":"` + strings.Repeat("u", 1<<16) + `"}`} {
		write(t, path, []byte(text))
		if got := readOrigin(path); got != (origin{Size: -1}) {
			t.Errorf("%.20s: read %+v", text, got)
		}
	}
	if got := readOrigin(filepath.Dir(path)); got != (origin{Size: -1}) {
		t.Errorf("a folder is read as %+v", got)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeType != 0 {
		t.Error(info, err)
	}
}
