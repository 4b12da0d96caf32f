package stimuli

import (
	"fmt"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Part is a [Set] of images that follow each other in another set.
type Part struct {
	of       Set
	first, n int
}

// NewPart returns the n images of a set from number first on. It refuses a part without images, and images that the
// set does not have.
func NewPart(of Set, first, n int) (*Part, error) {
	if all := of.Shape().N(); first < 0 || n < 1 || n > all-first {
		return nil, fault.New("stimuli", fmt.Sprintf("images %d … %d", first, first+n-1), "", "want some of the %d",
			all)
	}
	return &Part{of, first, n}, nil
}

// Of returns the set that has the images, and others.
func (p *Part) Of() Set { return p.of }

// Shape returns [N, C, H, W].
func (p *Part) Shape() conv.Shape { return p.of.Shape().WithN(p.n) }

// Draw implements [Set].
func (p *Part) Draw(dst *conv.Tensor, first int) error {
	if first < 0 || dst.Shape.N() > p.n-first {
		return fault.New("stimuli", fmt.Sprintf("images %d … %d", first, first+dst.Shape.N()-1), "",
			"want some of the %d", p.n)
	}
	return p.of.Draw(dst, p.first+first)
}

// Table returns the rows of these images. They are numbered from 0.
func (p *Part) Table() (*param.Table, error) {
	all, err := p.of.Table()
	if err != nil {
		return nil, err
	}
	t := &param.Table{Subject: all.Subject}
	for _, c := range all.Columns {
		if c.Words != nil {
			c.Words = c.Words[p.first : p.first+p.n]
		} else {
			c.Numbers = c.Numbers[p.first : p.first+p.n]
		}
		t.Columns = append(t.Columns, c)
	}
	return t, nil
}

// Title returns the title that image i has in the other set.
func (p *Part) Title(i int) string { return p.of.Title(p.first + i) }

// Notes implements [Noter].
func (p *Part) Notes() []string {
	if of, ok := p.of.(Noter); ok {
		return of.Notes()
	}
	return nil
}

// Memory returns how many bytes drawing takes at most, beyond the images.
func (p *Part) Memory() float64 {
	if of, ok := p.of.(interface{ Memory() float64 }); ok {
		return of.Memory()
	}
	return 0
}
