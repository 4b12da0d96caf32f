package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gpuconv/experiment"
	"gpuconv/npy"
)

// victim is a command that is killed.
type victim struct {
	args string
	// a file that exists while the command works, if it exists long enough to be seen
	seen   string
	want   []string                         // the files that exist at the end
	folder string                           // its output, if that is a folder
	check  func(t *testing.T, stage string) // checks an output that exists; the working folder is the command's
}

// victims are commands that each write a file or a folder, and their inputs.
func victims(t *testing.T) map[string]victim {
	server := httptest.NewServer(http.HandlerFunc(slowly))
	t.Cleanup(server.Close)
	population := strings.Fields("aligned.csv cells.csv neurons.png population.json population.png rdm.csv rdm.png")
	run := strings.Fields("activations.npy activations.png cells.csv filters.csv filters.png gratings.png " +
		"run.json stimuli.csv")
	in := func(folder string, names []string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(folder, name))
		}
		return paths
	}
	audited := func(t *testing.T, stage string) {
		if a, err := experiment.AuditFolder(t.Context(), "out"); err != nil || len(a.Wrong) > 0 {
			t.Errorf("%s: %v, %v", stage, a, err)
		}
	}
	return map[string]victim{
		"run": {"run --backend cpu --orientations 0:180:0.2 --channels 2 --check 0 --output out",
			".partial-out/gpuconv.files/activations.npy", in("out", run), "out", audited},
		"run into a folder": {"run --backend cpu --orientations 0:180:0.2 --channels 2 --check 0 --output out/",
			"out/.partial/gpuconv.files/activations.npy", in("out", run), "", audited},
		"conv": {"conv --backend cpu --input x.npy --weight w.npy --padding 3 --output y.npy",
			".partial-y.npy/gpuconv.file", []string{"y.npy"}, "", func(t *testing.T, stage string) {
				if a, err := npy.ReadFile(t.Context(), "y.npy"); err != nil || len(a.Data) != 300*8*64*64 {
					t.Errorf("%s: y.npy: %v", stage, err)
				}
			}},
		"bench": {"bench --backend cpu --cases ^n=1/ --count 1 --time 0s --noise 1 --limit 20s --json r.json", "",
			[]string{"r.json"}, "", func(t *testing.T, stage string) {
				if code, _, stderr := gpuconv(t, "bench", "report", "r.json"); code != exitOK {
					t.Errorf("%s: r.json: %s", stage, stderr)
				}
			}},
		"data": {"data --input a.npz --output out", "", in("out", population), "out", func(t *testing.T, stage string) {
			if got := strings.Fields(names(t, "out")); !slices.Equal(got, population) {
				t.Errorf("%s: out holds %v", stage, got)
			}
		}},
		"data --download": {"data --md5 none --url " + server.URL + " --download d.npz", "d.npz.part",
			[]string{"d.npz"}, "", func(t *testing.T, stage string) {
				if got, err := os.ReadFile("d.npz"); err != nil || !bytes.Equal(got, download) {
					t.Errorf("%s: d.npz has %d bytes, want %d (%v)", stage, len(got), len(download), err)
				}
			}},
	}
}

// download is a file that the server offers.
var download = bytes.Repeat([]byte("download"), 1<<14)

