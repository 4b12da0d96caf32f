package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gpuconv/npy"
)

// ran runs a command line in this process.
func ran(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// arrayFile writes an array of ones, in which some elements are replaced.
func arrayFile(t testing.TB, path string, put map[int]float64, shape ...int) {
	t.Helper()
	n := 1
	for _, extent := range shape {
		n *= extent
	}
	a := &npy.Array{Shape: shape, Data: make([]float32, n)}
	for i := range a.Data {
		a.Data[i] = 1
	}
	for at, v := range put {
		a.Data[at] = float32(v)
	}
	if err := npy.WriteFile(path, a); err != nil {
		t.Fatal(err)
	}
}

// TestNotFiniteIsSaid: outputs that are NaN or infinite are counted, even if they agree. A NaN pixel in the middle of
// 6×6 reaches the 9 outputs of a 3×3 filter. A weight of NaN reaches all 16 outputs of its filter. A weight of infinity
// makes 16 infinite outputs.
func TestNotFiniteIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	nan, inf := math.NaN(), math.Inf(1)
	arrayFile(t, "x.npy", nil, 1, 1, 6, 6)
	arrayFile(t, "x-nan.npy", map[int]float64{2*6 + 2: nan}, 1, 1, 6, 6)
	arrayFile(t, "w.npy", nil, 2, 1, 3, 3)
	arrayFile(t, "w-nan.npy", map[int]float64{4: nan}, 2, 1, 3, 3)
	arrayFile(t, "w-inf.npy", map[int]float64{4: inf}, 2, 1, 3, 3)
	for i, c := range []struct {
		input, weight string
		nans, infs    int
	}{{"x.npy", "w.npy", 0, 0}, {"x-nan.npy", "w.npy", 18, 0}, {"x.npy", "w-nan.npy", 16, 0},
		{"x.npy", "w-inf.npy", 0, 16}, {"x-nan.npy", "w-inf.npy", 18, 7}} {
		both, one := "", ""
		switch {
		case c.nans > 0 && c.infs > 0:
			both = fmt.Sprintf("%d of 32 are NaN and %d infinite in both", c.nans, c.infs)
			one = fmt.Sprintf("%d of 32 outputs are NaN and %d infinite", c.nans, c.infs)
		case c.nans > 0:
			both, one = fmt.Sprintf("%d of 32 are NaN in both", c.nans), fmt.Sprintf("%d of 32 outputs are NaN", c.nans)
		case c.infs > 0:
			both = fmt.Sprintf("%d of 32 are infinite in both", c.infs)
			one = fmt.Sprintf("%d of 32 outputs are infinite", c.infs)
		}
		output := fmt.Sprintf("y%d.npy", i)
		code, _, stderr := ran(t, "conv", "--backend", "cpu", "--input", c.input, "--weight", c.weight, "--output",
			output, "--json", "conv.json")
		if want := "gpuconv: note: " + output + ": " + one + "\n"; code != 0 ||
			strings.Contains(stderr, "note: y") != (one != "") || one != "" && !strings.Contains(stderr, want) {
			t.Errorf("conv of %s and %s: exit code %d, stderr %q, want %q", c.input, c.weight, code, stderr, one)
		}
		code, stdout, stderr := ran(t, "verify", "--backend", "cpu", "--input", c.input, "--weight", c.weight, "--json",
			"verify.json")
		if code != 0 || strings.Contains(stdout, "in both") != (both != "") || !strings.Contains(stdout, both) {
			t.Errorf("verify of %s and %s: exit code %d, stdout %q, stderr %q, want %q", c.input, c.weight, code,
				stdout, stderr, both)
		}
		text, err := os.ReadFile("conv.json")
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("\"outputs_nan\": %d,\n  \"outputs_infinite\": %d\n", c.nans, c.infs)
		if !strings.Contains(string(text), want) {
			t.Errorf("conv.json of %s and %s has no %s", c.input, c.weight, want)
		}
		if text, err = os.ReadFile("verify.json"); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`"both_nan": %d,`, c.nans); !strings.Contains(string(text), want) {
			t.Errorf("verify.json of %s and %s has no %s", c.input, c.weight, want)
		}
		if want := fmt.Sprintf(`"both_infinite": %d,`, c.infs); !strings.Contains(string(text), want) {
			t.Errorf("verify.json of %s and %s has no %s", c.input, c.weight, want)
		}
	}
}

