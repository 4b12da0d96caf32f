package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stub takes gpuconv's place. It fills the folder that run writes and refuses one that is not empty, writes the files
// that other verbs write, and ends with code $JUDGED where results are judged. With $HANG as its verb it waits for a
// signal, and then writes what it has. With $FIRST the first run fails after it has named the device.
const stub = `#!/bin/bash
value() { local name=$1; shift; while [ $# -gt 0 ]; do [ "$1" = "$name" ] && echo "$2"; shift; done; }
verb=$1 json=$(value --json "$@") csv=$(value --csv "$@") html=$(value --html "$@") output=$(value --output "$@")
wrong=$WRONG
write() {
	[ -z "$csv" ] || echo "problem,n=1,gpu,2,\"a, b\",direct,kernel,,9,0.002,0.001,0.003,1,1,1,1," >"$csv"
	[ -z "$html" ] || echo '<html>' >"$html"
	[ -n "$json" ] || return
	[ "$verb" = verify ] || { echo '{}' >"$json"; return; }
	{
		printf '{\n "cases": ['
		separator=
		for i in $(seq ${CASES:-120}); do
			printf '%s\n  {\n   "status": "%s",\n   "why": "%s"\n  }' "$separator" "${STATUS:-failed}" "$wrong"
			separator=,
		done
		printf '\n ]\n}\n'
	} >"$json"
}
if [ "$verb" = "$HANG" ]; then
	echo begun
	trap 'write; exit 1' INT
	while :; do sleep 0.1; done
fi
case $verb in
run)
	[ -e "$output/run.json" ] && echo "gpuconv: --output: want a new or empty folder" >&2 && exit 2
	mkdir -p "$output" && : >"$output/run.json" && echo 'device    stub'
	[ -z "$FIRST" ] || { echo 'gpuconv: stub disagrees with the reference' >&2; exit 1; }
	;;
info)
	printf '{\n  "algorithm": "direct",\n  "prediction": {\n    "seconds": 0.001,\n    "stages": []\n  }\n}\n'
	;;
verify | autotune) write; exit ${JUDGED:-0} ;;
bench)
	write
	[ "$2" = report ] || exit ${JUDGED:-0}
	;;
esac
`

// hardwareRun is a run of bench/hardware on the stub.
type hardwareRun struct {
	dir, out string
	code     int
	steps    []hardwareStep
	stopped  string
}

type hardwareStep struct {
	Name       string
	Exit, Want *int
	Note       string
}

