package param

import (
	"encoding/csv"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Writer writes a table as CSV, row by row, so that a large table need not be held in memory as a [Table]. All tables
// that gpuconv writes go through it. Close must be called at the end.
type Writer struct{ out *csv.Writer }

// NewWriter returns a writer, and writes the first line, with the names of the columns.
func NewWriter(w io.Writer, columns ...string) *Writer {
	t := &Writer{csv.NewWriter(w)}
	t.Row(columns...)
	return t
}

// Row writes a row. [Cell] formats a number as a cell. [Writer.Close] returns the error, if there is one.
//
// If a spreadsheet would take a cell for a formula, Row puts a ' before it, and [Reader] takes the ' off again. Such a
// cell is not a number, and its first character is = + - @, a tab, a line break or a full-width sign. Any ' and spaces
// before that character do not count. This is OWASP's advice against CSV injection.
func (w *Writer) Row(cells ...string) {
	guardedCells := make([]string, len(cells))
	for i, cell := range cells {
		guardedCells[i] = guarded(cell)
	}
	_ = w.out.Write(guardedCells)
}

// formula matches the beginning of a cell that a spreadsheet would compute. It also matches such a beginning after a '
// of the cell's own: the cell gets one more, which Reader takes off, and keeps its own. Some spreadsheets also accept
// full-width signs.
var formula = regexp.MustCompile(`^'*[ ]*[=+\-@\t\r\n＝＋－＠]`)

// guarded puts a ' before a cell that a spreadsheet would take for a formula.
func guarded(cell string) string {
	if cell == "" || isWordByte(cell[0]) { // nearly all cells: trying formula takes most of the time of a large table
		return cell
	}
	if formula.MatchString(cell) && !decimalNumber.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// isWordByte reports whether a byte is a letter or a digit of ASCII, with which no formula begins.
func isWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// unguarded takes off a ' that guarded has put before a cell.
func unguarded(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && formula.MatchString(rest) {
		return rest
	}
	return cell
}

// Close writes the rows that are still buffered, and returns the first error. It does not close the io.Writer.
func (w *Writer) Close() error {
	if w.out.Flush(); w.out.Error() != nil {
		return tableError(w.out.Error())
	}
	return nil
}

// Cell returns the shortest decimal that reads as v again, or "", an empty cell, if v is not finite.
func Cell(v float64) string {
	if !finite(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// WriteCSV writes t: a line with the names of the columns, then a line for each row. It refuses what [Table.Check]
// refuses. [ReadCSV] reads the same table back, with three exceptions:
//   - Infinite numbers become missing values.
//   - Names and words lose the spaces around them, and the CR of a CRLF in them.
//   - A column of words becomes a column of numbers if each word is empty, is nan or looks like a number, such as 007.
//     Columns called kind, name or file stay columns of words.
func (t *Table) WriteCSV(w io.Writer) error {
	out := NewWriter(w, t.FirstLine()...)
	if err := t.WriteRows(out, 0); err != nil {
		return err
	}
	return out.Close()
}

// FirstLine returns what WriteCSV writes in the first line.
func (t *Table) FirstLine() (line []string) {
	if t.Subject != "" {
		line = append(line, t.Subject)
	}
	return append(line, t.Names()...)
}

// WriteRows writes the rows of t, numbered from first on. So a table can be written part by part. It refuses what
// [Table.Check] refuses.
func (t *Table) WriteRows(out *Writer, first int) error {
	if err := t.Check(); err != nil {
		return err
	}
	var line []string
	for i := range t.Len() {
		line = line[:0]
		if t.Subject != "" {
			line = append(line, strconv.Itoa(first+i))
		}
		for _, c := range t.Columns {
			line = append(line, c.cell(i))
		}
		out.Row(line...)
	}
	return nil
}
