package dataset

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// content is a file of 300,000 bytes.
func content() []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 300_000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func md5Of(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// TestAddressIsText: an error shows an address as it is, whatever characters it has.
func TestAddressIsText(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	url := s.URL + "/a%20b%s"
	err := Download(t.Context(), Fetch{URL: s.URL + "/a%20b", Path: filepath.Join(t.TempDir(), "a.npz")})
	if want := "dataset: " + s.URL + "/a%20b: the server answers 404 Not Found"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	err = Download(t.Context(), Fetch{URL: url, Path: filepath.Join(t.TempDir(), "a.npz")})
	if want := "dataset: " + url + ": want an address such as " + URL; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestAsksForTheFileOnly: a download, and one that goes on elsewhere, asks its address for the file, with what
// docs/trust.md lists, and sends nothing else.
func TestAsksForTheFileOnly(t *testing.T) {
	all := content()
	var asked []*http.Request
	keep := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) > 0 {
			t.Errorf("the request has a body: %q, %v", body, err)
		}
		asked = append(asked, r.Clone(context.Background()))
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
			return
		}
		served(all)(w, r)
	}
	s := serve(t, keep)
	path := filepath.Join(t.TempDir(), "a.npz")
	fetch := Fetch{URL: s.URL + "/old", Path: path, MD5: md5Of(all)}
	if err := os.WriteFile(fetch.Part(), all[:1000], 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Download(t.Context(), fetch); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 {
		t.Fatalf("%d requests, want 2", len(asked))
	}
	for i, r := range asked {
		names := slices.Sorted(maps.Keys(r.Header))
		want := []string{"Accept-Encoding", "Range", "User-Agent"}
		if i > 0 {
			want = []string{"Accept-Encoding", "Range", "Referer", "User-Agent"}
		}
		if r.Method != http.MethodGet || r.URL.RawQuery != "" || !slices.Equal(names, want) {
			t.Errorf("request %d is %s %v with %q, want GET with %q", i, r.Method, r.URL, names, want)
		}
		if agent := r.Header.Get("User-Agent"); !strings.HasPrefix(agent, "Go-http-client/") {
			t.Errorf("request %d is of %q", i, agent)
		}
	}
}

// server answers request i with answers[i], further requests with the last, and remembers the ranges that were asked
// for.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	ranges []string
}

func serve(t *testing.T, answers ...http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		i := min(len(s.ranges), len(answers)-1)
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		s.mu.Unlock()
		answers[i](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// served serves b as a file server does, ranges included.
func served(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "file.npz", time.Time{}, bytes.NewReader(b))
	}
}

// without ranges.
func rangeless(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		served(b)(w, r)
	}
}

// cut serves as serve does, but hangs up after n bytes.
func cut(serve http.HandlerFunc, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { serve(&limited{w, n, nil}, r) }
}

// stall serves as serve does, but falls silent after n bytes, until the client goes.
func stall(serve http.HandlerFunc, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		serve(&limited{w, n, func() { <-r.Context().Done() }}, r)
	}
}

// limited is a response that ends after left bytes.
type limited struct {
	http.ResponseWriter
	left   int
	before func() // hanging up
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.ResponseWriter.Write(b[:n])
	if l.left -= n; l.left == 0 {
		l.ResponseWriter.(http.Flusher).Flush()
		if l.before != nil {
			l.before()
		}
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }
}

// claim serves b with a false length.
func claim(b []byte, length int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(length))
		w.Write(b[:min(len(b), length)])
	}
}

// ranged serves b as a partial answer with any header.
func ranged(b []byte, header string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", header)
		w.WriteHeader(http.StatusPartialContent)
		w.Write(b)
	}
}

func chunked(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for part := range slices.Chunk(b, 50_000) {
			w.Write(part)
			w.(http.Flusher).Flush()
		}
	}
}

