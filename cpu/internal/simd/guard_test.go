package simd

import (
	"reflect"
	"testing"

	"gpuconv/cpu/internal/guarded"
)

// guard moves all slices of a kernel's argument between guard pages, those of its unexported fields and of structs in
// it, too: numbers, offsets and masks alike. They end, or begin, at such a page, so that a kernel that reads or writes
// one element beyond them faults.
func guard(t *testing.T, argument any, atEnd bool) {
	t.Helper()
	guardFields(t, reflect.ValueOf(argument).Elem(), atEnd)
}

func guardFields(t *testing.T, v reflect.Value, atEnd bool) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			guardFields(t, v.Field(i), atEnd)
		}
	case reflect.Slice:
		switch s := reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Interface().(type) {
		case *[]float32:
			*s = guarded.Copy(t, *s, atEnd)
		case *[]float64:
			*s = guarded.Copy(t, *s, atEnd)
		case *[]int:
			*s = guarded.Copy(t, *s, atEnd)
		case *[]uint32:
			*s = guarded.Copy(t, *s, atEnd)
		default:
			t.Fatalf("a kernel reads a %v, which guard does not know", v.Type())
		}
	}
}
