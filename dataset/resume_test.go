package dataset

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gpuconv/whole"
)

// TestDownloadUnchecked: a range that was not requested is not used. That holds without a checksum too, if the server
// identifies its files. A checksum may be in capitals.
func TestDownloadUnchecked(t *testing.T) {
	good := content()
	for _, sum := range []string{"", strings.ToUpper(md5Of(good))} {
		s := serve(t, ranged(good[5:], "bytes 5-299999/300000"), served(good))
		f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: sum},
			Pause: time.Millisecond}
		begun(t, f, good[:9], origin{URL: f.URL, ETag: `"1"`, Size: -1})
		wantFile(t, f, Download(t.Context(), f), good)
		if want := list("bytes=9-", ""); !slices.Equal(s.ranges, want) {
			t.Errorf("it asked for %q, want %q", s.ranges, want)
		}
	}
}

// begun leaves what an interrupted call leaves: a part and its origin.
func begun(t *testing.T, f Fetch, part []byte, of origin) {
	t.Helper()
	write(t, f.Part(), part)
	if err := of.keep(f.origin(), whole.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
}

// TestDownloadShort: a file is not complete while an earlier answer has given a greater length, nor if more bytes than
// that length arrive.
func TestDownloadShort(t *testing.T) {
	good := content()
	of := origin{ETag: `"1"`, Size: int64(len(good))}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		ranges []string
	}{
		"some of the rest":    {ranged(good[9:100], "bytes 9-99/*"), list("bytes=9-", "bytes=100-")},
		"more than there is":  {ranged(append(slices.Clone(good[9:]), 1), "bytes 9-299999/300000"), list("bytes=9-", "")},
		"more than there was": {ranged(append(slices.Clone(good[9:]), 1), "bytes 9-300000/*"), list("bytes=9-", "")},
	} {
		s := serve(t, c.answer, heads("ETag", `"1"`, served(good)))
		f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Pause: time.Millisecond}
		of.URL = f.URL
		begun(t, f, good[:9], of)
		wantFile(t, f, Download(t.Context(), f), good)
		if !slices.Equal(s.ranges, c.ranges) {
			t.Errorf("%s: it asked for %q, want %q", name, s.ranges, c.ranges)
		}
	}
}

// TestDownloadDoubts: without a checksum, bytes are not used if they may belong to another file.
func TestDownloadDoubts(t *testing.T) {
	good := content()
	for name, c := range map[string]struct {
		of     func(f Fetch) origin
		wanted Wanted
		ranges []string
	}{
		"nothing is known": {of: func(f Fetch) origin { return origin{URL: f.URL, Size: -1} }, ranges: list("")},
		"another address": {of: func(f Fetch) origin { return origin{URL: f.URL + "/a", ETag: `"1"`, Size: -1} },
			ranges: list("")},
		"another address, with a checksum": {of: func(f Fetch) origin { return origin{URL: f.URL + "/a", Size: -1} },
			wanted: Wanted{MD5: md5Of(good)}, ranges: list("")},
		"another size": {of: func(f Fetch) origin { return origin{URL: f.URL, ETag: `"1"`, Size: 5} },
			ranges: list("bytes=2-", "")},
	} {
		s := serve(t, heads("ETag", `"1"`, served(good)))
		f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: c.wanted, Pause: time.Millisecond}
		begun(t, f, []byte{1, 2}, c.of(f))
		wantFile(t, f, Download(t.Context(), f), good)
		if !slices.Equal(s.ranges, c.ranges) {
			t.Errorf("%s: it asked for %q, want %q", name, s.ranges, c.ranges)
		}
	}
}

