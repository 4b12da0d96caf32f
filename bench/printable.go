package bench

import (
	"reflect"
	"time"

	"gpuconv/fault"
)

// Printable returns the report with all of its texts as [fault.Line] returns them. A report may come from anywhere, and
// what shows one, as a table, page or picture, shows this. Numbers are shared with r.
func (r Report) Printable() Report {
	r.known = nil // it knows the names as they were
	return printable(reflect.ValueOf(r)).Interface().(Report)
}

// printable returns a value with its texts escaped, however deep they are: no new field of a report is forgotten.
func printable(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch v.Kind() {
	case reflect.String:
		to.SetString(fault.Line(v.String()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return to
		}
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			to.Field(i).Set(printable(v.Field(i)))
		}
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Float64 {
			return to
		}
		to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			to.Index(i).Set(printable(v.Index(i)))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			to.Set(reflect.New(v.Type().Elem()))
			to.Elem().Set(printable(v.Elem()))
		}
	}
	return to
}
