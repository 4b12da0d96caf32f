package whole

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gpuconv/internal/input"
)

// TestSum: sizes and checksums are those of what was written, also in pieces. A file that differs is found.
func TestSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d := folder(t, path)
	for _, name := range []string{"b", "a", "none"} {
		err := d.Write(name, func(w io.Writer) error {
			var err error
			for _, piece := range map[string][]string{"b": {"1234", "", "56789"}, "a": {"x"}}[name] {
				_, e := io.WriteString(w, piece)
				err = errors.Join(err, e)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sums := d.Sums()
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	// e3069283 is the check value of CRC-32C in the catalogue of Koopman and Williams, for 123456789.
	want := []Sum{{"a", 1, "48674bc7"}, {"b", 9, "e3069283"}, {"none", 0, "00000000"}}
	if len(sums) != 3 || sums[1] != want[1] || sums[2] != want[2] || sums[0].Name != "a" || sums[0].Bytes != 1 {
		t.Errorf("sums %v, want %v", sums, want)
	}
	for _, s := range sums {
		if err := s.Verify(t.Context(), path); err != nil {
			t.Error(err)
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"a byte differs": {"123456780", "CRC-32C "}, "a byte is missing": {"12345678", "8 bytes: want 9"},
		"it is longer": {"1234567890", "10 bytes: want 9"},
	} {
		write(t, filepath.Join(path, "b"), c.text)
		var e *Error
		if err := sums[1].Verify(t.Context(), path); !errors.As(err, &e) || e.Name != "b" ||
			!strings.HasPrefix(e.Rule, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if err := os.Remove(filepath.Join(path, "b")); err != nil {
		t.Fatal(err)
	}
	if err := sums[1].Verify(t.Context(), path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
	for _, name := range []string{"../out/a", "/etc/passwd", "", ".", "..", "x/y"} {
		var e *Error
		if err := (Sum{Name: name}).Verify(t.Context(), path); !errors.As(err, &e) || e.Rule == "" {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sums[0].Verify(done, path); !errors.Is(err, context.Canceled) {
		t.Errorf("once its context is done: %v", err)
	}
}

// TestCopy: parts of another file are appended with their checksum, also between other writes, and through the seam
// that tests of power cuts use. A part that the file does not have is an error.
func TestCopy(t *testing.T) {
	source := filepath.Join(t.TempDir(), "source")
	content := []byte(strings.Repeat("0123456789abcdef", 1<<16))
	if err := os.WriteFile(source, content, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := input.Open(t.Context(), input.Output, source)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var seen []byte
	seam := func(c change, do func() error) error {
		if c.action == writes {
			seen = append(seen, c.data...)
		}
		return do()
	}
	for _, o := range []Options{{}, {NoSync: true, seam: seam}} {
		path := filepath.Join(t.TempDir(), "out")
		d, err := o.CreateFolder(path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Discard()
		f, err := d.Create("a")
		if err != nil {
			t.Fatal(err)
		}
		want := []byte("head")
		_, err = f.Write(want)
		for _, part := range [][2]int{{4096, 1 << 19}, {3, 5}, {1 << 20, 1 << 20}, {0, 4096}} {
			piece := content[part[0]:part[1]]
			err = errors.Join(err, f.Copy(src, int64(part[0]), int64(len(piece)), Checksum(0, piece)))
			want = append(want, piece...)
		}
		if err := errors.Join(err, f.Commit()); err != nil {
			t.Fatal(err)
		}
		sums := d.Sums()
		if err := d.Commit(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(path, "a"))
		if err != nil || string(got) != string(want) {
			t.Errorf("%d bytes, want %d: %v", len(got), len(want), err)
		}
		if err := sums[0].Verify(t.Context(), path); err != nil {
			t.Error(err)
		}
		if o.seam != nil && string(seen) != string(want) {
			t.Errorf("the seam sees %d bytes, want %d", len(seen), len(want))
		}
	}
	f, err := Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	if err := f.Copy(src, 1<<20-1, 2, 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("beyond the end: %v", err)
	}
}

// TestLook: a file of another size is found without reading it, and so is what is no file or has no plain name.
func TestLook(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a"), "1234")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]Sum{
		"": {Name: "a", Bytes: 4, CRC32C: "00000000"}, "a: 4 bytes: want 5": {Name: "a", Bytes: 5},
		"folder: want a file, this is a folder":       {Name: "folder", Bytes: info.Size()},
		"../a: want the name of a file in the folder": {Name: "../a", Bytes: 4},
	} {
		if err := s.Look(dir); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
}