// slowly answers with download, piece by piece.
func slowly(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"1"`)
	http.ServeContent(pieces{w}, r, "", time.Unix(1e9, 0), bytes.NewReader(download))
}

// pieces sends what is written to it in pieces.
type pieces struct{ http.ResponseWriter }

func (w pieces) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var sent int
		sent, err = w.ResponseWriter.Write(p[:min(len(p), len(download)/16)])
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		n, p = n+sent, p[sent:]
		time.Sleep(20 * time.Millisecond)
	}
	return n, err
}

// TestKilled kills commands without a warning, while they write and at random moments. The output is then whole or
// absent. The same command, without further flags, then succeeds and removes what is left. GPUCONV_KILLS is how often
// each command is killed at a random moment.
func TestKilled(t *testing.T) {
	unraced(t)
	unixOnly(t)
	kills, _ := strconv.Atoi(os.Getenv("GPUCONV_KILLS"))
	for name, v := range victims(t) {
		if v.seen == "" && kills == 0 {
			continue // the moment of its writing is unknown
		}
		t.Run(name, func(t *testing.T) {
			prepareVictim(t, name)
			took, left := v.run(t, "undisturbed", nil), 0
			if v.seen != "" {
				// On a busy machine the command may end after lookFor has seen the file, and before the kill.
				for try := 0; try < 10 && left == 0; try++ {
					left = v.kill(t, "while it writes", func(ended <-chan struct{}) { lookFor(t, v.seen, ended) })
				}
				if left == 0 {
					t.Error("nothing was left")
				}
			}
			for i := range kills {
				after := time.Duration(rand.Int64N(int64(took)))
				left += v.kill(t, fmt.Sprintf("kill %d, after %v", i, after),
					func(<-chan struct{}) { time.Sleep(after) })
			}
			t.Logf("%d kills at random within %v, %d of all left something", kills, took, left)
		})
	}
}

// prepareVictim makes the inputs of commands in a new folder, and makes that the working folder.
func prepareVictim(t *testing.T, name string) {
	t.Chdir(t.TempDir())
	recordings(t, "a.npz")
	for path, shape := range map[string][]int{"x.npy": {300, 1, 64, 64}, "w.npy": {8, 1, 7, 7}} {
		a := &npy.Array{Shape: shape, Data: make([]float32, shape[0]*shape[2]*shape[3])}
		if err := npy.WriteFile(path, a); err != nil {
			t.Fatal(err)
		}
	}
	if name == "run into a folder" {
		if err := os.Mkdir("out", 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs the command to its end and checks the output. It returns how long the command took.
func (v victim) run(t *testing.T, stage string, leftovers []string) time.Duration {
	t.Helper()
	cmd := program(t, strings.Fields(v.args)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", stage, err, stderr.String())
	}
	took := time.Since(began)
	v.check(t, stage)
	if got := written(t); !slices.Equal(got, v.want) {
		t.Errorf("%s: there are %q, want %q", stage, got, v.want)
	}
	for _, path := range leftovers {
		said := strings.Contains(stderr.String(), "gpuconv: removed "+path+", which a killed process left\n")
		if strings.Contains(path, ".partial") && !said {
			t.Errorf("%s: %s was removed without a word: %q", stage, path, stderr.String())
		}
	}
	v.clear(t)
	return took
}

// kill kills the command at a given moment, checks what is left and runs the command again. It returns 1 if something
// was left.
func (v victim) kill(t *testing.T, stage string, moment func(ended <-chan struct{})) int {
	t.Helper()
	cmd := program(t, strings.Fields(v.args)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	moment(ended)
	_ = cmd.Process.Kill() // it may have ended
	<-ended
	if _, err := os.Stat(v.want[0]); err == nil && !exists("out/.partial") {
		v.check(t, stage)
		v.clear(t)
	}
	left := leftovers(t)
	v.run(t, "after "+stage, left)
	return min(len(left), 1)
}

// lookFor waits until a file exists or the command has ended.
func lookFor(t *testing.T, path string, ended <-chan struct{}) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !exists(path) {
		select {
		case <-ended:
			return
		case <-deadline:
			t.Fatalf("no file %s", path)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// clear removes the output.
func (v victim) clear(t *testing.T) {
	t.Helper()
	for _, path := range v.want {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if v.folder != "" {
		if err := os.Remove(v.folder); err != nil {
			t.Fatal(err)
		}
	}
}

// written lists the files in the working folder that are not inputs.
func written(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && (!d.IsDir() || strings.HasPrefix(d.Name(), ".partial")) &&
			!slices.Contains([]string{"x.npy", "w.npy", "a.npz"}, path) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// leftovers lists hidden folders and parts of downloads. It ignores folders that hold only a lock.
func leftovers(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(written(t), func(path string) bool {
		if strings.HasPrefix(filepath.Base(path), ".partial") {
			return strings.TrimSuffix(names(t, path), "gpuconv.lock") == ""
		}
		return !strings.HasSuffix(path, ".part")
	})
}
