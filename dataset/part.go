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

// Part returns the path of the file, beside Path, that holds the bytes of an unfinished download. A later call of
// [Download] resumes it.
func (f Fetch) Part() string { return f.Path + ".part" }

// origin returns the path of the file that describes the server's file to which the part belongs.
func (f Fetch) origin() string { return f.Part() + ".origin" }

// Kept returns how many bytes of an unfinished download there are. It returns 0 if there is none, or if the part is not
// one that a download of this package has begun.
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

// foreign returns the error for a file that has the name of a part, or of a part's origin, and belongs to somebody
// else: browsers call their files .part, too. A part of this package has its origin beside it, which reaches the disk
// before the part's first byte.
func foreign(path string) error {
	return refused(path, "no download of gpuconv has begun this file: remove it, or choose another name")
}

// openPart opens the file at path to append to it, or makes it. It follows no link at path, because a link may lead to
// any file that the user can write to.
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

// origin describes a file on a server, from the header of the server's answer. It shows whether the server still has
// the file to which a part belongs.
type origin struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`          // "" if it does not identify the bytes
	Modified string `json:"last_modified,omitempty"` // "" if it does not identify the bytes
	Size     int64  `json:"size"`                    // of the whole file; −1: unknown
}

// longestTag is the length, in bytes, from which an ETag is ignored.
const longestTag = 1024

// newOrigin reads the header of an answer. It ignores an ETag that begins with W/: files with different bytes may share
// it. It ignores a Last-Modified less than a second before the answer: within that second the file may have changed
// again (RFC 9110, 8.8.2.2).
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

// isTag reports whether an ETag can be sent back: a text in quotes, of printable ASCII, shorter than longestTag.
func isTag(tag string) bool {
	inside, opened := strings.CutPrefix(tag, `"`)
	inside, closed := strings.CutSuffix(inside, `"`)
	strange := func(r rune) bool { return r < ' ' || r > '~' || r == '"' }
	return opened && closed && len(tag) < longestTag && !strings.ContainsFunc(inside, strange)
}

// condition returns the value of If-Range. With it, the server sends the whole file if the file has changed. It is ""
// if the server has sent nothing that identifies the file.
func (o origin) condition() string {
	if o.ETag != "" {
		return o.ETag
	}
	return o.Modified
}

// differs reports whether now describes another file than o. A field that is not known in one of them counts as equal.
func (o origin) differs(now origin) bool {
	unlike := func(a, b string) bool { return a != "" && b != "" && a != b }
	return unlike(o.URL, now.URL) || unlike(o.ETag, now.ETag) || unlike(o.Modified, now.Modified) ||
		o.Size >= 0 && now.Size >= 0 && o.Size != now.Size
}

// readOrigin reads what keep wrote in an earlier call. The error is [fs.ErrNotExist] if there is no file; any other
// error says that the file belongs to somebody else. After an error Size is −1, and the texts are empty.
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

// keep writes o into a file for a later call. The file reaches the disk before the first byte of the part: a part
// without it belongs to somebody else.
func (o origin) keep(path string, saving whole.Options) error {
	saving.Private = true
	return saving.Write(path, func(w io.Writer) error { return json.NewEncoder(w).Encode(o) })
}
