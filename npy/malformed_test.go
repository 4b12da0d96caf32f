package npy

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

func littleEndianBytes(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMalformed has files that are wrong outside their dict literal.
func TestMalformed(t *testing.T) {
	good := encodeArray(1, "<f4", false, []int{2, 3}) // 24 bytes of data
	alter := func(at int, b ...byte) []byte {
		file := bytes.Clone(good)
		copy(file[at:], b)
		return file
	}
	start := len(good) - 24 // magic, version and length are 10 bytes, the dict literal 60
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "want a .npy or .npz file, this one is empty"},
		{"text", []byte("hello, world"), `want a .npy or .npz file ("\x93NUMPY" or "PK" first), this one starts with "hello,"`},
		{"one byte", []byte("\x93"), `this one starts with "\x93"`},
		{"bad magic", alter(5, 'y'), `this one starts with "\x93NUMPy"`},
		{"magic only", good[:6], "ends after 6 bytes: want at least 10"},
		{"no length", good[:9], "ends after 9 bytes"},
		{"version 0.1", alter(6, 0, 1), "format version 0.1: want 1.0, 2.0 or 3.0"},
		{"version 1.1", alter(6, 1, 1), "format version 1.1"},
		{"version 4.0", alter(6, 4, 0), "format version 4.0"},
		{"version 2.0, half a length", alter(6, 2, 0)[:11], "unexpected EOF"},
		{"header cut", good[:start-5], "a header of 60 bytes: only 55 follow its length"},
		{"header length 0", alter(8, 0, 0), "header: it ends after byte 0: want {"},
		{"header length too long", alter(8, 255, 255), "a header of 65535 bytes: only 84 follow"},
		{"header length too short", alter(8, 20, 0), `header: byte 17 starts "'fo": want a string that ends`},
		{"header length into the data", alter(8, 64, 0), "want nothing after }"},
		{"header over the cap", rawFile(2, strings.Repeat(" ", 65537), nil), "a header of 65537 bytes: want at most 65536"},
		{"header length lies", append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), good[10:]...), "a header of 4294967295 bytes: want at most"},
		{"version 3.0 not UTF-8", rawFile(3, "{'\xff': 1}", nil), "want UTF-8"},
		{"no data", good[:start], "shape [2 3] of <f4: want 24 bytes of data, only 0 follow the header"},
		{"data cut", good[:len(good)-1], "want 24 bytes of data, only 23 follow"},
		{"data trails", append(bytes.Clone(good), 0), "want 24 bytes of data, 25 follow"},
		{"huge", rawFile(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1099511627776,)}", make([]byte, 8)),
			"want 1099511627776 bytes of data, only 8 follow"},
		{"huge in Fortran order", rawFile(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (1048576, 1048576)}", make([]byte, 8)),
			"want 8796093022208 bytes of data, only 8 follow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// A header may take its largest size, and twice that while it becomes a string.
			grown := allocated(func() {
				_, err := read(tt.file, "")
				wantError(t, err, tt.want)
			})
			if grown > 3*maxHeader {
				t.Errorf("allocated %d bytes for a file of %d", grown, len(tt.file))
			}
		})
	}
}

// TestEveryCut cuts a good file at each byte.
func TestEveryCut(t *testing.T) {
	for version := byte(1); version <= 3; version++ {
		good := encodeArray(version, ">i2", true, []int{2, 3})
		for n := range good {
			if _, err := read(good[:n], ""); err == nil {
				t.Errorf("version %d cut to %d of %d bytes: no error", version, n, len(good))
			}
		}
	}
}

func TestHeaderForms(t *testing.T) {
	tests := []struct{ name, text string }{
		{"as NumPy writes it", "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n"},
		{"no comma at the end", "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}"},
		{"double quotes", `{"descr": "<f4", "fortran_order": False, "shape": (3, 4)}`},
		{"both quotes", `{'descr': "<f4", "fortran_order": False, 'shape': (3, 4)}`},
		{"other order", "{'shape': (3, 4), 'fortran_order': False, 'descr': '<f4'}"},
		{"no spaces", "{'descr':'<f4','fortran_order':False,'shape':(3,4)}"},
		{"many spaces", " \t{ 'descr' :\n'<f4' , 'fortran_order' : False , 'shape' : ( 3 , 4 , ) , } \r\n"},
		{"Python 2", "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := parseHeader(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if h.dtype.descr != "<f4" || h.fortran || tuple(h.shape) != "(3, 4)" || h.count != 12 {
				t.Errorf("got %+v", h)
			}
		})
	}
}

