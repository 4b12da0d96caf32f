package param

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"gpuconv/fault"
)

// Joiner joins tables that [Table.WriteCSV] wrote, one after the other: the first line once, then the rows of all,
// numbered on. Cells are copied as text, with the spaces that [Reader] takes off, and no table is held in memory.
// Close must be called at the end.
type Joiner struct {
	out  *bufio.Writer
	head []byte // the first line
	rows int
}

// NewJoiner returns a joiner that writes to w.
func NewJoiner(w io.Writer) *Joiner { return &Joiner{out: bufio.NewWriter(w)} }

// Close writes what is still buffered. It does not close the io.Writer.
func (j *Joiner) Close() error { return j.out.Flush() }

// Add appends the rows of a table. It refuses one with other columns than the first, one whose rows are not numbered
// from 0, and one that ends within a row.
func (j *Joiner) Add(from io.Reader) error {
	records := &recordReader{text: bufio.NewReaderSize(from, 1<<16)}
	head, err := records.next(nil)
	switch {
	case err == io.EOF:
		return fault.New("param", "the table is empty", "", "want a line with the names of the columns")
	case err != nil:
		return err
	case j.head == nil:
		j.head = head
		if _, err := j.out.Write(head); err != nil {
			return err
		}
	case !bytes.Equal(head, j.head):
		return fault.New("param", "table", "", "its columns are %q: want %q", bytes.TrimSpace(head),
			bytes.TrimSpace(j.head))
	}
	record := head[:0:0]
	for row := 0; ; row++ {
		if record, err = records.next(record[:0]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		number, rest, found := bytes.Cut(record, []byte(","))
		if !found || string(number) != strconv.Itoa(row) {
			return fault.New("param", "table", "", "row %d begins with %.20q: want its number", row, record)
		}
		j.out.Write(strconv.AppendInt(nil, int64(j.rows), 10))
		j.out.WriteByte(',')
		if _, err := j.out.Write(rest); err != nil {
			return err
		}
		j.rows++
	}
}

// recordReader reads a table record by record. A record is a line, or several if a cell in quotes holds line breaks.
type recordReader struct{ text *bufio.Reader }

// next appends the next record, with the line feed at its end, to a buffer. At the end of the text it returns [io.EOF].
func (r *recordReader) next(record []byte) ([]byte, error) {
	for quotes := 0; ; {
		line, err := r.text.ReadSlice('\n')
		record, quotes = append(record, line...), quotes+bytes.Count(line, []byte(`"`))
		switch {
		case err == nil && quotes%2 == 0:
			return record, nil
		case err == io.EOF && len(record) > 0:
			return nil, fault.New("param", "table", "", "its last row is cut off: want a line break at its end")
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
