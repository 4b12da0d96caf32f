package batch_test

import (
	"errors"
	"fmt"
	"testing"

	"gpuconv/batch"
	"gpuconv/conv"
)

// TestReduction: each image is convolved once, in order, some at a time, and the sink gets the numbers that were made
// of its outputs, in whole portions.
func TestReduction(t *testing.T) {
	for _, c := range []struct {
		images int
		want   string // first image and number of images of each call
	}{{0, "[0 4] [4 4] [8 3]"}, {3, "[0 3] [3 1] [4 3] [7 1] [8 3]"}, {9, "[0 4] [4 4] [8 3]"}} {
		j, calls, next := job(t, 11, 4), "", 0
		j.Reduce = &batch.Reduction{Shape: conv.Shape{1, 1, 2, 1}, Images: c.images,
			Make: func(first int, src, outputs, dst *conv.Tensor) error {
				calls += fmt.Sprint([]int{first, dst.Shape.N()}) + " "
				for i := range dst.Shape.N() {
					dst.Plane(i, 0)[0], dst.Plane(i, 0)[1] = src.Plane(i, 0)[0], outputs.Plane(i, 0)[5]
				}
				return nil
			}}
		j.Sink = func(first int, src, dst *conv.Tensor) error {
			if first != next || dst.Shape != (conv.Shape{src.Shape.N(), 1, 2, 1}) {
				t.Errorf("%v from %d, want from %d", dst.Shape, first, next)
			}
			for i := range dst.Shape.N() {
				if got := dst.Plane(i, 0); got[0] != float32(next) || got[1] != float32(2*next) {
					t.Errorf("image %d: %v", next, got)
				}
				next++
			}
			return nil
		}
		if _, err := j.Run(t.Context()); err != nil || next != 11 || calls != c.want+" " {
			t.Errorf("%d at a time: %d images, calls %s, %v, want %s", c.images, next, calls, err, c.want)
		}
		failure := errors.New("failure")
		j.Reduce.Make = func(int, *conv.Tensor, *conv.Tensor, *conv.Tensor) error { return failure }
		if _, err := j.Run(t.Context()); err != failure {
			t.Errorf("%v, want %v", err, failure)
		}
	}
}
