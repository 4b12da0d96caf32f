package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"gpuconv/internal/input"
	"gpuconv/whole"
)

// Part returns the file, beside Path, that has the bytes until all are there. A later call goes on from it.
func (f Fetch) Part() string { return f.Path + ".part" }

// origin returns the file that says of which file of a server the part is.
func (f Fetch) origin() string { return f.Part() + ".origin" }

// Kept returns how many bytes of an unfinished download there are.
func (f Fetch) Kept() int64 {
	info, err := os.Lstat(f.Part())
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	if _, err := readOrigin(f.origin()); err != nil {
		return 0
	}
	return info.Size()
}

// foreign refuses a file that has the name of one that a download keeps and is somebody's: browsers call theirs .part,
// too. What a download has begun has an origin beside it, which comes to the disk first.
func foreign(path string) error {
	return refused(path, "no download of gpuconv has begun this file: want another name, or it gone")
}

// openPart opens a file to append to, or makes it. What it returns is at path itself, since a link there may lead to
// anything that the user can write to.
func openPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666) // follows no link
	if errors.Is(err, fs.ErrExist) {
		if f, err = input.OpenOwn(path, os.O_RDWR); err != nil {
			return nil, failed(path, err)
		}
	}
	if err != nil {
		return nil, failed(path, err)
	}
	return f, nil
}

// origin is what a server says of a file. It tells whether the server still has the file that a part is of.
type origin struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`          // that stands for the same bytes
	Modified string `json:"last_modified,omitempty"` // that stands for the same bytes
	Size     int64  `json:"size"`                    // of the whole file; −1: unknown
}

// longestTag bounds an ETag that is taken, in bytes.
const longestTag = 1024

// newOrigin reads the head of an answer. An ETag that begins with W/ stands for files that mean the same. A time counts
// only if it was over when the server answered: until then the file may have changed again (RFC 9110, 8.8.2.2).
func newOrigin(url string, size int64, h http.Header) origin {
	o := origin{URL: url, Size: size}
	if tag := h.Get("ETag"); isTag(tag) {
		o.ETag = tag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	answered, dateErr := http.ParseTime(h.Get("Date"))
	if err == nil && dateErr == nil && answered.Sub(modified) >= time.Second {
		o.Modified = h.Get("Last-Modified")
	}
	return o
}

// isTag reports whether an ETag can be sent back: a short text in quotes, of characters that a header may have.
func isTag(tag string) bool {
	inside, opened := strings.CutPrefix(tag, `"`)
	inside, closed := strings.CutSuffix(inside, `"`)
	strange := func(r rune) bool { return r < ' ' || r > '~' || r == '"' }
	return opened && closed && len(tag) < longestTag && !strings.ContainsFunc(inside, strange)
}

// condition is what If-Range is sent with: the server then sends the whole file if it has another by now. It is "" if
// the server has given nothing to tell.
func (o origin) condition() string {
	if o.ETag != "" {
		return o.ETag
	}
	return o.Modified
}

// differs reports whether an answer is about another file. What is not known on one side counts as the same.
func (o origin) differs(now origin) bool {
	unlike := func(a, b string) bool { return a != "" && b != "" && a != b }
	return unlike(o.URL, now.URL) || unlike(o.ETag, now.ETag) || unlike(o.Modified, now.Modified) ||
		o.Size >= 0 && now.Size >= 0 && o.Size != now.Size
}

// readOrigin reads what an earlier call has kept. The error is [fs.ErrNotExist] if there is nothing; any other says
// that the file is somebody's.
func readOrigin(path string) (origin, error) {
	o := origin{Size: -1}
	text, err := input.ReadFile(context.Background(), input.Notes, path)
	if err != nil {
		return origin{Size: -1}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil || o.URL == "" || decoder.More() {
		return origin{Size: -1}, foreign(path)
	}
	return o, nil
}

// keep writes it down for a later call. It is on the disk before the first byte of the part: a part without it is
// somebody's.
func (o origin) keep(path string, saving whole.Options) error {
	saving.Private = true
	return saving.Write(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(o) })
}
