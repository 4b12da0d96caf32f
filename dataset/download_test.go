package dataset

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"maps"
	"net"
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

// TestAsksForTheFileOnly: a download that is redirected, cut off and resumed requests only the file, with the headers
// that docs/trust.md lists, and sends nothing else.
func TestAsksForTheFileOnly(t *testing.T) {
	all := content()
	var asked []*http.Request
	whole := heads("ETag", `"1"`, served(all))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err != nil || len(body) > 0 {
			t.Errorf("the request has a body: %q, %v", body, err)
		}
		asked = append(asked, r.Clone(context.Background()))
		switch {
		case r.URL.Path == "/old":
			http.Redirect(w, r, "/new", http.StatusFound)
		case r.Header.Get("Range") == "":
			cut(whole, 1000)(w, r)
		default:
			whole(w, r)
		}
	})
	err := Download(t.Context(), Fetch{URL: s.URL + "/old", Path: filepath.Join(t.TempDir(), "a.npz"),
		Wanted: Wanted{MD5: md5Of(all)}, Pause: time.Millisecond})
	if err != nil || len(asked) != 4 {
		t.Fatalf("%d requests, %v, want 4", len(asked), err)
	}
	for i, want := range []string{"Accept-Encoding User-Agent", "Accept-Encoding Referer User-Agent",
		"Accept-Encoding If-Range Range User-Agent", "Accept-Encoding If-Range Range Referer User-Agent"} {
		r := asked[i]
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(r.Header)),
			func(name string) bool { return name == "Connection" })
		if got := strings.Join(names, " "); r.Method != http.MethodGet || r.URL.RawQuery != "" || got != want {
			t.Errorf("request %d is %s %v with %s, want GET with %s", i, r.Method, r.URL, got, want)
		}
		if agent := r.Header.Get("User-Agent"); !strings.HasPrefix(agent, "Go-http-client/") {
			t.Errorf("request %d is of %q", i, agent)
		}
	}
}

// TestDownload: each case says how the servers answer, which file was there before, and which is there afterwards.
func TestDownload(t *testing.T) {
	good := content()
	bad := slices.Clone(good)
	bad[1000] ^= 1
	bad[200_000] ^= 1
	for name, c := range map[string]struct {
		answers []http.HandlerFunc
		part    []byte // the file before; nil: none
		wrong   string // a part of the error; "": success
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
			s, stall := serve(t, c.answers...), 30*time.Second
			if name == "stalls" {
				stall = time.Second
			}
			f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good)},
				Stall: stall, Retries: 2, Pause: time.Millisecond, MostSize: 400_000}
			if c.part != nil {
				begun(t, f, c.part, origin{URL: f.URL, Size: -1})
			}
			err := Download(t.Context(), f)
			if !slices.Equal(s.ranges, c.ranges) {
				t.Errorf("it asked for %q, want %q", s.ranges, c.ranges)
			}
			if c.wrong == "" {
				wantFile(t, f, err, good)
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "dataset: "+s.URL) ||
				!strings.Contains(err.Error(), c.wrong) {
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

// TestDownloadSlow: Download waits for a slow server that is never silent for long, however long the download takes.
func TestDownloadSlow(t *testing.T) {
	good := content()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for part := range slices.Chunk(good, len(good)/8) {
			w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good)},
		Stall: 600 * time.Millisecond, Retries: -1}
	wantFile(t, f, Download(t.Context(), f), good)
	if len(s.ranges) != 1 {
		t.Errorf("it asked for %q: want once", s.ranges)
	}
}

// TestDownloadPause: the pause doubles while no bytes arrive, and is short again after a new byte. Otherwise twelve
// cuts of one file would take 4 s of pauses.
func TestDownloadPause(t *testing.T) {
	good := content()
	var answers []http.HandlerFunc
	for range 12 {
		answers = append(answers, cut(served(good), 1000))
	}
	s := serve(t, append(answers, served(good))...)
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good)},
		Pause: time.Millisecond}
	start := time.Now()
	wantFile(t, f, Download(t.Context(), f), good)
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestDownloadWithin: the time limit ends a download from a server that is never silent, between attempts and within
// one. The bytes are kept.
func TestDownloadWithin(t *testing.T) {
	trickle := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte{1})
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kept   bool
	}{"in an answer": {trickle, true}, "in a pause": {status(503), false}} {
		f := Fetch{URL: serve(t, c.answer).URL, Path: filepath.Join(t.TempDir(), "a.npz"), Within: time.Second,
			Retries: 1 << 30, Attempts: 1 << 30, Pause: time.Millisecond}
		err := Download(t.Context(), f)
		if want := f.URL + ": not all of it came in 1s: want more time"; err == nil || err.Error() != "dataset: "+want {
			t.Errorf("%s: error %v, want …%s", name, err, want)
		}
		if got := f.Kept() > 0; got != c.kept {
			t.Errorf("%s: %d bytes are kept", name, f.Kept())
		}
	}
}

