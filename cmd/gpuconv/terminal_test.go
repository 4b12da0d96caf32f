package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"gpuconv/bench"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// steering is a text that moves the cursor, sets a title and colours, changes the direction of text, hides text, and
// begins a line that looks like one of the program's.
const steering = "\x1b[2J\x1b]0;t\x07\x9b2J\u009b1A\x7f\u202e\u2066\u200b\ufeff\u2028\U000e0041\xff\r\b\nINJECTED " +
	"\t\v\f"

// place is a place where a text from outside enters: a command line and the files that it reads.
type place struct {
	name string
	// args returns the command line for a text, and writes the files that it reads into the working folder.
	args func(t testing.TB, text string) []string
}

// quick are flags with which each verb finishes at once, unless it refuses another argument.
var quick = map[string][]string{
	"run":           {"--backend", "cpu", "--res", "0.01", "--orientations", "0", "--check", "1", "--output", "out"},
	"check":         {},
	"merge":         {"--output", "m"},
	"status":        {},
	"report":        {},
	"conv":          {"--backend", "cpu", "--input", "x.npy", "--weight", "w.npy", "--output", "y.npy"},
	"verify":        {"--backend", "cpu", "--input", "x.npy", "--weight", "w.npy"},
	"bench":         {"--cases", "^none$"},
	"bench compare": {"none.json", "none.json"},
	"bench report":  {"none.json"},
	"autotune":      {"--forget"},
	"stimuli":       {"--kind", "grating", "--image-size", "4", "--output", "s.npy"},
	"filters":       {"--kind", "gabor", "--output", "f.npy"},
	"tuning":        {"--input", "y.npy", "--orientations", "0,90", "--rdm", "none", "--fit=false", "--output", "tuned"},
	"data":          {"--input", "none.npz"},
	"info":          {"--problem", "--backend", "cpu", "--input", "1,1,4,4", "--weight", "1,1,1,1"},
	"ci":            {},
	"version":       {},
	"help":          {},
}

// instead are flags for the places that the flags of quick do not reach.
var instead = map[string][]string{
	"run --stimulus":            {"--backend", "cpu", "--output", "out"},
	"stimuli --input":           {"--output", "s.npy"},
	"stimuli --preset":          {"--output", "s.npy"},
	"filters --input":           {"--output", "f.npy"},
	"filters --preset":          {"--output", "f.npy"},
	"data --url":                {"--download", "d.npz"},
	"bench report an argument":  {},
	"bench compare an argument": {"plain.json"},
}

// before is put before the text for flags that otherwise start a long job.
var before = map[string]string{"bench --cases": "^none$"}

// commandPlaces are every flag of every verb, an argument of every verb, and flags and verbs that do not exist.
func commandPlaces(tb testing.TB) (all []place) {
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		verb := strings.Join(path, " ")
		base, known := quick[verb]
		if !known && verb != "" {
			tb.Fatalf("%s: want quick flags for a new verb", verb)
		}
		add := func(name string, last func(text string) string) {
			flags := base
			if others, ok := instead[verb+" "+name]; ok {
				flags = others
			}
			all = append(all, place{verb + " " + name, func(_ testing.TB, text string) []string {
				return append(slices.Concat(path, flags), last(text))
			}})
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			add("--"+f.Name, func(text string) string { return "--" + f.Name + "=" + before[verb+" --"+f.Name] + text })
		})
		add("an argument", func(text string) string { return "x" + text })
		add("a flag", func(text string) string { return "--" + text })
		add("a short flag", func(text string) string { return "-x" + text })
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				visit(sub, append(slices.Clone(path), sub.Name()))
			}
		}
	}
	visit(newRoot(), nil)
	for _, kind := range []string{"--stimulus", "--filter"} {
		for _, form := range []string{"gabor %s=1", "gabor sf=%s", "gabor orientation=0 aperture=%s", "%s sf=1",
			"gabor %s"} {
			all = append(all, place{"run " + kind + " " + form, func(_ testing.TB, text string) []string {
				return []string{"run", "--backend", "cpu", kind, fmt.Sprintf(form, text), "--output", "out"}
			}})
		}
	}
	return all
}