// TestDownloadChanged: if the file has changed since a part of it arrived, it is downloaded from the start. That holds
// however the server identifies files, and for servers that do not know If-Range.
func TestDownloadChanged(t *testing.T) {
	old, good := content(), content()
	for i := range good {
		good[i] ^= 0xff
	}
	const monday, tuesday = "Mon, 05 Nov 2001 10:00:00 GMT", "Tue, 06 Nov 2001 10:00:00 GMT"
	blind := func(serve http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Range")
			serve(w, r)
		}
	}
	both := list("", "bytes=5000-")
	for name, c := range map[string]struct {
		first, second http.HandlerFunc
		condition     string
		want          []byte
		ranges        []string
	}{
		"by an ETag":       {heads("ETag", `"a"`, served(old)), heads("ETag", `"b"`, served(good)), `"a"`, good, both},
		"by its time":      {heads("Last-Modified", monday, served(old)), heads("Last-Modified", tuesday, served(good)), monday, good, both},
		"not changed":      {heads("ETag", `"a"`, served(old)), heads("ETag", `"a"`, served(old)), `"a"`, old, both},
		"a weak ETag":      {heads("ETag", `W/"a"`, served(old)), heads("ETag", `W/"a"`, served(good)), "", good, list("", "")},
		"no If-Range":      {heads("ETag", `"a"`, served(old)), blind(heads("ETag", `"b"`, served(good))), `"a"`, good, append(both, "")},
		"no If-Range time": {heads("Last-Modified", monday, served(old)), blind(heads("Last-Modified", tuesday, served(good))), monday, good, append(both, "")},
		"nothing":          {served(old), served(good), "", good, list("", "")},
	} {
		for _, later := range []bool{false, true} { // in one call, and in two calls
			var conditions []string
			noting := func(w http.ResponseWriter, r *http.Request) {
				conditions = append(conditions, r.Header.Get("If-Range"))
				c.second(w, r)
			}
			s := serve(t, cut(c.first, 5000), noting)
			f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Pause: time.Millisecond, Retries: 2}
			if later {
				f.Attempts = 1
				if err := Download(t.Context(), f); err == nil || f.Kept() != 5000 {
					t.Fatalf("%s: %v, %d bytes", name, err, f.Kept())
				}
				f.Attempts = 0
			}
			wantFile(t, f, Download(t.Context(), f), c.want)
			if !slices.Equal(s.ranges, c.ranges) || conditions[0] != c.condition {
				t.Errorf("%s: it asked for %q if %q, want %q if %q", name, s.ranges, conditions[0], c.ranges,
					c.condition)
			}
		}
	}
}

// TestDownloadOrigin: a modification time less than a second before the server's answer is ignored, because the file
// may change again within that second.
func TestDownloadOrigin(t *testing.T) {
	const now, before = "Mon, 02 Nov 2026 10:00:01 GMT", "Mon, 02 Nov 2026 10:00:00 GMT"
	for _, c := range []struct {
		h    map[string]string
		want string
	}{
		{map[string]string{"Date": now, "Last-Modified": before}, before},
		{map[string]string{"Date": now, "Last-Modified": now}, ""},
		{map[string]string{"Last-Modified": before}, ""},
		{map[string]string{"Date": now, "Last-Modified": "yesterday"}, ""},
		{map[string]string{"Date": now, "Last-Modified": before, "ETag": `"a"`}, `"a"`},
		{map[string]string{"ETag": `"` + strings.Repeat("a", 5000) + `"`}, ""},
		{map[string]string{"ETag": "a"}, ""},
		{map[string]string{"ETag": `"`}, ""},
		{map[string]string{"ETag": `"a`}, ""},
		{map[string]string{"ETag": "\"a\x01\""}, ""},
		{map[string]string{"ETag": "\"\xff\""}, ""},
		{map[string]string{"ETag": `"a b"`}, `"a b"`},
	} {
		h := http.Header{}
		for name, value := range c.h {
			h.Set(name, value)
		}
		if got := newOrigin("u", 1, h).condition(); got != c.want {
			t.Errorf("%v: the condition is %q, want %q", c.h, got, c.want)
		}
	}
}
