package param

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Reader reads tables as CSV: a first line with the names of the columns, then a line for each row.
//
// The text is UTF-8, with or without a byte-order mark; lines end in LF or CRLF. Cells are separated by commas. A cell
// that holds a comma, a quote or a line break is in double quotes. Spaces around a name or cell are ignored, and so is
// the ' that [Writer] puts before formulas.
//
// An empty cell is a missing value, and so is nan in upper or lower case. If at least half of the other cells of a
// column look like numbers, it is a column of numbers: those that [ParseNumber] reads, and those like 1e999 that it
// refuses only because float64 cannot hold them. Then [ParseNumber] must read all of these cells. Any other column is a
// column of words. Columns called kind, name or file are always columns of words. The field Numbers names further
// columns that must be numbers.
//
// Read refuses these, and says in which line and column:
//   - a cell that should be a finite number of float64 but is not;
//   - a missing value where Complete allows none;
//   - a line with more or fewer cells than there are names;
//   - an empty line before another line, a NUL byte, or quotes that do not match.
//
// It also refuses text in UTF-16 or UTF-32, lines that end in CR alone, tables without rows, and rows that are out of
// order. In the first line it refuses names that are missing or used twice, a # at the start, and a single cell with
// semicolons or tabs.
type Reader struct {
	// Subject is what a row is about, such as image or filter. A column of this name numbers the rows from 0. That
	// column may be missing.
	Subject string
	// Numbers is given the names of all columns, and returns the names of those that must be columns of numbers. A nil
	// Numbers names none.
	Numbers func(columns []string) []string
	// Complete is given the table, and returns the names of the columns of numbers that must not have missing values. A
	// nil Complete names none.
	Complete func(t *Table) []string
}

// ReadCSV reads a table with a [Reader] that puts no conditions on columns.
func ReadCSV(r io.Reader, subject string) (*Table, error) { return Reader{Subject: subject}.Read(r) }

// Read reads a table.
func (r Reader) Read(from io.Reader) (*Table, error) {
	from, err := decoded(from)
	if err != nil {
		return nil, err
	}
	lines := &lineReader{csv: csv.NewReader(from), next: 1}
	names, err := lines.read()
	if errors.Is(err, io.EOF) {
		return nil, fault.New("param", "the table is empty", "", "want a line with the names of the columns")
	}
	if err != nil {
		return nil, err
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	cells, err := lines.rest(len(names))
	if err != nil {
		return nil, err
	}
	if len(cells[0]) == 0 {
		return nil, fault.New("param", "the table has no line but the first", "", "want one for each %s", r.Subject)
	}
	var must []string
	if r.Numbers != nil {
		must = r.Numbers(names)
	}
	t := &Table{}
	for at, name := range names {
		if name == r.Subject {
			t.Subject = name
			if err := checkOrder(name, cells[at], lines.at); err != nil {
				return nil, err
			}
			continue
		}
		column, wrong := columnOf(name, cells[at], slices.Contains(must, name))
		if wrong != nil {
			return nil, wrong.in(name, lines.at)
		}
		t.Columns = append(t.Columns, column)
	}
	if err := r.checkComplete(t, lines.at); err != nil {
		return nil, err
	}
	return t, nil
}

// checkComplete refuses missing values where r.Complete allows none. lines are the line numbers of the rows.
func (r Reader) checkComplete(t *Table, lines []int) error {
	if r.Complete == nil {
		return nil
	}
	for _, name := range r.Complete(t) {
		if at := slices.IndexFunc(t.Column(name).Numbers, math.IsNaN); at >= 0 {
			return fault.New("param", "table", "", "line %d, column %s: has no value, want a number in each line",
				lines[at], fault.Printable(name))
		}
	}
	return nil
}

// decoded takes the byte-order mark of UTF-8 off a text, and refuses those of other encodings.
func decoded(from io.Reader) (io.Reader, error) {
	text := bufio.NewReader(from)
	start, _ := text.Peek(4) // the next read returns the error again
	for mark, encoding := range map[string]string{"\xff\xfe": "UTF-16", "\xfe\xff": "UTF-16",
		"\x00\x00\xfe\xff": "UTF-32"} {
		if strings.HasPrefix(string(start), mark) {
			if strings.HasPrefix(string(start), "\xff\xfe\x00\x00") {
				encoding = "UTF-32"
			}
			return nil, fault.New("param", "table", "", "its text is %s: want UTF-8", encoding)
		}
	}
	if strings.HasPrefix(string(start), "\ufeff") {
		if _, err := text.Discard(len("\ufeff")); err != nil {
			return nil, tableError(err)
		}
	}
	return text, nil
}

// lineReader reads the lines of a table and counts them.
type lineReader struct {
	csv  *csv.Reader
	next int   // the line after the last that was read
	at   []int // the line in which each row begins
}

// read returns the cells of the next line, or [io.EOF].
func (l *lineReader) read() ([]string, error) {
	l.csv.FieldsPerRecord = -1 // any number of cells: rest compares it, and its error gives both numbers
	cells, err := l.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, err
	}
	if err != nil {
		return nil, tableError(err)
	}
	line, _ := l.csv.FieldPos(0)
	if line > l.next {
		return nil, fault.New("param", "table", "", "line %d is empty: want a line for each row", l.next)
	}
	last, _ := l.csv.FieldPos(len(cells) - 1)
	l.next = last + 1 + strings.Count(cells[len(cells)-1], "\n")
	for i, cell := range cells {
		if strings.Contains(cell, "\x00") {
			return nil, fault.New("param", "table", "", "line %d, column %d: holds a NUL byte, want text in UTF-8",
				line, i+1)
		}
		cells[i] = unguarded(strings.TrimSpace(cell))
	}
	l.at = append(l.at, line)
	return cells, nil
}

