package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// saveArray writes a .npy file of little-endian elements.
func saveArray(t *testing.T, path, dtype string, shape string, elements any) {
	t.Helper()
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", dtype, shape)
	var file bytes.Buffer
	file.WriteString("\x93NUMPY\x01\x00")
	for _, part := range []any{uint16(len(head)), []byte(head), elements} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// inFolder runs gpuconv in a folder and returns its exit code and what it prints, without progress.
func inFolder(t *testing.T, folder string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Dir = folder
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(errs.String()) {
		if !strings.HasPrefix(line, "time=") { // progress
			stderr += line
		}
	}
	return cmd.ProcessState.ExitCode(), out.String(), stderr
}

// inputsFolder has images, weights and activations with numbers that float32 cannot hold, and some that it can.
func inputsFolder(t *testing.T) string {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	saveArray(t, at("huge.npy"), "<f8", "2, 2", []float64{1e300, 1, -1e39, 2})
	saveArray(t, at("odd.npy"), "<i8", "1, 2", []int64{1<<24 + 1, 3})
	saveArray(t, at("fine.npy"), "<f8", "1, 2", []float64{0.1, 1e-300})
	saveArray(t, at("bytes.npy"), "|u1", "1, 2", []uint8{0, 255})
	saveArray(t, at("words.npy"), "<u2", "1, 2", []uint16{0, 65535})
	saveArray(t, at("w.npy"), "<f4", "1, 1, 1, 1", []float32{1})
	saveArray(t, at("oddw.npy"), "<i4", "1, 1, 1, 1", []int32{1<<24 + 1})
	saveArray(t, at("oddb.npy"), "<i4", "1,", []int32{1<<25 + 1})
	saveArray(t, at("hugea.npy"), "<f8", "2, 1", []float64{1e300, 1})
	saveArray(t, at("w3.npy"), "<f4", "2, 3, 3", make([]float32, 18))
	saveArray(t, at("w2.npy"), "<f4", "3, 3", make([]float32, 9))
	saveArray(t, at("w5.npy"), "<f4", "1, 1, 1, 3, 3", make([]float32, 9))
	saveArray(t, at("w0.npy"), "<f4", "", make([]float32, 1))
	return folder
}

// TestNumbersThatDoNotFit: one line names the file, and says how many elements lost what. With --strict the file is
// refused, and nothing is written. Rounded fractions are not a loss.
func TestNumbersThatDoNotFit(t *testing.T) {
	unraced(t)
	folder := inputsFolder(t)
	convolve := "conv --backend cpu --output y.npy "
	for _, c := range []struct{ args, flag, note string }{
		{convolve + "--weight w.npy --input huge.npy", "input huge.npy",
			"huge.npy: float64, read as float32: of 4 elements, 2 exceed float32's range, 3.4e38, and became infinite"},
		{convolve + "--weight w.npy --input odd.npy", "input odd.npy",
			"odd.npy: int64, read as float32: of 2 elements, 1 is an integer above 2²⁴ that float32 rounds"},
		{convolve + "--weight oddw.npy --input fine.npy", "weight oddw.npy",
			"oddw.npy: int32, read as float32: of 1 element, 1 is an integer above 2²⁴ that float32 rounds"},
		{convolve + "--weight w.npy --bias oddb.npy --input fine.npy", "bias oddb.npy",
			"oddb.npy: int32, read as float32: of 1 element, 1 is an integer above 2²⁴ that float32 rounds"},
		{"verify --backend cpu --weight oddw.npy --input fine.npy", "weight oddw.npy",
			"oddw.npy: int32, read as float32: of 1 element, 1 is an integer above 2²⁴ that float32 rounds"},
		{"filters --input oddw.npy --output y.npy", "input oddw.npy",
			"oddw.npy: int32, read as float32: of 1 element, 1 is an integer above 2²⁴ that float32 rounds"},
		{"run --orientations 0 --filter oddw.npy --backend cpu --check 0 --output y", "filter oddw.npy",
			"oddw.npy: int32, read as float32: of 1 element, 1 is an integer above 2²⁴ that float32 rounds"},
		{convolve + "--weight w.npy --input fine.npy", "", ""},
	} {
		code, _, stderr := inFolder(t, folder, strings.Fields(c.args)...)
		want := ""
		if c.note != "" {
			want = "gpuconv: note: " + c.note + "\n"
		}
		if code != 0 || stderr != want {
			t.Errorf("%s: exit code %d, stderr %q, want 0 and %q", c.args, code, stderr, want)
		}
		for _, name := range []string{"y.npy", "y.csv", "y"} {
			if err := os.RemoveAll(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		code, stdout, stderr := inFolder(t, folder, append(strings.Fields(c.args), "--strict")...)
		if c.note == "" {
			if code != 0 || stderr != "" {
				t.Errorf("%s --strict: exit code %d, stderr %q, want 0 and nothing", c.args, code, stderr)
			}
			continue
		}
		if line := errorLine(t, stderr); code != 2 || !strings.HasPrefix(line, "gpuconv: --"+c.flag+": ") {
			t.Errorf("%s --strict: exit code %d, %q: want 2 and --%s", c.args, code, line, c.flag)
		}
		if found, _ := filepath.Glob(filepath.Join(folder, "y*")); stdout != "" && c.args[0] != 'v' || len(found) > 0 {
			t.Errorf("%s --strict leaves %v and prints %q", c.args, found, stdout)
		}
	}
}

// TestTuningOfNumbersThatDoNotFit: with --strict, tuning refuses activations that float32 cannot hold.
func TestTuningOfNumbersThatDoNotFit(t *testing.T) {
	unraced(t)
	folder := inputsFolder(t)
	args := []string{"tuning", "--input", "hugea.npy", "--orientations", "0,90", "--rdm", "none", "--output", "y",
		"--strict"}
	code, _, stderr := inFolder(t, folder, args...)
	want := "gpuconv: --input hugea.npy: float64, read as float32: leave out --strict, or give numbers that fit: " +
		"of 2 elements, 1 exceeds float32's range, 3.4e38, and became infinite"
	if line := errorLine(t, stderr); code != 2 || line != want {
		t.Errorf("exit code %d, %q, want 2 and %q", code, line, want)
	}
}

// TestRecordingsThatDoNotFit: the same holds for each array of an archive of recordings. Values that became infinite
// are refused even without --strict.
func TestRecordingsThatDoNotFit(t *testing.T) {
	unraced(t)
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	pack := func(name, dtype string, train any) {
		file, err := os.Create(at(name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		archive := zip.NewWriter(file)
		saveArray(t, at("train.npy"), dtype, "4, 1", train)
		saveArray(t, at("test.npy"), "<f4", "4, 1", []float32{1, 2, 3, 1})
		saveArray(t, at("stimuli.npy"), "<f8", "4,", []float64{0, 45, 90, 135})
		for key, part := range map[string]string{"resp_train": "train.npy", "resp_test": "test.npy",
			"stimuli": "stimuli.npy"} {
			text, err := os.ReadFile(at(part))
			if err != nil {
				t.Fatal(err)
			}
			w, err := archive.Create(key + ".npy")
			if err == nil {
				_, err = w.Write(text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
	}
	pack("odd.npz", "<i8", []int64{1, 1<<24 + 1, 3, 1})
	pack("huge.npz", "<f8", []float64{1, 1e300, 3, 1})
	pack("fine.npz", "<f8", []float64{0.1, 2, 3, 1})
	const lost = "odd.npz:resp_train: int64, read as float32: of 4 elements, 1 is an integer above 2²⁴ that float32 " +
		"rounds"
	const refusal = "gpuconv: --input odd.npz:resp_train: int64, read as float32: leave out --strict, or give " +
		"numbers that fit: of 4"
	for args, want := range map[string]string{
		"data --input odd.npz": "gpuconv: note: " + lost + "\n", "data --input fine.npz --strict": "", "data --input fine.npz": "",
		"data --input odd.npz --output y": "gpuconv: note: " + lost + "\n",
	} {
		if code, _, stderr := inFolder(t, folder, strings.Fields(args)...); code != 0 || stderr != want {
			t.Errorf("%s: exit code %d, stderr %q, want 0 and %q", args, code, stderr, want)
		}
	}
	for args, want := range map[string]string{"data --input odd.npz --strict": refusal,
		"data --input odd.npz --strict --output z": refusal,
		"data --input huge.npz": "gpuconv: --input: huge.npz: resp_train: of 4 elements, 1 " +
			"exceeds float32's range, 3.4e38, and became infinite: want numbers that fit",
		"data --download x.npz --strict": "gpuconv: --strict: it is about numbers in files, want --input with it"} {
		code, _, stderr := inFolder(t, folder, strings.Fields(args)...)
		if line := errorLine(t, stderr); code == 0 || !strings.HasPrefix(line, want) {
			t.Errorf("%s: exit code %d, %q, want %q", args, code, line, want)
		}
	}
	if _, err := os.Stat(at("z")); err == nil {
		t.Error("a refused file leaves results")
	}
}

// TestBytesOfImages: the pixels of uint8 arrays are 0 … 255, and those of pictures are 0 … 1. A line says so.
func TestBytesOfImages(t *testing.T) {
	folder := inputsFolder(t)
	for file, want := range map[string]string{
		"bytes.npy": "gpuconv: note: bytes.npy: uint8, read as the numbers 0 … 255; the pixels of a .png are 0 … 1\n",
		"words.npy": "gpuconv: note: words.npy: uint16, read as the numbers 0 … 65535; the pixels of a .png are 0 … 1\n",
	} {
		code, _, stderr := inFolder(t, folder, "conv", "--backend", "cpu", "--input", file, "--weight", "w.npy",
			"--output", "y.npy")
		if code != 0 || stderr != want {
			t.Errorf("%s: exit code %d, %q, want 0 and %q", file, code, stderr, want)
		}
	}
}

// TestWeightsHaveFourDimensions: every flag that takes weights refuses other arrays, in words about weights.
func TestWeightsHaveFourDimensions(t *testing.T) {
	unraced(t)
	folder := inputsFolder(t)
	for _, args := range []string{"conv --input fine.npy --output y.npy --weight", "filters --output y.npy --input",
		"run --output y --orientations 0 --filter", "verify --backend cpu --input fine.npy --weight",
		"info --backend cpu --problem --input 1,1,8,8 --weight"} {
		for file, shape := range map[string]string{"w0.npy": "[] have 0 dimensions", "oddb.npy": "[1] have 1 dimension",
			"w2.npy": "[3 3] have 2 dimensions", "w3.npy": "[2 3 3] have 3 dimensions",
			"w5.npy": "[1 1 1 3 3] have 5 dimensions"} {
			code, _, stderr := inFolder(t, folder, append(strings.Fields(args), file)...)
			want := "^gpuconv: --[a-z]+ " + file + ": weights of shape " + regexp.QuoteMeta(shape) +
				`: want 4, \[filters, channels per group, rows, columns\]$`
			if line := errorLine(t, stderr); code != 2 || !regexp.MustCompile(want).MatchString(line) {
				t.Errorf("%s %s: exit code %d, %q, want 2 and %s", args, file, code, line, want)
			}
		}
	}
}
