package experiment

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/whole"
)

// TestStreams: a file is written whole or not at all.
func TestStreams(t *testing.T) {
	j := small(t)
	e := prepared(t, j, 7)
	failure := errors.New("failure")
	failing := e
	failing.Plan = altered{e.Plan, func(*conv.Tensor) error { return failure }}
	stream := func(e Prepared) func(*whole.File) error {
		return func(file *whole.File) error {
			_, err := Stream{Images: j.Images, Problem: e.Problem, Plan: e.Plan}.Write(t.Context(), file)
			return err
		}
	}
	drawn := func(file *whole.File) error { return Draw(t.Context(), j.Images, file) }
	for name, c := range map[string]struct {
		write func(*whole.File) error
		shape []int
		err   error
	}{
		"convolved": {stream(e), []int{30, 3, 10, 13}, nil},
		"failing":   {stream(failing), nil, failure},
		"drawn":     {drawn, []int{30, 1, 10, 13}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.npy")
			file, err := whole.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.write(file); !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if entries, _ := os.ReadDir(filepath.Dir(path)); c.err != nil {
				if len(entries) > 0 {
					t.Errorf("it leaves %v", entries)
				}
				return
			}
			if a, err := npy.ReadFile(t.Context(), path); err != nil || !slices.Equal(a.Shape, c.shape) {
				t.Errorf("it reads as %v, %v", a, err)
			}
		})
	}
}

// TestInParts: each image is put once and then looked at once, in order, with its outputs, whatever the parts.
func TestInParts(t *testing.T) {
	src, dst := &conv.Tensor{Shape: conv.Shape{7, 1, 1, 2}}, &conv.Tensor{Shape: conv.Shape{7, 3, 1, 1}}
	for i := range 7 {
		src.Data = append(src.Data, float32(i), float32(i))
		dst.Data = append(dst.Data, float32(i), float32(i), float32(i))
	}
	for atOnce, calls := range map[int]int{-1: 1, 0: 1, 1: 7, 2: 4, 3: 3, 7: 1, 9: 1} {
		var put, looked atomic.Int32
		sink := func(images, after *atomic.Int32) batch.Sink {
			next, left := 0, calls
			return func(first int, src, dst *conv.Tensor) error {
				if first != 100+next || src.Shape.N() != dst.Shape.N() || atOnce > 0 && src.Shape.N() > atOnce {
					t.Errorf("%d at a time: images %v and outputs %v from %d on", atOnce, src.Shape, dst.Shape, first)
				}
				for i := range src.Shape.N() {
					image, output, want := src.Data[2*i], dst.Data[3*i+2], float32(next+i)
					if image != want || output != want {
						t.Errorf("%d at a time: image %v and output %v, want %v", atOnce, image, output, want)
					}
				}
				next, left = next+src.Shape.N(), left-1
				if after != nil && int(after.Load()) < next {
					t.Errorf("%d at a time: %d images looked at, and %d put", atOnce, next, after.Load())
				}
				if images.Store(int32(next)); left < 0 || left == 0 && next != 7 {
					t.Errorf("%d at a time: %d images in %d calls", atOnce, next, calls-left)
				}
				return nil
			}
		}
		err := inParts(atOnce, 100, src, dst, sink(&put, nil), sink(&looked, &put))
		if err != nil || put.Load() != 7 || looked.Load() != 7 {
			t.Errorf("%d at a time: %v, %d images put and %d looked at", atOnce, err, put.Load(), looked.Load())
		}
	}
	// An error ends it, once the other function has ended.
	works := func(int, *conv.Tensor, *conv.Tensor) error { return nil }
	for _, last := range []int{0, 4, 6} {
		fails := func(first int, _, _ *conv.Tensor) error {
			if first > last {
				t.Errorf("part %d after the error at %d", first, last)
			}
			return map[bool]error{first == last: io.EOF}[true]
		}
		if err := inParts(2, 0, src, dst, fails, works); err != io.EOF {
			t.Errorf("put fails at %d: error %v, want %v", last, err, io.EOF)
		}
		if err := inParts(2, 0, src, dst, works, fails); err != io.EOF {
			t.Errorf("look fails at %d: error %v, want %v", last, err, io.EOF)
		}
	}
	// So does a panic: no other goroutine may look at the tensors then.
	looking, ended := make(chan bool), false
	err := inParts(4, 0, src, dst, func(first int, _, _ *conv.Tensor) error {
		if first > 0 {
			<-looking
			panic("boom")
		}
		return nil
	}, func(int, *conv.Tensor, *conv.Tensor) error {
		looking <- true
		time.Sleep(10 * time.Millisecond)
		ended = true
		return nil
	})
	if !errors.As(err, new(*fault.Panic)) || !ended {
		t.Errorf("%v after a panic, and the other has ended: %v", err, ended)
	}
}