// TestDownload has what servers do to a download, what was there before, and what is there afterwards.
func TestDownload(t *testing.T) {
	good := content()
	bad := slices.Clone(good)
	bad[1000] ^= 1
	bad[200_000] ^= 1
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		part    []byte // before; nil is none
		wrong   string // what the error says; "" is success
		kept    int    // bytes of the part after an error
		ranges  []string
	}{
		"whole":                  {answers: list(served(good)), ranges: list("")},
		"no length":              {answers: list(chunked(good)), ranges: list("")},
		"resumed":                {answers: list(served(good)), part: good[:1234], ranges: list("bytes=1234-")},
		"range ignored":          {answers: list(rangeless(good)), part: good[:1234], ranges: list("bytes=1234-")},
		"part is all":            {answers: list(served(good)), part: good, ranges: list("bytes=300000-")},
		"part is too long":       {answers: list(served(good)), part: append(slices.Clone(good), 1, 2, 3), ranges: list("bytes=300003-", "")},
		"part is another file's": {answers: list(served(good)), part: bad[:2000], ranges: list("bytes=2000-", "")},
		"cut":                    {answers: list(cut(served(good), 1000), cut(served(good), 2000), served(good)), ranges: list("", "bytes=1000-", "bytes=3000-")},
		"cut, range ignored":     {answers: list(cut(served(good), 1000), rangeless(good)), ranges: list("", "bytes=1000-")},
		"stalls":                 {answers: list(stall(served(good), 1000), served(good)), ranges: list("", "bytes=1000-")},
		"unavailable at first":   {answers: list(status(503), status(429), served(good)), ranges: list("", "", "")},
		"too slow at first":      {answers: list(status(408), served(good)), ranges: list("", "")},
		"unavailable":            {answers: list(status(503)), wrong: "the server answers 503 Service Unavailable", ranges: list("", "", "")},
		"unavailable, part":      {answers: list(status(500)), part: good[:9], wrong: "the server answers 500", kept: 9, ranges: list("bytes=9-", "bytes=9-", "bytes=9-")},
		"missing":                {answers: list(status(404)), wrong: "the server answers 404 Not Found", ranges: list("")},
		"wrong bytes":            {answers: list(served(bad)), wrong: "MD5 checksum " + md5Of(bad) + ": want " + md5Of(good), ranges: list("")},
		"wrong bytes, part":      {answers: list(served(bad)), part: good[:2000], wrong: "MD5 checksum", ranges: list("bytes=2000-", "")},
		"changes meanwhile":      {answers: list(cut(served(bad), 5000), served(good)), ranges: list("", "bytes=5000-", "")},
		"claims to be longer":    {answers: list(claim(good, 300_010), served(good)), ranges: list("", "bytes=300000-")},
		"claims to be shorter":   {answers: list(claim(good, 299_990)), wrong: "MD5 checksum", ranges: list("")},
		"never more":             {answers: list(cut(rangeless(good), 1000)), wrong: "the answer ends after 1000 of 300000 bytes", kept: 1000, ranges: list("", "bytes=1000-", "bytes=1000-", "bytes=1000-")},
		"another range":          {answers: list(ranged(good[5:], "bytes 5-299999/300000"), served(good)), part: good[:9], ranges: list("bytes=9-", "")},
		"no range":               {answers: list(ranged(good[9:], ""), served(good)), part: good[:9], ranges: list("bytes=9-", "")},
		"range of unknown total": {answers: list(ranged(good[9:], "bytes 9-299999/*")), part: good[:9], ranges: list("bytes=9-")},
		"partial, unasked":       {answers: list(ranged(good[9:], "bytes 9-299999/300000")), wrong: "206 Partial", ranges: list("")},
		"too long":               {answers: list(claim(good, 400_001)), wrong: "the file has 400001 bytes: want at most 400000", ranges: list("")},
		"endless":                {answers: list(chunked(append(good, good...))), wrong: "more than 400000 bytes", ranges: list("")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.answers...)
			f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), MD5: md5Of(good),
				Stall: 200 * time.Millisecond, Retries: 2, Pause: time.Millisecond, MostSize: 400_000}
			if c.part != nil {
				write(t, f.Part(), c.part)
			}
			err := Download(t.Context(), f)
			if !slices.Equal(s.ranges, c.ranges) {
				t.Errorf("it asked for %q, want %q", s.ranges, c.ranges)
			}
			if c.wrong == "" {
				wantFile(t, f, err, good)
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "dataset: "+s.URL) || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("error %v, want …%s…", err, c.wrong)
			}
			if _, err := os.Stat(f.Path); err == nil {
				t.Error("the file is there all the same")
			}
			if got, _ := os.ReadFile(f.Part()); len(got) != c.kept || f.Kept() != int64(c.kept) {
				t.Errorf("%d bytes are kept (Kept says %d), want %d", len(got), f.Kept(), c.kept)
			}
			if _, err := os.Stat(f.Part()); c.kept == 0 && err == nil {
				t.Error("an empty part is left")
			}
		})
	}
}