// TestBadHeaders has texts that Python or NumPy refuses too, or that are not arrays of numbers.
func TestBadHeaders(t *testing.T) {
	shape := func(s string) string { return "{'descr': '<f4', 'fortran_order': False, 'shape': " + s + "}" }
	descr := func(s string) string { return "{'descr': " + s + ", 'fortran_order': False, 'shape': (3,)}" }
	tests := []struct{ name, text, want string }{
		{"empty", "", "it ends after byte 0: want {"},
		{"blank", "  \n", "it ends after byte 3: want {"},
		{"a list", "[1]", `byte 0 starts "[1]": want {`},
		{"no keys", "{}", `key "descr" is missing`},
		{"no shape", "{'descr': '<f4', 'fortran_order': False}", `key "shape" is missing`},
		{"no order", "{'descr': '<f4', 'shape': (3,)}", `key "fortran_order" is missing`},
		{"unknown key", "{'descr': '<f4', 'color': 'red'}", `key "color": want descr, fortran_order and shape`},
		{"a key twice", "{'descr': '<f4', 'descr': '<f8'}", `key "descr" is there twice`},
		{"bare key", "{descr: '<f4'}", `byte 1 starts "descr: '<f4'}": want a string in quotes`},
		{"no colon", "{'descr' '<f4'}", "want :"},
		{"no comma", "{'descr': '<f4' 'fortran_order': False}", "want , or }"},
		{"two commas", "{'descr': '<f4',, 'fortran_order': False}", "want a string in quotes"},
		{"not closed", "{'descr': '<f4'", "want , or }"},
		{"string not closed", "{'descr", "want a string that ends"},
		{"escape", `{'descr': '\x3cf4'}`, "without escapes"},
		{"text after it", shape("(3,)") + " 1", `starts "1": want nothing after }`},
		{"a zero byte after it", shape("(3,)") + "\x00", "want nothing after }"},
		{"comment", shape("(3,)") + " # C order", "want nothing after }"},
		{"order is a number", "{'fortran_order': 0}", "want True or False"},
		{"order in lower case", "{'fortran_order': true}", "want True or False"},
		{"shape is a list", shape("[3]"), "want a tuple such as (3,)"},
		{"shape is a number", shape("3"), "want a tuple such as (3,)"},
		{"shape in parentheses only", shape("(3)"), "want a comma"},
		{"shape not closed", shape("(3, 4"), "want a comma"},
		{"shape of commas", shape("(,)"), "want an extent"},
		{"negative", shape("(3, -1)"), `extent "-1" is negative`},
		{"float", shape("(3.0,)"), "want a comma"},
		{"leading zero", shape("(03,)"), "want an extent"},
		{"underscore", shape("(1_000,)"), "want a comma"},
		{"None", shape("(None,)"), "want an extent"},
		{"minus", shape("(-,)"), "want an extent"},
		{"extent over int", shape("(9223372036854775808,)"), `extent "9223372036854775808" is too large`},
		{"product over int", shape("(4611686018427387904, 8)"), "the product of the extents is more than"},
		{"product over any memory", shape("(1048576, 1048576, 1048576)"), "do not fit in the address space"},
		{"65 dimensions", shape("(" + strings.Repeat("1,", 65) + ")"), "more than 64 dimensions"},
		{"no descr", descr("''"), `dtype "": want f2`},
		{"complex", descr("'<c16'"), `dtype "<c16" (complex): want f2`},
		{"object", descr("'|O'"), `dtype "|O" (object): want f2`},
		{"structured", descr("[('x', '<f4')]"), `structured dtype "[('x', '<f4')]`},
		{"subarray", descr("('<f4', (3,))"), "structured dtype"},
		{"no byte order", descr("'f4'"), `dtype "f4": want a byte order, "<f4" or ">f4"`},
		{"native byte order", descr("'=f8'"), `dtype "=f8": want a byte order, "<f8" or ">f8"`},
		{"f1", descr("'<f1'"), `dtype "<f1": want f2`},
		{"i3", descr("'<i3'"), `dtype "<i3": want f2`},
		{"a name", descr("'float32'"), `dtype "float32": want f2`},
		{"descr is a number", descr("4"), "want a string in quotes"},
		{"nested", strings.Repeat("{'descr': ", 1000), "want a string in quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(rawFile(1, tt.text, make([]byte, 12)), "")
			wantError(t, err, tt.want)
			wantError(t, err, "npy: x: header: ")
		})
	}
}
