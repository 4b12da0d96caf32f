package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// counted returns the values of the golden tensors: index/8 − 1 in C order; for integers the index itself.
func counted(indices []int, integers bool) []float32 {
	var all []float32
	for _, i := range indices {
		v := float32(i)
		if !integers {
			v = v/8 - 1
		}
		all = append(all, v)
	}
	return all
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestGoldens reads the tensors that PyTorch 2.15 and safetensors wrote (testdata/make.py), of all types, in C order or
// not.
func TestGoldens(t *testing.T) {
	both := []struct {
		name, dtype string
		shape       []int
		want        []float32
	}{
		{"conv.weight", "<f4", []int{2, 3, 2, 2}, counted(upTo(24), false)},
		{"conv.bias", "<f8", []int{2}, counted(upTo(2), false)},
		{"half", "<f2", []int{2, 2}, counted(upTo(4), false)},
		{"bfloat", "<bf16", []int{2, 2}, counted(upTo(4), false)},
		{"long", "<i8", []int{3}, counted(upTo(3), true)},
		{"flag", "<b1", []int{2}, []float32{1, 0}},
		{"last", "<f4", []int{2, 3, 2, 2}, counted(upTo(24), false)}, // channels last in the .pt
		{"part", "<f4", []int{2, 3}, counted([]int{5, 6, 7, 9, 10, 11}, false)},
	}
	for _, file := range []string{"small.pt", "small.safetensors"} {
		for _, c := range both {
			same(t, file+":"+c.name, c.dtype, c.shape, c.want)
		}
	}
	weight := counted(upTo(24), false)
	same(t, "nested.pt:state_dict.conv.weight", "<f4", []int{2, 3, 2, 2}, weight)
	same(t, "nested.pt:layers.0", "<f4", []int{1, 3, 2, 2}, weight[:12])
	same(t, "protocol4.pt", "<f4", []int{2, 3, 2, 2}, weight)
	same(t, "alone.pt", "<f4", []int{2, 3, 2, 2}, weight)
}

// same reads a tensor and compares it.
func same(t *testing.T, path, dtype string, shape []int, want []float32) {
	t.Helper()
	r, err := Open(t.Context(), filepath.Join("testdata", path))
	if err != nil {
		t.Error(err)
		return
	}
	defer r.Close()
	got, err := r.Array()
	if err != nil {
		t.Error(err)
		return
	}
	if r.DType() != dtype || !slices.Equal(got.Shape, shape) || !slices.Equal(got.Data, want) {
		t.Errorf("%s: %s %v %v, want %s %v %v", path, r.DType(), got.Shape, got.Data, dtype, shape, want)
	}
}

// TestRefusals: an error says what is in a file.
func TestRefusals(t *testing.T) {
	for path, want := range map[string][]string{
		"small.pt":               {"holds 8 tensors: want a name, as in FILE:conv.weight", "conv.weight [2 3 2 2]", "half [2 2]"},
		"small.safetensors:none": {`holds no tensor "none"`, "it holds conv.weight [2 3 2 2], last [2 3 2 2], long [3]"},
		"nested.pt:epoch":        {`holds no tensor "epoch"`, "state_dict.conv.weight", "besides tensors it holds __main__.Config (config)"},
		"module.pt":              {"holds no tensor; besides tensors it holds torch.nn.modules.conv.Conv2d", "model.state_dict()"},
	} {
		_, err := Open(t.Context(), filepath.Join("testdata", path))
		for _, part := range want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q", path, err, part)
			}
		}
	}
	for _, path := range []string{"testdata/make.py", "testdata/none.pt", "testdata/none.pt:w"} {
		if _, err := Open(t.Context(), path); !errors.Is(err, ErrOther) {
			t.Errorf("%s: %v, want ErrOther", path, err)
		}
	}
}

