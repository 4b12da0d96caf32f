package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"

	"gpuconv/param"
)

// Number is a number, or NaN if it is not known, which is null in JSON.
type Number float64

// MarshalJSON implements [json.Marshaler].
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func (n Number) text(format string) string {
	if math.IsNaN(float64(n)) {
		return "–"
	}
	return fmt.Sprintf(format, float64(n))
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	return encoder.Encode(v)
}

// columns returns a table with a row for each struct and a column for each name, the name of a field in JSON. A number
// that is not known is an empty cell, and so is a time of 0.
func columns[T any](rows []T, names ...string) *param.Table {
	t, fields := &param.Table{}, map[string]int{}
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		fields[name] = i
	}
	for _, name := range names {
		c := param.Column{Name: name}
		for _, row := range rows {
			v := reflect.ValueOf(row).Field(fields[name])
			switch {
			case v.Kind() == reflect.String:
				c.Words = append(c.Words, v.String())
			case v.CanInt():
				c.Numbers = append(c.Numbers, float64(v.Int()))
			case v.Kind() == reflect.Pointer && !v.IsNil():
				c.Numbers = append(c.Numbers, v.Elem().Float())
			case v.Kind() == reflect.Pointer || v.Type() == reflect.TypeFor[float64]() && v.Float() == 0:
				c.Numbers = append(c.Numbers, math.NaN())
			default:
				c.Numbers = append(c.Numbers, v.Float())
			}
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// Table returns the results as a table for CSV: a row for each case, backend and phase, and one for each entry of
// Missing, without numbers and with its reason. The columns have the names of the report's fields.
func (r Report) Table() *param.Table {
	rows, suites := slices.Clone(r.Results), map[string]string{}
	for _, c := range r.Cases {
		suites[c.Case] = c.Suite
	}
	for _, m := range r.Missing {
		rows = append(rows, Result{Suite: cmp.Or(suites[m.Case], r.Run.Suite), Case: m.Case, Backend: m.Backend,
			Threads: m.Threads, Phase: m.Phase, Why: m.Why})
	}
	return columns(rows, "suite", "case", "backend", "threads", "device", "algorithm", "phase", "cache", "samples",
		"median_s", "ci_low_s", "ci_high_s", "images_per_s", "gflops", "gbps", "percent_of_roofline", "why")
}