// rest reads the remaining lines and returns their cells, column by column.
func (l *lineReader) rest(columns int) ([][]string, error) {
	l.at = nil
	all, words := make([][]string, columns), map[string]string{}
	for {
		line, err := l.read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(line) != columns {
			return nil, fault.New("param", "table", "",
				"line %d has %d cells: want %d, as many as names in the first line",
				l.at[len(l.at)-1], len(line), columns)
		}
		for at, cell := range line {
			all[at] = append(all[at], owned(cell, words))
		}
	}
}

// owned returns a copy of a cell, the same one for equal cells. A cell is a part of its line's text, and would keep the
// whole line in memory.
func owned(cell string, seen map[string]string) string {
	word, ok := seen[cell]
	if !ok {
		word = strings.Clone(cell)
		seen[word] = word
	}
	return word
}

// checkNames refuses names that are missing or used twice, and a first line that is not names separated by commas.
func checkNames(names []string) error {
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		return fault.New("param", "table", "", "the first line has semicolons or tabs: want commas between cells")
	}
	if strings.HasPrefix(names[0], "#") {
		return fault.New("param", "table", "",
			"the first line begins with #: want the names of the columns alone, which "+
				"numpy.savetxt writes with comments=''")
	}
	for _, mark := range []string{"\ufeff", "\xff\xfe", "\xfe\xff"} {
		if strings.HasPrefix(names[0], mark) {
			return fault.New("param", "table", "",
				"the first name begins with a byte-order mark: want at most one before it")
		}
	}
	seen := map[string]bool{}
	for i, name := range names {
		if strings.Contains(name, "\r") {
			return fault.New("param", "table", "", "its lines end in CR: want LF or CRLF")
		}
		if strings.Contains(name, "\x00") {
			return fault.New("param", "table", "", "the name of column %d holds a NUL byte", i+1)
		}
		if err := checkName(name, i, seen); err != nil {
			return err
		}
	}
	return nil
}

// checkOrder refuses cells that do not count the rows 0, 1, 2 and so on. lines are the line numbers of the rows.
func checkOrder(subject string, cells []string, lines []int) error {
	for i, cell := range cells {
		if cell != strconv.Itoa(i) {
			return fault.New("param", "table", "", "%s %q in line %d: want %d, the %ss in their order", subject, cell,
				lines[i], i, subject)
		}
	}
	return nil
}

// wordColumns are the names of columns that always hold words: file names and kinds may look like numbers.
var wordColumns = []string{"kind", "name", "file"}

// cellError says why a cell of a column of numbers is refused.
type cellError struct {
	row        int
	text, rule string
}

// in returns an error with the place of the cell. lines are the line numbers of the rows.
func (e *cellError) in(column string, lines []int) error {
	return fault.New("param", "table", "", "line %d, column %s: %q %s", lines[e.row], fault.Printable(column), e.text,
		e.rule)
}

// columnOf returns the column that has these cells. must says that it must be a column of numbers.
func columnOf(name string, cells []string, must bool) (Column, *cellError) {
	if slices.Contains(wordColumns, name) {
		return Column{Name: name, Words: cells}, nil
	}
	numbers := make([]float64, len(cells))
	words, first := 0, -1
	missing := 0
	for i, cell := range cells {
		v, kind := cellOf(cell)
		numbers[i] = v
		switch {
		case kind == missingCell:
			missing++
		case kind == wordCell:
			words++
		}
		if (kind == wordCell || kind == beyondCell) && first < 0 {
			first = i
		}
	}
	switch {
	case !must && 2*words > len(cells)-missing:
		return Column{Name: name, Words: cells}, nil
	case first < 0:
		return Column{Name: name, Numbers: numbers}, nil
	}
	return Column{}, &cellError{first, cells[first], ruleOf(cells[first])}
}

// What a cell holds.
const (
	numberCell = iota
	missingCell
	wordCell
	beyondCell // a number that is too large for float64
)

// cellOf reads a cell.
func cellOf(cell string) (v float64, kind int) {
	if cell == "" || strings.EqualFold(cell, "nan") {
		return math.NaN(), missingCell
	}
	v, err := ParseNumber(cell)
	switch {
	case err == nil:
		return v, numberCell
	case decimalNumber.MatchString(cell):
		return 0, beyondCell
	}
	return 0, wordCell
}

// ruleOf says what is wrong with a cell that should be a number.
func ruleOf(cell string) string {
	_, err := ParseNumber(cell)
	var refused *fault.Error
	if errors.As(err, &refused) && decimalNumber.MatchString(cell) {
		return refused.Rule
	}
	return "is not a number: want one such as -0.5 or 1e-3 in each line, or an empty cell"
}

// checkReadable refuses a column that would not be read back: numbers under one of the names in wordColumns, words with
// a NUL byte, and words if at least half of them, but not all, look like numbers.
func (c Column) checkReadable() error {
	if c.Words == nil {
		if len(c.Numbers) > 0 && slices.Contains(wordColumns, c.Name) {
			return fault.New("param", "table", "", "column %s has numbers: want words", c.Name)
		}
		return nil
	}
	if at := slices.IndexFunc(c.Words, func(word string) bool { return strings.Contains(word, "\x00") }); at >= 0 {
		return fault.New("param", "table", "", "column %s, row %d: holds a NUL byte", fault.Printable(c.Name), at)
	}
	if _, err := columnOf(c.Name, c.Words, false); err != nil {
		return fault.New("param", "table", "", "column %s has numbers and words: %s", fault.Printable(c.Name),
			fmt.Sprintf("%q %s", err.text, err.rule))
	}
	return nil
}

func tableError(err error) error { return &fault.Error{Package: "param", Argument: "table", Err: err} }
