package stimuli

import (
	"io"

	"gpuconv/param"
)

// The table of a set is written part by part, so that it need not be in memory whole.

// tabler is a [Set] whose table is made in parts: rows first … first+n−1.
type tabler interface {
	tableRows(first, n int) (*param.Table, error)
}

// partRows is how many rows of a table are in memory at a time, of about rowBytes each.
const (
	partRows = 1 << 13
	rowBytes = 200
)

// partsOf returns the function that makes parts of a set's table, or nil if it is made whole.
func partsOf(s Set) func(first, n int) (*param.Table, error) {
	switch s := s.(type) {
	case *Part:
		if of := partsOf(s.of); of != nil {
			return func(first, n int) (*param.Table, error) { return of(s.first+first, n) }
		}
	case tabler:
		return s.tableRows
	}
	return nil
}

// WriteTable writes what the WriteCSV of the set's Table writes. It holds only a part of the table in memory, except
// for [Joined], [InChannels] and a [Part] of one of these, whose tables are made whole.
func WriteTable(w io.Writer, s Set) error {
	rows, n := partsOf(s), s.Shape().N()
	if rows == nil || n == 0 {
		t, err := s.Table()
		if err != nil {
			return err
		}
		return t.WriteCSV(w)
	}
	var out *param.Writer
	for first := 0; first < n; first += partRows {
		t, err := rows(first, min(partRows, n-first))
		if err != nil {
			return err
		}
		if out == nil {
			out = param.NewWriter(w, t.FirstLine()...)
		}
		if err := t.WriteRows(out, first); err != nil {
			return err
		}
	}
	return out.Close()
}

// TableMemory estimates how many bytes of memory WriteTable needs. For [Files] they include the list of the files.
func TableMemory(s Set) float64 {
	n, of, list := s.Shape().N(), s, 0.0
	if p, ok := s.(*Part); ok {
		of = p.of
	}
	if f, ok := of.(*Files); ok {
		list = f.listBytes()
	}
	switch {
	case partsOf(s) != nil:
		n = min(n, partRows)
	case of != s:
		n = of.Shape().N() // the table of a part is cut from that of its whole set
	}
	return rowBytes*float64(n) + list
}
