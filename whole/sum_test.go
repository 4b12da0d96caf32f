package whole

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		"a byte is another": {"123456780", "CRC-32C "}, "a byte is missing": {"12345678", "8 bytes: want 9"},
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