// TestDownloadSlow: Download waits for a slow server that is never silent for long, however long the whole takes.
func TestDownloadSlow(t *testing.T) {
	good := content()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for part := range slices.Chunk(good, len(good)/8) {
			w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), MD5: md5Of(good), Stall: 600 * time.Millisecond, Retries: -1}
	wantFile(t, f, Download(t.Context(), f), good)
	if len(s.ranges) != 1 {
		t.Errorf("it asked for %q: want once", s.ranges)
	}
}

// TestDownloadPause: the pause doubles as long as nothing comes, and is short again after a new byte: otherwise twelve
// cuts of one file would take 4 s of pauses.
func TestDownloadPause(t *testing.T) {
	good := content()
	var answers []http.HandlerFunc
	for range 12 {
		answers = append(answers, cut(served(good), 1000))
	}
	s := serve(t, append(answers, served(good))...)
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), MD5: md5Of(good), Pause: time.Millisecond}
	start := time.Now()
	wantFile(t, f, Download(t.Context(), f), good)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDownloadUnchecked: a range that was not asked for is not taken, also without a checksum. A checksum may be in
// capitals.
func TestDownloadUnchecked(t *testing.T) {
	good := content()
	for _, sum := range []string{"", strings.ToUpper(md5Of(good))} {
		s := serve(t, ranged(good[5:], "bytes 5-299999/300000"), served(good))
		f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), MD5: sum, Pause: time.Millisecond}
		write(t, f.Part(), good[:9])
		wantFile(t, f, Download(t.Context(), f), good)
	}
}

func list[T any](v ...T) []T { return v }

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// wantFile requires that the file is complete, and the only one in its folder.
func wantFile(t *testing.T, f Fetch, err error, want []byte) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(f.Path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes (%v), want the %d", len(got), err, len(want))
	}
	if entries, _ := os.ReadDir(filepath.Dir(f.Path)); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestDownloadInterrupted: an interrupted download keeps its bytes, Kept counts them, and the next call goes on there.
func TestDownloadInterrupted(t *testing.T) {
	good := content()
	s := serve(t, stall(served(good), 5000), served(good))
	ctx, cancel := context.WithCancel(t.Context())
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), MD5: md5Of(good)}
	f.Progress = func(done, total int64) {
		if total != int64(len(good)) {
			t.Errorf("total %d", total)
		}
		if done == 5000 {
			cancel()
		}
	}
	if err := Download(ctx, f); !errors.Is(err, context.Canceled) || f.Kept() != 5000 {
		t.Fatalf("%v, %d bytes kept", err, f.Kept())
	}
	f.Progress = nil
	wantFile(t, f, Download(t.Context(), f), good)
	if want := list("", "bytes=5000-"); !slices.Equal(s.ranges, want) {
		t.Errorf("it asked for %q, want %q", s.ranges, want)
	}
}

// TestDownloadReplaces: a file that is there stays until the new one is complete.
func TestDownloadReplaces(t *testing.T) {
	good := content()
	f := Fetch{Path: filepath.Join(t.TempDir(), "a.npz"), MD5: md5Of(good)}
	write(t, f.Path, []byte("old"))
	f.URL = serve(t, served(good[:5])).URL
	if err := Download(t.Context(), f); err == nil {
		t.Fatal("wrong bytes are taken")
	}
	if got, _ := os.ReadFile(f.Path); string(got) != "old" {
		t.Errorf("the file holds %q", got)
	}
	f.URL, f.MD5 = serve(t, served(good[:5])).URL, ""
	wantFile(t, f, Download(t.Context(), f), good[:5])
}

func TestDownloadNowhere(t *testing.T) {
	s := serve(t, status(200))
	s.Close()
	dir := t.TempDir()
	for want, f := range map[string]Fetch{
		"connect":         {URL: s.URL, Path: filepath.Join(dir, "a")},
		"want an address": {URL: "no address", Path: filepath.Join(dir, "a")},
		"unsupported":     {URL: "gopher://localhost/x", Path: filepath.Join(dir, "a")},
		"no such file":    {URL: s.URL, Path: filepath.Join(dir, "none", "a")},
	} {
		f.Retries = -1
		err := Download(t.Context(), f)
		if err == nil || !strings.HasPrefix(err.Error(), "dataset: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Get ") {
			t.Errorf("error %v, want dataset: …%s…", err, want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("it left %v", entries)
	}
}