// write writes a file of the test and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pickled returns a .pt file of a pickle, with the bytes of storage 0.
func pickled(t *testing.T, pickle string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"a/data.pkl": []byte(pickle), "a/data/0": data} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tensorOf is a pickle of a tensor: 4 float32 in storage 0, from an offset, of a shape and strides of two extents.
func tensorOf(offset, rows, columns, step, stride byte) string {
	return "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n" +
		"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK" + string(offset) + "K" + string(rows) + "K" + string(columns) +
		"\x86K" + string(step) + "K" + string(stride) + "\x86tR."
}

// TestHostile: pickles that call functions, ask for too much, hold themselves or end early are refused or passed over,
// in bounded memory and time; so are headers of .safetensors files.
func TestHostile(t *testing.T) {
	four := make([]byte, 16)
	if _, err := Open(t.Context(), write(t, "x.pt", pickled(t, tensorOf(0, 2, 2, 2, 1), four))); err != nil {
		t.Fatal(err)
	}
	laughs := "\x80\x02}q\x00K\x00K\x00s"
	for i := byte(1); i < 60; i++ { // each dictionary holds the one before twice
		laughs += "}q" + string(i) + "K\x00h" + string(i-1) + "sK\x01h" + string(i-1) + "s"
	}
	for name, pickle := range map[string]string{
		"system":       "cos\nsystem\nX\x04\x00\x00\x00true\x85R.",
		"long bytes":   "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
		"opcode 255":   "\xff.",
		"empty":        "",
		"no stop":      "\x80\x02}",
		"itself":       "\x80\x02}q\x00K\x00h\x00s.",
		"laughs":       laughs + ".",
		"empty stack":  "\x80\x02R.",
		"no mark":      "\x80\x02t.",
		"key alone":    "\x80\x02}(K\x00u.",
		"memo":         "\x80\x02h\x05.",
		"beyond":       tensorOf(1, 2, 2, 2, 1),
		"far stride":   tensorOf(0, 2, 2, 200, 1),
		"repeats":      tensorOf(0, 200, 200, 0, 0),
		"to a number":  "\x80\x02K\x00K\x01a.",
		"mark on mark": "((((((t.",
	} {
		if r, err := Open(t.Context(), write(t, "x.pt", pickled(t, pickle, four))); err == nil {
			r.Close()
			t.Errorf("%s is accepted", name)
		}
	}
	for name, header := range map[string]string{
		"not JSON": `{"a":`, "beyond": `{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`,
		"overlap":  `{"a":{"dtype":"F32","shape":[4],"data_offsets":[8,4]}}`,
		"shape":    `{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}`,
		"negative": `{"a":{"dtype":"F32","shape":[-2,-1],"data_offsets":[0,8]}}`,
		"type":     `{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}`,
	} {
		content := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		content = append(append(content, header...), make([]byte, 8)...)
		if r, err := Open(t.Context(), write(t, "x.safetensors", content)); err == nil {
			r.Close()
			t.Errorf("%s is accepted", name)
		}
	}
	long := append(binary.LittleEndian.AppendUint64(nil, 1<<30), `{"a`...)
	if _, err := Open(t.Context(), write(t, "x.safetensors", long)); err == nil {
		t.Error("a header longer than the file is accepted")
	}
	_, err := Open(t.Context(), write(t, "x.safetensors", long[:3]))
	if err == nil || !strings.Contains(err.Error(), "a file of 3 bytes: want at least 8") {
		t.Errorf("a file that ends within the length of the header: %v", err)
	}
}

