package bench

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"

	"gpuconv/param"
)

// columns returns a table with a row for each struct and a column for each name, the name of a field in JSON. A missing
// number, and a time of 0, is an empty cell.
func columns[T any](rows []T, names ...string) *param.Table {
	t, fields := &param.Table{}, map[string]int{}
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		fields[name] = i
	}
	for _, name := range names {
		c := param.Column{Name: name}
		for _, row := range rows {
			switch v := reflect.ValueOf(row).Field(fields[name]).Interface().(type) {
			case string:
				c.Words = append(c.Words, v)
			case int:
				c.Numbers = append(c.Numbers, float64(v))
			case float64:
				if v == 0 {
					v = math.NaN()
				}
				c.Numbers = append(c.Numbers, v)
			case *float64:
				n := math.NaN()
				if v != nil {
					n = *v
				}
				c.Numbers = append(c.Numbers, n)
			}
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// Table returns the results as a table for CSV: a row for each case, backend and phase, and one for each entry of
// Missing, without numbers and with its reason. The columns have the names of the report's fields.
func (r Report) Table() *param.Table {
	rows := r.Results
	for _, m := range r.Missing {
		suite := r.Run.Suite
		for _, c := range r.Cases {
			if c.Case == m.Case {
				suite = c.Suite
			}
		}
		rows = append(rows[:len(rows):len(rows)], Result{Suite: suite, Case: m.Case, Backend: m.Backend,
			Threads: m.Threads, Phase: m.Phase, Why: m.Why})
	}
	return columns(rows, "suite", "case", "backend", "threads", "device", "algorithm", "phase", "cache", "samples",
		"median_s", "ci_low_s", "ci_high_s", "images_per_s", "gflops", "gbps", "percent_of_roofline", "why")
}

// changeRow is a [Change] for other programs. Numbers that are not known are nil.
type changeRow struct {
	Case       string   `json:"case"` // "geomean": all cases of the backend together
	Backend    string   `json:"backend"`
	Threads    int      `json:"threads"`
	Phase      string   `json:"phase"`
	Cases      int      `json:"cases"`
	Ratio      *float64 `json:"ratio"`
	Low        *float64 `json:"ratio_low"`
	High       *float64 `json:"ratio_high"`
	Calibrated *float64 `json:"calibrated"`
	P          *float64 `json:"p"`
	Old        int      `json:"n_old"`
	New        int      `json:"n_new"`
	Verdict    string   `json:"verdict"`
	Why        string   `json:"why"`
}

func (c Comparison) rows() []changeRow {
	all := []changeRow{}
	for _, x := range c.Changes {
		finite := func(v float64) *float64 {
			if math.IsInf(v, 0) || math.IsNaN(v) || min(x.N[0], x.N[1]) == 0 {
				return nil
			}
			return &v
		}
		if math.IsInf(x.High, 1) { // the interval is not known
			x.Low = math.NaN()
		}
		name := x.Case
		if name == "" {
			name = "geomean"
		}
		all = append(all, changeRow{name, x.Backend, x.Threads, x.Phase, x.Cases, finite(x.Ratio), finite(x.Low),
			finite(x.High), finite(x.Calibrated), finite(x.P), x.N[0], x.N[1], string(x.Verdict), x.Why})
	}
	return all
}

// Table returns the changes as a table for CSV, a row for each. The case geomean is all cases of a backend together. A
// number that is not known is an empty cell.
func (c Comparison) Table() *param.Table {
	return columns(c.rows(), "case", "backend", "threads", "phase", "cases", "ratio", "ratio_low", "ratio_high",
		"calibrated", "p", "n_old", "n_new", "verdict", "why")
}

// WriteJSON writes the comparison as JSON: the threshold, the notes, and the changes with the columns of Table. A
// number that is not known is null.
func (c Comparison) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(map[string]any{"threshold": c.Threshold, "notes": append([]string{}, c.Notes...),
		"changes": c.rows()})
}