// filePlaces are the contents and the names of files.
func filePlaces() []place {
	put := func(t testing.TB, name, content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Skip(err) // not possible in a file's name
		}
	}
	npyFile := func(header string) string { // the format of NumPy, version 1.0
		header += "\n"
		return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), byte(len(header) >> 8)}) + header
	}
	tuning := []string{"tuning", "--input", "y.npy", "--rdm", "none", "--fit=false", "--table", "t.csv", "--output",
		"tuned"}
	table := func(form string) func(t testing.TB, text string) []string {
		return func(t testing.TB, text string) []string {
			put(t, "t.csv", strings.ReplaceAll(form, "TEXT", text))
			return tuning
		}
	}
	header := func(form string) func(t testing.TB, text string) []string {
		return func(t testing.TB, text string) []string {
			put(t, "odd.npy", npyFile(strings.ReplaceAll(form, "TEXT", text)))
			return []string{"conv", "--input", "odd.npy", "--weight", "w.npy", "--output", "z.npy"}
		}
	}
	report := func(args ...string) func(t testing.TB, text string) []string {
		return func(t testing.TB, text string) []string {
			put(t, "r.json", reportOf(t, text))
			return args
		}
	}
	return []place{
		{"a table", table("TEXT")},
		{"a name of a table", table("orientation_deg,TEXT\n0,1\n90,1\n")},
		{"a quoted name of a table", table("orientation_deg TEXT,\"phase TEXT\"\n0,1\n90,2\n")},
		{"a cell", table("orientation_deg\n0\nTEXT\n")},
		{"a quoted cell", table("orientation_deg\n0\n\"TEXT\"\n")},
		{"a row's number", table("image,orientation_deg\n0,0\n\"TEXT\",90\n")},
		{"a type of an array", header("{'descr': 'TEXT', 'fortran_order': False, 'shape': (1, 1), }")},
		{"a key of an array", header("{'TEXT': '<f4', 'fortran_order': False, 'shape': (1, 1), }")},
		{"a shape of an array", header("{'descr': '<f4', 'fortran_order': False, 'shape': (TEXT, 1), }")},
		{"the header of an array", header("TEXT")},
		{"a key of an archive", func(t testing.TB, text string) []string {
			var file bytes.Buffer
			archive := zip.NewWriter(&file)
			if _, err := archive.Create(text + ".npy"); err != nil {
				t.Skip(err)
			}
			archive.Close()
			put(t, "odd.npz", file.String())
			return []string{"conv", "--input", "odd.npz:none", "--weight", "w.npy", "--output", "z.npy"}
		}},
		{"a picture's name", func(t testing.TB, text string) []string {
			put(t, "a"+text+".png", smallPicture(t))
			return []string{"conv", "--backend", "cpu", "--input", "a" + text + ".png", "--weight", "w.npy", "--padding", "1", "--output", "z.npy"}
		}},
		{"names in a folder of pictures", func(t testing.TB, text string) []string {
			if err := os.Mkdir("pictures", 0o777); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join("pictures", "a"+text+".png"), smallPicture(t))
			put(t, filepath.Join("pictures", "b"+text+".gif"), "GIF89a")
			return []string{"run", "--backend", "cpu", "--stimulus", "pictures", "--output", "out"}
		}},
		{"a report", report("bench", "report", "r.json")},
		{"a report of Go", report("bench", "report", "r.json", "--format", "go")},
		{"reports that differ", report("bench", "compare", "r.json", "r.json")},
		{"reports of other machines", report("bench", "report", "r.json", "plain.json")},
		{"no report", func(t testing.TB, text string) []string {
			put(t, "r.json", text)
			return []string{"bench", "report", "r.json"}
		}},
		{"an unknown phase", func(t testing.TB, text string) []string {
			put(t, "r.json", strings.ReplaceAll(reportOf(t, "x"), `"total"`, quotedJSON(t, text)))
			return []string{"bench", "report", "r.json"}
		}},
		{"files of a run", func(t testing.TB, text string) []string {
			folder := "d" + text
			if err := os.Mkdir(folder, 0o777); err != nil {
				t.Skip(err)
			}
			put(t, filepath.Join(folder, "a"), "abc")
			put(t, filepath.Join(folder, "run.json"), `{"schema": 1, "files": [{"name": `+quotedJSON(t, text)+
				`, "bytes": 3, "crc32c": "00000000"}, {"name": "a", "bytes": 3, "crc32c": `+quotedJSON(t, text)+`}]}`)
			return []string{"check", folder}
		}},
		{"the status of a server", answered("HTTP/1.1 404 %s\r\nContent-Length: 0\r\n\r\n")},
		{"a range of a server", answered("HTTP/1.1 206 Partial\r\nContent-Range: bytes %s\r\nContent-Length: 0\r\n\r\n")},
		{"no answer of a server", answered("%s\r\n\r\n")},
		{"instructions", variablePlace(isaVariable, "conv", quick["conv"])},
		{"a scheduler", variablePlace("SLURM_ARRAY_TASK_ID", "run", append([]string{"--shards", "2"}, quick["run"]...))},
		{"a cache", variablePlace(cacheVariable, "autotune", quick["autotune"])},
	}
}

func variablePlace(variable, verb string, flags []string) func(t testing.TB, text string) []string {
	return func(t testing.TB, text string) []string {
		if strings.Contains(text, "\x00") {
			t.Skip("a variable cannot hold it")
		}
		t.Setenv(variable, text)
		return append([]string{verb}, flags...)
	}
}

