package experiment

import (
	"slices"

	"gpuconv/batch"
	"gpuconv/conv"
)

// examplesOf is a source that also draws those images for the gallery that are not asked for, in ascending order.
type examplesOf struct {
	batch.Source
	gallery *gallery
	begins  func(first int) error
	next    int // image from which on nothing was drawn
}

// Draw implements [batch.Source].
func (e *examplesOf) Draw(dst *conv.Tensor, first int) error {
	if err := e.pass(first, dst.Shape.N()); err != nil {
		return err
	}
	return e.Source.Draw(dst, first)
}

// painted returns p for a plan that makes the images.
func (e *examplesOf) painted(p batch.Painting) *batch.Painting {
	stripes := p.Stripes
	p.Stripes = func(first, n int) (*conv.Stripes, error) {
		if err := e.pass(first, n); err != nil {
			return nil, err
		}
		return stripes(first, n)
	}
	return &p
}

// pass begins images first … first+n−1.
func (e *examplesOf) pass(first, n int) error {
	if err := e.until(first); err != nil {
		return err
	}
	if err := e.begins(first); err != nil {
		return err
	}
	e.next = first + n
	return nil
}

// until draws the images of the gallery that were passed over before image first.
func (e *examplesOf) until(first int) error {
	for _, n := range slices.Sorted(slices.Values(e.gallery.shown)) {
		if n < e.next || n >= first {
			continue
		}
		one, err := conv.NewTensor(e.Source.Shape().Image())
		if err == nil {
			err = e.Source.Draw(one, n)
		}
		if err != nil {
			return err
		}
		mean(e.gallery.stimuli.Plane(e.gallery.rows[n], 0), one)
	}
	return nil
}