// TestDownloadWithinSums: the time limit also ends the reading of bytes that have arrived, with the same words.
func TestDownloadWithinSums(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("not all of it came in 1s: want more time"))
	d := download{Fetch: Fetch{URL: "u", Path: filepath.Join(t.TempDir(), "a.npz")}}
	write(t, d.Part(), content())
	if err := d.verify(ctx); err == nil || err.Error() != "dataset: u: not all of it came in 1s: want more time" {
		t.Errorf("error %v", err)
	}
}

// TestDownloadAttempts: a server that sends one byte at a time does not keep a download busy for ever.
func TestDownloadAttempts(t *testing.T) {
	s := serve(t, cut(served(content()), 1))
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Attempts: 5, Pause: time.Millisecond,
		Wanted: Wanted{MD5: md5Of(content())}}
	err := Download(t.Context(), f)
	if want := "5 attempts: want a steadier connection"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want …%s", err, want)
	}
	if len(s.ranges) != 5 || f.Kept() != 5 {
		t.Errorf("it asked %d times, and has %d bytes", len(s.ranges), f.Kept())
	}
	if got := (Fetch{}).withDefaults().Attempts; got != 100 {
		t.Errorf("%d attempts if none are given", got)
	}
}

// TestDownloadSHA256: a file must have all the checksums that are given.
func TestDownloadSHA256(t *testing.T) {
	good := content()
	sum := sha256.Sum256(good)
	right, wrong := hex.EncodeToString(sum[:]), strings.Repeat("0", 64)
	s := serve(t, served(good))
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good), SHA256: wrong}}
	var e *ChecksumError
	if err := Download(t.Context(), f); !errors.As(err, &e) || *e != (ChecksumError{s.URL, "SHA-256", right, wrong}) {
		t.Errorf("error %v", err)
	}
	f.Wanted.SHA256 = strings.ToUpper(right)
	wantFile(t, f, Download(t.Context(), f), good)
}

// TestDownloadQuiet: what a server sends without a request is not printed.
func TestDownloadQuiet(t *testing.T) {
	var said lockedBuffer
	log.SetOutput(&said)
	defer log.SetOutput(os.Stderr)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			http.ReadRequest(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	f := Fetch{URL: "http://" + listener.Addr().String(), Path: filepath.Join(t.TempDir(), "a.npz"), Retries: 2,
		Pause: 20 * time.Millisecond}
	if err := Download(t.Context(), f); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("error %v", err)
	}
	if text := said.String(); text != "" {
		t.Errorf("it says %q", text)
	}
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func list[T any](v ...T) []T { return v }

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// wantFile requires that the file is complete and the only one in its folder.
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

// TestDownloadInterrupted: an interrupted download keeps its bytes, Kept counts them, and the next call resumes it.
func TestDownloadInterrupted(t *testing.T) {
	good := content()
	s := serve(t, stall(served(good), 5000), served(good))
	ctx, cancel := context.WithCancel(t.Context())
	f := Fetch{URL: s.URL, Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good)}}
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

// TestDownloadReplaces: an older file stays until the new one is complete.
func TestDownloadReplaces(t *testing.T) {
	good := content()
	f := Fetch{Path: filepath.Join(t.TempDir(), "a.npz"), Wanted: Wanted{MD5: md5Of(good)}}
	write(t, f.Path, []byte("old"))
	f.URL = serve(t, served(good[:5])).URL
	if err := Download(t.Context(), f); err == nil {
		t.Fatal("wrong bytes are taken")
	}
	if got, _ := os.ReadFile(f.Path); string(got) != "old" {
		t.Errorf("the file holds %q", got)
	}
	f.URL, f.Wanted = serve(t, served(good[:5])).URL, Wanted{}
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
		if err == nil || !strings.HasPrefix(err.Error(), "dataset: ") || !strings.Contains(err.Error(), want) ||
			strings.Contains(err.Error(), "Get ") {
			t.Errorf("error %v, want dataset: …%s…", err, want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("it left %v", entries)
	}
}