// runHardware runs bench/hardware in dir, which is not the script's own folder: paths are relative to the caller's. The
// results are in dir's folder "found". If meanwhile is not nil, it is called when the script has begun.
func runHardware(t *testing.T, dir string, variables []string, meanwhile func(*exec.Cmd)) (r hardwareRun) {
	t.Helper()
	unixOnly(t)
	script, err := filepath.Abs(filepath.Join("..", "..", "bench", "hardware"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "stub"), []byte(stub), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script, "found", "./stub")
	cmd.Dir = dir
	// Without a PyTorch of make peers.
	cmd.Env = append(os.Environ(), "HANG=", "PEAKS=1e12,1e11", "XDG_CACHE_HOME="+dir)
	cmd.Env = append(cmd.Env, variables...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if meanwhile != nil {
		meanwhile(cmd)
	}
	cmd.Wait()
	r = hardwareRun{dir: filepath.Join(dir, "found"), out: out.String(), code: cmd.ProcessState.ExitCode()}
	text, err := os.ReadFile(filepath.Join(r.dir, "steps.json"))
	if err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	var report struct {
		Steps   []hardwareStep
		Stopped string
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("steps.json: %v: %s", err, text)
	}
	r.steps, r.stopped = report.Steps, report.Stopped
	return r
}

// step returns the step of this name.
func (r hardwareRun) step(t *testing.T, name string) hardwareStep {
	t.Helper()
	for _, s := range r.steps {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no step %s: %s", name, r.out)
	return hardwareStep{}
}

// TestHardware runs bench/hardware twice into the same folder: what an earlier run left is replaced, and files that
// somebody else wrote stay. Measured times are beside predicted ones.
func TestHardware(t *testing.T) {
	unraced(t)
	dir := t.TempDir()
	mine := []string{"notes.txt", "table.csv", "cards.json", "page.html", "paper.err"}
	for round := range 2 {
		if round == 1 {
			for _, name := range mine {
				writeText(t, filepath.Join(dir, "found", name), name)
			}
			writeText(t, filepath.Join(dir, "found", "cuda.json"), "of the earlier run, without a later one")
		}
		r := runHardware(t, dir, nil, nil)
		if r.code != 0 || !strings.Contains(r.out, "device    stub") || r.stopped != "" {
			t.Fatalf("exit code %d: %s", r.code, r.out)
		}
		for _, name := range []string{"seed", "layers", "report", "verify-fft", "autotune-large"} {
			r.step(t, name)
		}
		if note := r.step(t, "verify").Note; !strings.Contains(note, "--time-limit 90s") {
			t.Errorf("verify: %s", note)
		}
		if strings.Contains(r.out, "a later run would not remove") {
			t.Error(r.out)
		}
		text, err := os.ReadFile(filepath.Join(r.dir, "predicted.txt"))
		if err != nil || strings.Count(string(text), "1 ms         2 ms       2.00\n") != 4 {
			t.Errorf("%v, predicted.txt:\n%s", err, text)
		}
		for _, file := range []string{"report.html", "verify.json", "seed.json", "info.json", "first/run.json"} {
			if _, err := os.Stat(filepath.Join(r.dir, file)); err != nil {
				t.Error(err)
			}
		}
	}
	for _, name := range mine {
		if text, err := os.ReadFile(filepath.Join(dir, "found", name)); string(text) != name {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "found", "cuda.json")); err == nil {
		t.Error("cuda.json of the earlier run is left")
	}
	if r := runHardware(t, dir, []string{"PEAKS="}, nil); r.code != 1 || *r.step(t, "predicted").Exit != 1 {
		t.Errorf("a card whose peaks nobody knows: exit code %d: %s", r.code, r.out)
	}
	if r := runHardware(t, dir, []string{"JUDGED=1"}, nil); r.code != 1 || r.step(t, "layers").Name == "" {
		t.Errorf("wrong results: exit code %d: %s", r.code, r.out)
	}
	r := runHardware(t, dir, []string{"FIRST=1"}, nil)
	if r.code != 1 || r.step(t, "verify").Name == "" || strings.Contains(r.out, "no hardware GPU") ||
		!strings.Contains(r.out, "stub disagrees") {
		t.Errorf("a first run with a wrong result: exit code %d: %s", r.code, r.out)
	}
}

// TestHardwareFolder: a folder with other files is refused, and so is one with other files where results are folders.
// Both are left as they are.
func TestHardwareFolder(t *testing.T) {
	unraced(t)
	unixOnly(t)
	script, err := filepath.Abs(filepath.Join("..", "..", "bench", "hardware"))
	if err != nil {
		t.Fatal(err)
	}
	const earlier = `{"rehearsal": false}`
	for _, c := range []struct{ mine, steps, want string }{
		{"mine.txt", "", ": want a new or empty folder"},
		{"first/mine.csv", earlier, "/first/mine.csv: not a result of an earlier run"},
		{"failures/notes.txt", earlier, "/failures/notes.txt: not a result of an earlier run"},
	} {
		dir := t.TempDir()
		mine, steps := filepath.Join(dir, filepath.FromSlash(c.mine)), filepath.Join(dir, "steps.json")
		if err := os.MkdirAll(filepath.Dir(mine), 0o777); err != nil {
			t.Fatal(err)
		}
		writeText(t, mine, "mine")
		if c.steps != "" {
			writeText(t, steps, c.steps)
		}
		cmd := exec.Command(script, dir, "/bin/true")
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v: %s", c.mine, err, out)
		}
		if _, err := os.Stat(mine); err != nil {
			t.Error(err)
		}
		if text, _ := os.ReadFile(steps); string(text) != c.steps {
			t.Errorf("%s: steps.json is %q", c.mine, text)
		}
	}
}

// TestHardwareStops: after SIGTERM the step that runs writes what it has, others are left out, and the report says so.
func TestHardwareStops(t *testing.T) {
	r := runHardware(t, t.TempDir(), []string{"HANG=verify"}, func(cmd *exec.Cmd) {
		begun := filepath.Join(cmd.Dir, "found", "verify.txt")
		for range 600 {
			if text, err := os.ReadFile(begun); err == nil && len(text) > 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		cmd.Process.Signal(syscall.SIGTERM)
	})
	if r.code != 1 || r.stopped != "SIGTERM" || !strings.HasPrefix(r.step(t, "verify").Note, "SIGTERM: ") {
		t.Errorf("exit code %d, stopped %q: %s", r.code, r.stopped, r.out)
	}
	for _, name := range []string{"predicted", "seed"} {
		if s := r.step(t, name); s.Exit != nil || s.Note != "left out: SIGTERM" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if text, err := os.ReadFile(filepath.Join(r.dir, "verify.json")); err != nil || !json.Valid(text) {
		t.Errorf("%v: %s", err, text)
	}
}

// TestHardwareEnds: at the end of the time the step that runs is interrupted, and the others are left out.
func TestHardwareEnds(t *testing.T) {
	unraced(t)
	start := time.Now()
	r := runHardware(t, t.TempDir(), []string{"HANG=verify", "SECONDS_IN_ALL=8"}, nil)
	if r.code != 1 || !strings.HasPrefix(r.step(t, "verify").Note, "cut off after ") ||
		time.Since(start) > 40*time.Second {
		t.Errorf("exit code %d after %v: %s", r.code, time.Since(start), r.out)
	}
	if s := r.step(t, "layers"); s.Exit != nil || s.Note != "left out: the time is up" {
		t.Errorf("%+v", s)
	}
}

// TestRehearsal: in a rehearsal nothing is computed. So each verb that judges must report wrong numbers, and no other
// fault.
func TestRehearsal(t *testing.T) {
	unraced(t)
	const numbers = "WRONG=run (integers) failed: gpu: direct wrote 0 into element 0 after the dst of 2 images"
	for _, c := range []struct {
		name      string
		variables []string
		code      int
	}{
		{"as it should be", []string{"JUDGED=1", numbers}, 0},
		{"judges that find no fault", []string{"JUDGED=0", numbers}, 1},
		{"cases that passed", []string{"JUDGED=1", numbers, "STATUS=passed"}, 1},
		{"shaders that do not compile", []string{"JUDGED=1", "WRONG=gpu: shader direct does not compile"}, 1},
		{"more of them than a pipe holds", []string{"JUDGED=1", "CASES=5000", "WRONG=gpu: shader direct does not compile"}, 1},
	} {
		r := runHardware(t, t.TempDir(), append(c.variables, "REHEARSAL=1"), nil)
		if r.code != c.code || r.step(t, "expected").Exit == nil {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, r.code, c.code, r.out)
		}
		if note := r.step(t, "verify").Note; !strings.Contains(note, "--time-limit 360s") { // 4 times a card's 90 s
			t.Errorf("a rehearsal has a card's limits, which other jobs make too short: %s", note)
		}
	}
}
