package param

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Writer writes a table as CSV, row by row, if it is too large to be held as a [Table]. It writes all tables of this
// module. Close must be called.
type Writer struct{ out *csv.Writer }

// NewWriter returns a writer that has written a first line with the names of the columns.
func NewWriter(w io.Writer, columns ...string) *Writer {
	t := &Writer{csv.NewWriter(w)}
	t.Row(columns...)
	return t
}

// Row writes a row. [Cell] makes a cell of a number. [Writer.Close] returns what goes wrong.
func (w *Writer) Row(cells ...string) { _ = w.out.Write(cells) }

// Close writes what is left, and returns the first error. It does not close the io.Writer.
func (w *Writer) Close() error {
	if w.out.Flush(); w.out.Error() != nil {
		return tableError(w.out.Error())
	}
	return nil
}

// Cell writes the shortest decimal that is v again. A number that is not finite is an empty cell.
func Cell(v float64) string {
	if !finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// WriteCSV writes t: a line with the names of the columns, then a line for each row. It refuses what [Table.Check]
// refuses. [ReadCSV] reads the same table back, except that infinite numbers become missing values, words lose the
// spaces around them, and a column whose words all look like numbers, such as 007, or are empty becomes one of numbers.
func (t *Table) WriteCSV(w io.Writer) error {
	if err := t.Check(); err != nil {
		return err
	}
	var line []string
	if t.Subject != "" {
		line = append(line, t.Subject)
	}
	out := NewWriter(w, append(line, t.Names()...)...)
	for i := range t.Len() {
		line = line[:0]
		if t.Subject != "" {
			line = append(line, strconv.Itoa(i))
		}
		for _, c := range t.Columns {
			line = append(line, c.cell(i))
		}
		out.Row(line...)
	}
	return out.Close()
}

// ReadCSV reads a table of any columns. Its first line has their names, then comes a line for each row. A column is
// one of numbers if all of its cells are numbers or empty, else one of words; spaces around a cell do not count. A
// column called subject numbers the rows from 0. It may be missing.
//
// ReadCSV refuses tables without rows, columns without a name or with that of another, lines of another length, and
// rows that are out of order.
func ReadCSV(r io.Reader, subject string) (*Table, error) {
	reader := csv.NewReader(r)
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New("param", "the table is empty", "", "want a line with the names of the columns")
	}
	if err != nil {
		return nil, tableError(err)
	}
	for i, name := range names {
		if err := checkName(name, i, names[:i], ""); err != nil {
			return nil, err
		}
	}
	lines, err := reader.ReadAll() // a line with another number of cells is an error
	if err != nil {
		return nil, tableError(err)
	}
	if len(lines) == 0 {
		return nil, fault.New("param", "the table has no line but the first", "", "want one for each %s", subject)
	}
	t := &Table{}
	for at, name := range names {
		cells := make([]string, len(lines))
		for i, line := range lines {
			cells[i] = strings.TrimSpace(line[at])
		}
		if name != subject {
			t.Columns = append(t.Columns, columnOf(name, cells))
			continue
		}
		t.Subject = subject
		if err := checkOrder(subject, cells); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// columnOf returns the column that has these cells.
func columnOf(name string, cells []string) Column {
	numbers := make([]float64, len(cells))
	for i, cell := range cells {
		if cell == "" {
			numbers[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return Column{Name: name, Words: owned(cells)}
		}
		numbers[i] = v
	}
	return Column{Name: name, Numbers: numbers}
}

// owned returns the cells as words of their own, one for all that are the same: a cell is a part of its line, and would
// keep that in memory.
func owned(cells []string) []string {
	seen := map[string]string{}
	words := make([]string, len(cells))
	for i, cell := range cells {
		word, ok := seen[cell]
		if !ok {
			word = strings.Clone(cell)
			seen[word] = word
		}
		words[i] = word
	}
	return words
}

// checkOrder refuses cells that do not count the rows from 0.
func checkOrder(subject string, cells []string) error {
	for i, cell := range cells {
		if cell != strconv.Itoa(i) {
			return fault.New("param", "table", "", "%s %q in line %d: want %d, the %ss in their order", subject, cell,
				i+2, i, subject)
		}
	}
	return nil
}

func tableError(err error) error { return &fault.Error{Package: "param", Argument: "table", Err: err} }