// TestBombs: small pickles whose keys, names or dictionaries would be huge end in no time.
func TestBombs(t *testing.T) {
	tuple := ")" + strings.Repeat("2\x86", 60) // each holds the one before twice
	for name, pickle := range map[string]string{"key": "}" + tuple + "K\x00s.",
		"class": tuple + "X\x01\x00\x00\x00a\x93."} {
		made, err := run([]byte(pickle))
		if err != nil {
			t.Fatal(name, err)
		}
		(&walk{}).visit("", made, 0)
	}
	long := string(binary.LittleEndian.AppendUint32([]byte{'X'}, 1<<20)) + strings.Repeat("k", 1<<20)
	keys := "}" + long + "](" + strings.Repeat("cos\nsystem\n", 1<<10) + "es."
	made, err := run([]byte(keys))
	w := &walk{}
	if w.visit("", made, 0); err != nil || w.named > 2*mostNames || w.visited > 100 {
		t.Errorf("a long key is in names of %d bytes, %d visited, %v", w.named, w.visited, err)
	}
	var kinds strings.Builder
	for i := range 3 * mostRest {
		fmt.Fprintf(&kinds, "ca\nb%d\n", i)
	}
	made, err = run([]byte("](" + kinds.String() + "e."))
	w = &walk{}
	if w.visit("", made, 0); err != nil || len(w.rest) != mostRest {
		t.Errorf("%d classes are noted, %v, want %d", len(w.rest), err, mostRest)
	}
	pairs := "ccollections\nOrderedDict\nq\x00](" + strings.Repeat("K\x01K\x02\x86", 1000) + "e\x85q\x01" +
		strings.Repeat("h\x00h\x01R", 20000) + "."
	if _, err := run([]byte(pairs)); err == nil || !strings.Contains(err.Error(), "makes more than") {
		t.Errorf("20 million entries are made: %v", err)
	}
}

// TestChecksums: an element that has changed since the file was written is found, in C order or not.
func TestChecksums(t *testing.T) {
	data := []byte("sixteen elements")
	for name, pickle := range map[string]string{"C": tensorOf(0, 2, 2, 2, 1), "part": tensorOf(1, 1, 2, 2, 1),
		"Fortran": tensorOf(0, 2, 2, 1, 2)} {
		content := pickled(t, pickle, data)
		content[bytes.Index(content, data)] ^= 1
		r, err := Open(t.Context(), write(t, "x.pt", content))
		if err == nil {
			_, err = r.Array()
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("%s: %v, want an error about the checksum", name, err)
		}
	}
}

// TestReadsOnce: a tensor whose elements are not in C order takes no memory for them before it is read, and says how
// much it then takes. It may be read in pieces.
func TestReadsOnce(t *testing.T) {
	data := make([]byte, 16)
	for i := range 4 {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(i)))
	}
	r, err := Open(t.Context(), write(t, "x.pt", pickled(t, tensorOf(0, 2, 2, 1, 2), data)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Memory() != 16 {
		t.Errorf("reading takes %v bytes, want 16", r.Memory())
	}
	var got [4]float32
	for i := range got {
		if err := r.Read(got[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if want := [4]float32{0, 2, 1, 3}; got != want {
		t.Errorf("%v, want %v", got, want)
	}
	small := &gathered{t: tensor{shape: []int{2, 2}, stride: []int{1, 2}, dtype: "f4", end: 16},
		src: bytes.NewReader(data), index: make([]int, 2), left: 4}
	if small.raw != nil {
		t.Error("it is read before it is needed")
	}
	bytewise, err := io.ReadAll(iotest.OneByteReader(small))
	if want := [4]byte{0, 0, 0, 64}; err != nil || len(bytewise) != 16 || [4]byte(bytewise[4:8]) != want {
		t.Errorf("byte by byte: %v, %v", bytewise, err)
	}
}

// TestDamaged: no change of a byte of a pickle makes reading panic.
func TestDamaged(t *testing.T) {
	z, err := zip.OpenReader("testdata/small.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f := &torch{zip: &z.Reader, size: 1 << 20}
	code, err := f.read(z.File[0], mostPickle)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		damaged := slices.Clone(code)
		for range 1 + r.IntN(3) {
			damaged[r.IntN(len(damaged))] = byte(r.IntN(256))
		}
		if made, err := run(damaged); err == nil {
			w := &walk{}
			w.visit("", made, 0)
			for _, found := range w.tensors {
				_ = found.check()
			}
		}
	}
}

// FuzzPickle: no pickle makes reading panic.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(tensorOf(0, 2, 2, 2, 1)))
	f.Fuzz(func(_ *testing.T, code []byte) {
		if made, err := run(code); err == nil {
			w := &walk{}
			w.visit("", made, 0)
			for _, found := range w.tensors {
				_ = found.check()
			}
		}
	})
}
