package param

import (
	"encoding/csv"
	"io"
	"regexp"
	"strconv"
	"strings"
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
//
// A cell that a spreadsheet would take for a formula gets a ' in front: one that begins, after spaces, with = + - @, a
// tab or a line break, and is no number. So OWASP advises against CSV injection. [Reader] takes the ' off.
func (w *Writer) Row(cells ...string) {
	guardedCells := make([]string, len(cells))
	for i, cell := range cells {
		guardedCells[i] = guarded(cell)
	}
	_ = w.out.Write(guardedCells)
}

// formula is how a cell begins that a spreadsheet computes; any ' in front of it is there to be kept. Some spreadsheets
// take the signs of full width too.
var formula = regexp.MustCompile(`^'*[ ]*[=+\-@\t\r\n＝＋－＠]`)

// guarded puts a ' before a cell that begins as a formula does.
func guarded(cell string) string {
	if formula.MatchString(cell) && !decimalNumber.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// unguarded takes it off again.
func unguarded(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula.MatchString(rest) {
		return rest
	}
	return cell
}

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
// refuses. [ReadCSV] reads the same table back, except that infinite numbers become missing values, names and words
// lose the spaces around them and the CR of a CRLF in them, and a column whose words all look like numbers, such as
// 007, or are empty or nan becomes one of numbers.
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