// answered is a download from a server that answers with the text.
func answered(form string) func(t testing.TB, text string) []string {
	return func(t testing.TB, text string) []string {
		server, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		go func() {
			for {
				c, err := server.Accept()
				if err != nil {
					return
				}
				c.Read(make([]byte, 4096))
				fmt.Fprintf(c, form, strings.NewReplacer("\n", " ", "\r", " ").Replace(text))
				c.Close()
			}
		}()
		url := "http://" + server.Addr().String() + "/d"
		// files of a download that broke off, which the verb continues
		for end, content := range map[string]string{"": "x", ".origin": `{"url":"` + url + `","size":-1}`} {
			if err := os.WriteFile("d.npz.part"+end, []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		return []string{"data", "--download", "d.npz", "--url", url, "--pause", "1ns"}
	}
}

func smallPicture(t testing.TB) string {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func quotedJSON(t testing.TB, text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

// reportOf is a report of bench with the text in every field that may hold any text.
func reportOf(t testing.TB, text string) string {
	r := bench.Report{Schema: bench.Schema, Machine: bench.Machine{Versions: make([]bench.Version, 1)},
		Run: bench.Run{Command: make([]string, 1)}, Backends: make([]bench.BackendInfo, 2),
		Cases: make([]bench.CaseInfo, 1),
		Results: []bench.Result{{Phase: bench.PhaseTotal, Correct: true, Median: 1, CILow: 1, CIHigh: 1, Samples: 1,
			Blocks: []bench.Block{{Seconds: []float64{1}}}}, {Phase: bench.PhaseTotal, Threads: 2}},
		Missing: make([]bench.Missing, 1)}
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			v.SetString(cmp.Or(v.String(), text))
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Field(i).CanSet() {
					fill(v.Field(i))
				}
			}
		case reflect.Slice:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	}
	r.Backends[1].Threads = 2
	fill(reflect.ValueOf(&r).Elem())
	r.Backends[0].Absent = ""
	written, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// printed keeps what is written to it, even by jobs that continue after their time is up.
type printed struct {
	mu   sync.Mutex
	text []byte
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, text...)
	return len(text), nil
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.text)
}

// FuzzTerminal: a text from outside, wherever it enters, reaches stdout and stderr without characters that steer a
// terminal, and begins no line there.
func FuzzTerminal(f *testing.F) {
	places := append(commandPlaces(f), filePlaces()...)
	if len(places) < 150 {
		f.Fatalf("%d places", len(places))
	}
	for i := range places {
		f.Add(uint16(i), steering)
	}
	f.Add(uint16(0), "")
	f.Fuzz(func(t *testing.T, at uint16, text string) {
		unraced(t)
		p := places[int(at)%len(places)]
		text = strings.ReplaceAll(text, "/", "_") // write only into this folder and use only this machine
		stdout, stderr := p.printed(t, text)
		checkPrinted(t, p.name, "stdout", stdout)
		checkPrinted(t, p.name, "stderr", stderr)
		for line := range strings.Lines(stderr) {
			if !strings.HasPrefix(line, "gpuconv: ") && !strings.HasPrefix(line, "time=") {
				t.Errorf("%s: stderr has the line %q", p.name, line)
			}
		}
	})
}

// TestPlacesSpeak: FuzzTerminal reads what is printed, so a place that prints nothing of its text tests nothing. Three
// of four places print it. The others are settings of kinds that are not in use, flags that need another flag, and
// names of outputs that are written.
func TestPlacesSpeak(t *testing.T) {
	places, silent := append(commandPlaces(t), filePlaces()...), 0
	for _, p := range places {
		stdout, stderr := p.printed(t, steering)
		if strings.Contains(stdout+stderr, `2J`) {
			continue
		}
		if silent++; instead[p.name] != nil {
			t.Errorf("%s: nothing of the text in %q, %q", p.name, stdout, stderr)
		}
	}
	if silent > len(places)/4 {
		t.Errorf("%d of %d places print nothing of their text", silent, len(places))
	}
}

// printed returns what a command prints if it gets a text at a place. The command runs in a new folder of small files.
func (p place) printed(t *testing.T, text string) (stdout, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv(cacheVariable, "off")
	arrayFile(t, "x.npy", nil, 1, 1, 4, 4)
	arrayFile(t, "w.npy", nil, 1, 1, 3, 3)
	arrayFile(t, "y.npy", nil, 2, 1, 1, 1)
	if err := os.WriteFile("plain.json", []byte(reportOf(t, "x")), 0o666); err != nil {
		t.Fatal(err)
	}
	args := p.args(t, text)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var out, errs printed
	execute(ctx, args, &out, &errs)
	return out.String(), errs.String()
}

// checkPrinted fails if the text steers a terminal or forms a line of its own.
func checkPrinted(t *testing.T, place, where, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s: %s is not UTF-8: %q", place, where, text)
	}
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) && r != '\n' && r != '\t' {
			t.Errorf("%s: %s has %U: %q", place, where, r, text)
			break
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "INJECTED") {
			t.Errorf("%s: %s has a line of the text's: %q", place, where, text)
		}
	}
}
