package bench

import (
	"reflect"

	"gpuconv/fault"
)

// Printable returns a copy of the report in which [fault.Line] has escaped all texts. A report may come from anywhere,
// so every table, page and picture shows this copy. The copy shares its numbers with r.
func (r Report) Printable() Report {
	r.known = nil // it has the names before escaping
	return printable(reflect.ValueOf(r)).Interface().(Report)
}

// printable returns a copy of a value with all texts in it escaped, however deep they are. It needs no list of the
// fields, so that a new field of a report cannot be forgotten.
func printable(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch v.Kind() {
	case reflect.String:
		to.SetString(fault.Line(v.String()))
	case reflect.Struct:
		for i := range v.NumField() { // a time has no exported field
			if v.Type().Field(i).IsExported() {
				to.Field(i).Set(printable(v.Field(i)))
			}
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
