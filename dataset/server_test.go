package dataset

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
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

// server answers request i with answers[i], and further requests with the last answer. It remembers the ranges that
// were requested.
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

// served answers with b as a file server does, ranges included.
func served(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "file.npz", time.Time{}, bytes.NewReader(b))
	}
}

// heads answers as serve does, with a further header.
func heads(name, value string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(name, value)
		serve(w, r)
	}
}

// rangeless answers as served does, but ignores ranges.
func rangeless(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		served(b)(w, r)
	}
}

// cut answers as serve does, but closes the connection after n bytes.
func cut(serve http.HandlerFunc, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { serve(&limited{w, n, nil}, r) }
}

// stall answers as serve does, but is silent after n bytes, until the client leaves.
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

// claim answers with b and a false length.
func claim(b []byte, length int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(length))
		w.Write(b[:min(len(b), length)])
	}
}

// ranged answers with b as a partial answer with any header.
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
