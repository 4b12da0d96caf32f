package param

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"gpuconv/fault"
)

// Table says what each image of a set shows, or what each filter of a bank is: a
// row for each, in their order, a column for each parameter, named with its unit
// as orientation_deg and sf_cycles_per_pixel are.
//
// As CSV it starts with a line of names: Subject, which counts the rows from 0,
// then "kind", the Columns, and "file" if there are Files. A value that a row has
// not is NaN here and empty there.
type Table struct {
	Subject string      // image or filter
	Columns []string    // names of the parameters
	Rows    [][]float64 // a value for each column
	Kinds   []string    // one a row: grating
	Files   []string    // one a row, where images come from files; else nil
}

// Column returns the values of a column, nil if there is none of that name.
func (t *Table) Column(name string) []float64 {
	at := slices.Index(t.Columns, name)
	if at < 0 {
		return nil
	}
	values := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		values[i] = row[at]
	}
	return values
}

// Check refuses a table whose rows, kinds and files differ in number, and rows
// that have another number of values than there are columns.
func (t *Table) Check() error {
	if len(t.Kinds) != len(t.Rows) || t.Files != nil && len(t.Files) != len(t.Rows) {
		return fmt.Errorf("param: table of %d rows, %d kinds and %d files: want as many of each", len(t.Rows), len(t.Kinds), len(t.Files))
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("param: table: row %d has %d values: want %d, one a column", i, len(row), len(t.Columns))
		}
	}
	return nil
}

// WriteCSV writes t. Numbers are the shortest that read back as the same float64.
func (t *Table) WriteCSV(w io.Writer) error {
	if err := t.Check(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	line := append([]string{t.Subject, "kind"}, t.Columns...)
	if t.Files != nil {
		line = append(line, "file")
	}
	if err := out.Write(line); err != nil {
		return &fault.Error{Package: "param", Argument: "table", Err: err}
	}
	for i, row := range t.Rows {
		line = append(line[:0], strconv.Itoa(i), t.Kinds[i])
		for _, v := range row {
			line = append(line, cell(v))
		}
		if t.Files != nil {
			line = append(line, t.Files[i])
		}
		if err := out.Write(line); err != nil {
			return &fault.Error{Package: "param", Argument: "table", Err: err}
		}
	}
	if out.Flush(); out.Error() != nil {
		return &fault.Error{Package: "param", Argument: "table", Err: out.Error()}
	}
	return nil
}

func cell(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// ReadCSV reads what WriteCSV writes. It refuses a table without the first two
// columns, rows that are not counted from 0, and cells that are no numbers.
func ReadCSV(r io.Reader) (*Table, error) {
	lines, err := csv.NewReader(r).ReadAll() // refuses rows of another length
	if err != nil {
		return nil, &fault.Error{Package: "param", Argument: "table", Err: err}
	}
	if len(lines) == 0 || len(lines[0]) < 2 || lines[0][1] != "kind" {
		return nil, fmt.Errorf("param: table: want a first line that names the columns: image or filter, kind and parameters")
	}
	names, end := lines[0], len(lines[0])
	t := &Table{Subject: names[0]}
	if names[end-1] == "file" {
		end--
		t.Files = []string{}
	}
	t.Columns = slices.Clone(names[2:end])
	for i, line := range lines[1:] {
		if line[0] != strconv.Itoa(i) {
			return nil, fmt.Errorf("param: table: %s %q: want %d, all in their order", t.Subject, line[0], i)
		}
		row, err := numbers(line[2:end], t.Columns)
		if err != nil {
			return nil, fmt.Errorf("param: table: %s %d: %w", t.Subject, i, err)
		}
		t.Kinds, t.Rows = append(t.Kinds, line[1]), append(t.Rows, row)
		if t.Files != nil {
			t.Files = append(t.Files, line[end])
		}
	}
	return t, nil
}

func numbers(cells, columns []string) ([]float64, error) {
	row := make([]float64, len(cells))
	for i, text := range cells {
		row[i] = math.NaN()
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%s %q: want a number or nothing", columns[i], text)
		}
		row[i] = v
	}
	return row, nil
}
