package param

import (
	"slices"
	"strings"

	"gpuconv/fault"
)

// Table describes images, filters or cells. It has a row for each, in their order, and a named column for each
// property, such as orientation_deg or kind. The zero value has no rows. Goroutines that only read a table may share
// it.
type Table struct {
	// Subject is what a row is about, such as image or filter. [Table.WriteCSV] numbers the rows from 0 in a first
	// column of this name, which is not among Columns. If Subject is empty, the rows have no numbers.
	Subject string
	Columns []Column
}

// Column is one column of a [Table]: either numbers or words, one for each row.
type Column struct {
	Name    string    // with its unit, such as sf_cycles_per_pixel
	Numbers []float64 // NaN is a missing value
	Words   []string  // instead of Numbers; else nil
}

// NewTable returns a table without rows. It has a column "kind" of words and a column of numbers for each of the names.
func NewTable(subject string, names ...string) *Table {
	t := &Table{Subject: subject, Columns: []Column{{Name: "kind", Words: []string{}}}}
	for _, name := range names {
		t.Columns = append(t.Columns, Column{Name: name})
	}
	return t
}

// Add adds a row to a table that [NewTable] made: a kind, and a number for each name, in the order of the names. It
// panics if there are more numbers than names.
func (t *Table) Add(kind string, numbers ...float64) {
	t.Columns[0].Words = append(t.Columns[0].Words, kind)
	for i, v := range numbers {
		t.Columns[i+1].Numbers = append(t.Columns[i+1].Numbers, v)
	}
}

// Len returns how many rows there are.
func (t *Table) Len() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return t.Columns[0].Len()
}

// Column returns the column of a name, or an empty column if there is none.
func (t *Table) Column(name string) Column {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if at < 0 {
		return Column{}
	}
	return t.Columns[at]
}

// Names returns the names of the columns.
func (t *Table) Names() []string {
	all := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		all[i] = c.Name
	}
	return all
}

// Check refuses tables that [ReadCSV] would not read back, except those without rows:
//   - one that has neither columns nor a Subject;
//   - columns of different lengths;
//   - a column with both numbers and words;
//   - a column of words if at least half of those that are not empty or nan look like numbers, and one does not, or is
//     too large for float64, such as 1e999;
//   - a column of numbers that is called kind, name or file;
//   - a word that holds a NUL byte;
//   - a column without a name, or with the name of another column or of Subject;
//   - a name that [Reader] refuses in the first line;
//   - a row whose only cell is empty, which would be an empty line.
func (t *Table) Check() error {
	if len(t.header()) == 0 {
		return fault.New("param", "table", "", "it has no columns: want at least one")
	}
	seen := map[string]bool{t.Subject: true}
	for i, c := range t.Columns {
		if c.Len() != t.Len() {
			return fault.New("param", "table", "", "column %s has %d values: want %d, one a row", c.Name, c.Len(),
				t.Len())
		}
		if len(c.Numbers) > 0 && len(c.Words) > 0 {
			return fault.New("param", "table", "", "column %s has numbers and words: want one of them", c.Name)
		}
		if err := checkName(c.Name, i, seen); err != nil {
			return err
		}
		if err := c.checkReadable(); err != nil {
			return err
		}
	}
	if err := checkNames(t.header()); err != nil {
		return err
	}
	return t.checkLines()
}

// header returns the names in the first line, as they are read back.
func (t *Table) header() []string {
	var names []string
	if t.Subject != "" {
		names = append(names, t.Subject)
	}
	for _, name := range t.Names() {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// checkName refuses a name of column i that is empty or already taken, and takes it.
func checkName(name string, i int, taken map[string]bool) error {
	if name == "" || taken[name] {
		return fault.New("param", "table", "", "column %d is named %q: want a name, and each once", i+1, name)
	}
	taken[name] = true
	return nil
}

// checkLines refuses rows that would be empty lines.
func (t *Table) checkLines() error {
	if t.Subject != "" || len(t.Columns) != 1 {
		return nil
	}
	for i := range t.Len() {
		if t.Columns[0].cell(i) == "" {
			return fault.New("param", "table", "", "row %d is empty: want a subject, or a second column", i)
		}
	}
	return nil
}

// Len returns how many values there are.
func (c Column) Len() int { return max(len(c.Numbers), len(c.Words)) }

// Levels returns a number for each row. Numbers are returned as they are. Words are numbered from 0 in the order in
// which they first appear, so that equal words have equal numbers. Do not change the result, which may be Numbers
// itself.
func (c Column) Levels() []float64 {
	if c.Words == nil {
		return c.Numbers
	}
	seen := map[string]int{}
	levels := make([]float64, len(c.Words))
	for i, word := range c.Words {
		if _, ok := seen[word]; !ok {
			seen[word] = len(seen)
		}
		levels[i] = float64(seen[word])
	}
	return levels
}

// cell returns row i as text.
func (c Column) cell(i int) string {
	if c.Words != nil {
		return c.Words[i]
	}
	return Cell(c.Numbers[i])
}
