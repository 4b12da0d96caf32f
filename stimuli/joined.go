package stimuli

import (
	"fmt"
	"math"
	"slices"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Joined is several sets of images of one size, one after the other.
type Joined struct {
	Sets  []Set
	shape conv.Shape
}

// Join joins sets. It refuses an empty list, and sets whose images differ in channels or size.
func Join(sets ...Set) (*Joined, error) {
	if len(sets) == 0 {
		return nil, fault.New("stimuli", "a set of none", "", "want at least one")
	}
	j := &Joined{Sets: sets, shape: sets[0].Shape().WithN(0)}
	for _, s := range sets {
		if s.Shape().WithN(0) != j.shape.WithN(0) {
			return nil, fault.New("stimuli", fmt.Sprintf(
				"images %v and %v", sets[0].Shape().Image(), s.Shape().Image()), "", "want one shape")
		}
		j.shape[0] += s.Shape().N()
	}
	return j, nil
}

// Shape returns [N, C, H, W] of all.
func (j *Joined) Shape() conv.Shape { return j.shape }

// Draw implements [Set].
func (j *Joined) Draw(dst *conv.Tensor, first int) error {
	return j.each(first, dst.Shape.N(), func(s Set, from, n, done int) error {
		return s.Draw(dst.Images(done, done+n), from)
	})
}

// each visits the sets that have the n images from first on. For each of them it calls visit with the set, the number
// in this set of the first image to take, how many to take, and how many were taken before.
func (j *Joined) each(first, n int, visit func(s Set, from, n, done int) error) error {
	done := 0
	for _, s := range j.Sets {
		size := s.Shape().N()
		if part := min(size-first, n-done); first < size && part > 0 {
			if err := visit(s, first, part, done); err != nil {
				return err
			}
			done, first = done+part, first+part
		}
		first -= size
		if first < 0 || done == n {
			break
		}
	}
	if done < n {
		return fault.New("stimuli", "images", "", "want some of the %d", j.shape.N())
	}
	return nil
}

// Table has the columns of all sets; images of a set without a column have NaN or an empty text in it.
func (j *Joined) Table() (*param.Table, error) {
	t, rows := param.NewTable("image"), 0
	for _, s := range j.Sets {
		part, err := s.Table()
		if err != nil {
			return nil, err
		}
		for _, column := range part.Columns {
			at := slices.IndexFunc(t.Columns, func(c param.Column) bool { return c.Name == column.Name })
			if at < 0 {
				at, t.Columns = len(t.Columns), append(t.Columns, param.Column{Name: column.Name})
			}
			t.Columns[at] = extended(t.Columns[at], rows, column)
		}
		rows += part.Len()
	}
	for i, c := range t.Columns {
		t.Columns[i] = extended(c, rows, param.Column{Words: make([]string, 0)})
	}
	return t, t.Check()
}

// extended fills a column with empty cells up to this many rows, and appends the cells of another column.
func extended(c param.Column, rows int, more param.Column) param.Column {
	words := c.Words != nil || c.Numbers == nil && more.Words != nil
	for c.Len() < rows {
		if words {
			c.Words = append(c.Words, "")
		} else {
			c.Numbers = append(c.Numbers, math.NaN())
		}
	}
	c.Words, c.Numbers = append(c.Words, more.Words...), append(c.Numbers, more.Numbers...)
	return c
}

// Title returns the title that image i has in its own set.
func (j *Joined) Title(i int) (title string) {
	_ = j.each(i, 1, func(s Set, from, _, _ int) error { title = s.Title(from); return nil })
	return title
}

// Notes returns the notes of all sets.
func (j *Joined) Notes() (notes []string) {
	for _, s := range j.Sets {
		if of, ok := s.(Noter); ok {
			notes = append(notes, of.Notes()...)
		}
	}
	return notes
}

// Memory returns how many bytes drawing takes at most, beyond the images.
func (j *Joined) Memory() (most float64) {
	for _, s := range j.Sets {
		if of, ok := s.(interface{ Memory() float64 }); ok {
			most = max(most, of.Memory())
		}
	}
	return most
}