// TestAtOnce: only single outputs are judged in parts of a portion, and not if an algorithm has a tolerance, which is
// about the largest output of a portion.
func TestAtOnce(t *testing.T) {
	j := sampling(t)
	on := prepared(t, j, 600)
	c, err := newChecker(on, j.Bank.Weight, nil, 600, Checking{Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if n := c.atOnce(); n != cached/(24*32*7*4) {
		t.Errorf("%d images of 24×32 with 6 maps, want as many as %d bytes hold", n, cached)
	}
	c.description.Tolerance = 1e-6
	if n := c.atOnce(); n != 0 {
		t.Errorf("%d images with a tolerance, want a portion", n)
	}
	whole, err := newChecker(on, j.Bank.Weight, nil, 600, Checking{Images: 9})
	if err != nil {
		t.Fatal(err)
	}
	if n := whole.atOnce(); n != 0 {
		t.Errorf("%d images where whole ones are judged, want a portion", n)
	}
}

// TestBoth: two functions run at the same time; the first one's error counts more, a panic is an error.
func TestBoth(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	for _, c := range [][3]error{{nil, nil, nil}, {first, nil, first}, {nil, second, second}, {first, second, first}} {
		met := make(chan bool)
		err := both(func() error { met <- true; return c[0] }, func() error { <-met; return c[1] })
		if err != c[2] {
			t.Errorf("%v and %v: %v, want %v", c[0], c[1], err, c[2])
		}
	}
	if err := both(func() error { return first }, nil); err != first {
		t.Errorf("%v without a second one, want %v", err, first)
	}
	ended := false
	err := both(func() error { panic("boom") }, func() error { ended = true; return nil })
	if !errors.As(err, new(*fault.Panic)) || !ended {
		t.Errorf("%v after a panic, and the other has ended: %v", err, ended)
	}
}

// TestChunked: a file of Zarr has the same chunks with and without --resume. With less memory it has smaller ones.
func TestChunked(t *testing.T) {
	j := sampling(t)
	for _, images := range []int{1, 500, 4000, 90000} {
		p, err := j.Problem()
		if err != nil {
			t.Fatal(err)
		}
		p.Src = p.Src.WithN(images)
		small, err := batch.Portion(p)
		if err != nil {
			t.Fatal(err)
		}
		large, err := batch.Chunk(p)
		if err != nil {
			t.Fatal(err)
		}
		got, want := chunked(npy.Format{}, small, images).Chunk, chunked(npy.Format{}, large, images).Chunk
		if portion := large.Src.N(); got != want || want > portion || images > 1 && 2*want < portion {
			t.Errorf("%d images: chunks of %d and %d, want equal ones, of about %d", images, got, want, portion)
		}
	}
	p, err := j.Problem()
	if p.Src = p.Src.WithN(30); err != nil || chunked(npy.Format{}, p, 4000).Chunk != 30 {
		t.Errorf("%d images in a chunk, %v, want 30", chunked(npy.Format{}, p, 4000).Chunk, err)
	}
}