// TestRunSaysNotFinite: gpuconv run too reports outputs that are NaN or infinite, in text and in run.json, for the
// images that were checked and for all images.
func TestRunSaysNotFinite(t *testing.T) {
	t.Chdir(t.TempDir())
	arrayFile(t, "w.npy", map[int]float64{4: math.NaN()}, 2, 1, 3, 3)
	code, stdout, stderr := ran(t, "run", "--backend", "cpu", "--res", "0.02", "--orientations", "0,45,90,135",
		"--filter", "w.npy", "--check", "2", "--output", "out")
	if code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	text, err := os.ReadFile(filepath.Join("out", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Shape    [4]int `json:"activations_shape"`
		NaN      int    `json:"activations_nan"`
		Infinite int    `json:"activations_infinite"`
		Check    struct {
			Outputs int `json:"outputs"`
			BothNaN int `json:"both_nan"`
		} `json:"check"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	all := report.Shape[0] * report.Shape[1] * report.Shape[2] * report.Shape[3]
	if report.NaN != all/2 || report.Infinite != 0 || report.Check.Outputs != all/2 || report.Check.BothNaN != all/4 {
		t.Errorf("run.json has %+v", report)
	}
	if want := fmt.Sprintf("; %d of %d are NaN in both\n", all/4, all/2); !strings.Contains(stdout, want) {
		t.Errorf("stdout %q, want %q", stdout, want)
	}
	if want := fmt.Sprintf("gpuconv: note: %s: %d of %d outputs are NaN\n", filepath.Join("out", "activations.npy"),
		all/2, all); !strings.Contains(stderr, want) {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
}

// TestTuningRefusesCells: if a cell of a table should be a number and is not, it is refused with its line and column,
// whatever the other cells are. Tables as other programs write them are read, such as with CRLF and a byte order mark.
func TestTuningRefusesCells(t *testing.T) {
	unraced(t)
	t.Chdir(t.TempDir())
	arrayFile(t, "y.npy", map[int]float64{1: 3}, 4, 1, 1, 1)
	for table, want := range map[string]string{
		"orientation_deg\n0\n45°\n90\n135\n":                        `line 3, column orientation_deg: "45°" is not a number`,
		"orientation_deg\n0°\n45°\n90°\n135°\n":                     `line 2, column orientation_deg: "0°" is not a number`,
		"orientation_deg\n0\n\"45,0\"\n90\n135\n":                   `line 3, column orientation_deg: "45,0" is not a number`,
		"orientation_deg\n0\n1e400\n90\n135\n":                      `line 3, column orientation_deg: "1e400" is beyond float64`,
		"image,orientation_deg\n0,0\n1,45\n2,inf\n3,135\n":          `line 4, column orientation_deg: "inf" is not a number`,
		"orientation_deg,phase_deg\n0,a\n45,a\n90,b\n135,b\n":       `line 2, column phase_deg: "a" is not a number`,
		"orientation_deg,frame\n0,one\n45,two\n90,two\n135,two\n":   `line 2, column frame: "one" is not a number`,
		"orientation_deg,contrast\n0,1\n45,1\n90,50%\n135,1\n":      `line 4, column contrast: "50%" is not a number`,
		"\xff\xfeo\x00r\x00":                                        `its text is UTF-16: want UTF-8`,
		"orientation_deg\n0\nnan\n90\n135\n":                        `--table t.csv: table: line 3, column orientation_deg: has no value, want a number in each line`,
		"orientation_deg,sf\n0,1\n45,2\n90,\n135,2\n":               `--table t.csv: table: line 4, column sf: has no value, want a number in each line`,
		"orientation_deg,\"phase\ndeg\"\n0,1\n45,\n90,3\n135,4\n":   `--table t.csv: table: line 4, column "phase\ndeg": has no value, want a number in each line`,
		"\ufefforientation_deg\r\n0\r\n45\r\n90\r\n135\r\n":         "",
		"orientation_deg,note\n0,a\n45,a\n90,a\n135,a\n":            "",
		"orientation_deg,sf_note\n 0 ,1\n+45,1\n9e1,1\n135.0,1\n\n": "",
	} {
		if err := os.WriteFile("t.csv", []byte(table), 0o666); err != nil {
			t.Fatal(err)
		}
		os.RemoveAll("tuned")
		code, stdout, stderr := ran(t, "tuning", "--input", "y.npy", "--table", "t.csv", "--output", "tuned")
		if want == "" {
			if code != 0 || !strings.Contains(stdout, "45°") {
				t.Errorf("%q: exit code %d, stdout %q, stderr %q", table, code, stdout, stderr)
			}
			continue
		}
		if code == 0 || !strings.Contains(stderr, want) || strings.Count(stderr, "gpuconv:") != 1 {
			t.Errorf("%q: exit code %d, stderr %q, want %s", table, code, stderr, want)
		}
	}
}

// TestTuningSaysNaN: NaN among the responses is reported, even if nothing else is.
func TestTuningSaysNaN(t *testing.T) {
	t.Chdir(t.TempDir())
	arrayFile(t, "y.npy", map[int]float64{1: math.NaN()}, 4, 1, 1, 1)
	// uneven orientations have no figures that could be left out
	for _, orientations := range []string{"0,45,90,135", "0,10,90,135"} {
		os.RemoveAll("tuned")
		code, stdout, stderr := ran(t, "tuning", "--input", "y.npy", "--orientations", orientations, "--output",
			"tuned")
		if code != 0 || !strings.Contains(stdout, "note      1 of 4 responses are NaN or infinite: ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", orientations, code, stdout, stderr)
		}
	}
}

// TestNumbersOfFlags: package param reads the numbers of flags, of their lists and of tables.
func TestNumbersOfFlags(t *testing.T) {
	unraced(t)
	own := regexp.MustCompile(
		`^(strconv\.(ParseFloat|ParseInt|ParseUint|Atoi)|fmt\.Sscan\w*|flags\.(Int|Uint|Float)\w*)$`)
	seen := 0
	walkSource(t, func(name string, file *ast.File) {
		if !strings.HasPrefix(name, "cmd/gpuconv/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if call, isCall := s.X.(*ast.CallExpr); isCall { // cmd.Flags().IntVar
				if f, isSelector := call.Fun.(*ast.SelectorExpr); isSelector && f.Sel.Name == "Flags" {
					x, ok = &ast.Ident{Name: "flags"}, true
				}
			}
			if ok && own.MatchString(x.Name+"."+s.Sel.Name) {
				t.Errorf("%s calls %s.%s: want param.ParseNumber, param.ParseWhole or a flag of flags_number.go", name,
					x.Name, s.Sel.Name)
			}
			if ok && x.Name == "param" && strings.HasPrefix(s.Sel.Name, "Parse") {
				seen++
			}
			return true
		})
	})
	if seen < 5 {
		t.Errorf("package param reads %d numbers: the test sees nothing", seen)
	}
	for _, args := range [][]string{{"filters", "--channels", "0x10"}, {"filters", "--channels", "1_0"},
		{"run", "--check", "1e1"},
		{"bench", "--seed", "0b1"}, {"bench", "--seed", "-1"}, {"bench", "--noise", "0x1p-3"},
		{"stimuli", "--res", "inf"},
		{"run", "--sf", "nan"}, {"stimuli", "--output", "x.npy", "--kind", "grating", "--sf", "0x1p-3"},
		{"run", "--res", "1e400"}, {"run", "--res", "1,5"}, {"bench", "compare", "--threshold", "1_0"}} {
		code, stdout, stderr := ran(t, args...)
		flag := args[len(args)-2]
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "gpuconv: "+flag) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
	if code, _, stderr := ran(t, "filters", "--channels", "010", "--output",
		filepath.Join(t.TempDir(), "f.npy")); code != 0 {
		t.Errorf("--channels 010: exit code %d, stderr %q", code, stderr)
	}
}
